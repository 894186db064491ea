"""The log of requests, which holds no secrets."""

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

KEYS = "/.well-known/jwks.json"
SECRET = "s" * 30


def form(client: Client) -> dict[str, str]:
    """What client credentials send."""
    return {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": SECRET}


def test_the_log_has_no_secrets(pool: FakeUserPool, api: Api) -> None:
    """Names and choices are shown, everything else is redacted: bodies, forms, headers, queries."""
    client = pool.add_client(secret=SECRET, scopes={"orders/read"})
    pool.add_user("ann", "Correct-horse 1")
    api.begin(client, "USER_PASSWORD_AUTH", PASSWORD="Correct-horse 1")
    api.token(
        {**form(client), "scope": "orders/read"}, Authorization="Basic c2VjcmV0", Cookie="session=secret"
    )
    pool.handle("GET", "https://x/oauth2/none?code=secret&client_id=c", [])
    pool.handle("POST", "https://x/", [], b"[1]")
    pool.handle("POST", "https://x/", [], b"\xff\xfe")
    signed_in, token, *_ = entries = list(pool.requests)
    texts = repr(entries)

    assert signed_in.parameters["AuthParameters"] == {
        "USERNAME": "ann",
        "PASSWORD": "***",
        "SECRET_HASH": "***",
    }
    assert (signed_in.operation, signed_in.status, signed_in.error) == ("InitiateAuth", 200, None)
    assert token.parameters["scope"] == "orders/read"
    assert (token.headers["authorization"], token.headers["cookie"]) == ("Basic ***", "***")
    assert [entry.error for entry in entries] == [
        None,
        "invalid_client",
        None,
        "UnknownOperationException",
        "UnknownOperationException",
    ]
    assert not any(
        secret in texts for secret in (SECRET, "Correct-horse", "c2VjcmV0", "session=secret", "code=secret")
    )


def test_the_log_knows_which_answer_was_a_page(pool: FakeUserPool) -> None:
    """An error without JSON has no code."""
    pool.faults.html("jwks")
    pool.handle("GET", f"https://x{KEYS}", [])

    assert (pool.requests[0].status, pool.requests[0].error) == (403, None)
