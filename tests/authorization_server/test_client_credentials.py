"""Tokens for machines."""

import base64
import json
from typing import Any
from urllib.parse import unquote_plus

import attrs
import pytest

from cognito_auth import AppClient, AuthorizationServer, Retry, TokenSet, errors
from cognito_auth._runtime.http import Reply
from cognito_auth.tokens import aware
from support.scripted_runtime import START, Scripted, Turn, posts, reply

TOKEN_URL = "https://auth.example.com/oauth2/token"
SECRET = "se:cr+et/with%every ☃character"
APP = AppClient(
    client_id="machine+1", region="eu-west-1", domain="auth.example.com", client_secret="plainsecret"
)


def jwt(**claims: object) -> str:
    """An unsigned token that says this of itself."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "k"}, claims)] + [b"signature"]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def issued(scope: str = "orders/read") -> dict[str, object]:
    """A good answer of the token endpoint."""
    return {"access_token": jwt(scope=scope), "expires_in": 3600, "token_type": "Bearer"}


def basic(client_id: str, secret: str) -> str:
    """The header that RFC 6749 §2.3.1 asks for, of parts that are form-encoded already."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


FORM = {"grant_type": "client_credentials", "client_id": "machine+1"}


def test_a_machine_gets_an_access_token(scripted: Scripted) -> None:
    """The answer's lifetime counts from when it came; scopes are the token's own."""
    runtime = scripted(
        posts(
            TOKEN_URL,
            {**FORM, "scope": "orders/read"},
            headers={
                "authorization": basic("machine%2B1", "plainsecret"),
                "content-type": "application/x-www-form-urlencoded",
            },
            answer=issued(),
            takes=2.0,
        )
    )
    tokens = runtime.under(AuthorizationServer(APP)).client_credentials(scopes={"orders/read"})
    expected = TokenSet(
        access_token=jwt(scope="orders/read"),
        expires_at=aware(START + 3602),
        scopes=frozenset({"orders/read"}),
    )
    assert expected == tokens


def test_a_secret_with_any_character_arrives_whole_in_the_header(scripted: Scripted) -> None:
    """Both halves of Basic are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    runtime = scripted(posts(TOKEN_URL, FORM, answer=issued()))
    app = attrs.evolve(APP, client_secret=SECRET)
    runtime.under(AuthorizationServer(app)).client_credentials()
    header = runtime.requests[0].headers["authorization"].removeprefix("Basic ")
    halves = base64.b64decode(header).decode("ascii").split(":")
    assert ["machine+1", SECRET] == [unquote_plus(half) for half in halves]


def test_the_secret_may_go_into_the_form(scripted: Scripted) -> None:
    """Body authentication sends no header at all."""
    runtime = scripted(posts(TOKEN_URL, {**FORM, "client_secret": SECRET}, answer=issued()))
    app = attrs.evolve(APP, client_secret=SECRET)
    runtime.under(AuthorizationServer(app, client_authentication="body")).client_credentials()
    assert "authorization" not in runtime.requests[0].headers


@pytest.mark.parametrize(
    "scopes",
    ["b/w https://api.example.com/prod/api.read", {"https://api.example.com/prod/api.read", "b/w"}],
    ids=["text", "set"],
)
def test_several_scopes_go_in_one_field(scripted: Scripted, scopes: str | set[str]) -> None:
    """Scopes of resource servers may be addresses; a text is split at spaces."""
    scope = "b/w https://api.example.com/prod/api.read"
    runtime = scripted(posts(TOKEN_URL, {**FORM, "scope": scope}, answer=issued(scope)))
    tokens = runtime.under(AuthorizationServer(APP)).client_credentials(scopes=scopes)
    assert frozenset(scope.split()) == tokens.scopes


def test_client_metadata_travels_as_json(scripted: Scripted) -> None:
    """Cognito gives it to the pre token generation trigger."""
    runtime = scripted(
        posts(TOKEN_URL, {**FORM, "aws_client_metadata": '{"tenant": "a&b"}'}, answer=issued())
    )
    runtime.under(AuthorizationServer(APP)).client_credentials(client_metadata={"tenant": "a&b"})


def test_a_scope_that_was_left_out_is_named(scripted: Scripted) -> None:
    """Cognito may ignore a scope silently: the token's own claim counts, and no token comes back."""
    runtime = scripted(posts(TOKEN_URL, {**FORM, "scope": "a/x b/y"}, answer=issued("a/x")))
    with pytest.raises(errors.ScopeNotGranted, match="not granted: b/y; granted: a/x") as caught:
        runtime.under(AuthorizationServer(APP)).client_credentials(scopes="a/x b/y")
    assert (frozenset({"b/y"}), frozenset({"a/x"})) == (caught.value.missing, caught.value.granted)


@pytest.mark.parametrize(
    "app, arguments, names",
    [
        (attrs.evolve(APP, client_secret=None), {}, "client_secret"),
        (APP, {"scopes": {"orders read"}}, "scopes"),
        (APP, {"scopes": "orders/read  orders/write"}, "scopes"),
        (APP, {"resource": "https://api.example.com"}, "resource"),
    ],
    ids=["no secret", "a space in a scope", "two spaces", "resource"],
)
def test_what_cannot_be_right_is_never_sent(
    scripted: Scripted, app: AppClient, arguments: dict[str, Any], names: str
) -> None:
    """The error names the argument, and nothing was asked of the service."""
    runtime = scripted()
    with pytest.raises(errors.UsageError, match=f"^{names}: "):
        runtime.under(AuthorizationServer(app)).client_credentials(**arguments)


def test_an_app_client_without_a_domain_is_refused_at_once() -> None:
    """There is nowhere to send anything."""
    with pytest.raises(errors.UsageError, match=r"^domain: "):
        AuthorizationServer(attrs.evolve(APP, domain=None))


def test_an_unknown_client_authentication_is_refused_at_once() -> None:
    """The two that Cognito knows are named."""
    wrong: Any = "header"
    with pytest.raises(errors.UsageError, match=r"^client_authentication: 'header': expected 'basic'"):
        AuthorizationServer(APP, client_authentication=wrong)


class Secrets:
    """A secrets store that hands out these in turn."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.asked = 0

    def __call__(self) -> str:
        """The present secret."""
        self.asked += 1
        return self.secrets[min(self.asked, len(self.secrets)) - 1]


def asked_with(secret: str, answer: object) -> Turn:
    """A turn whose request has this secret."""
    return posts(TOKEN_URL, FORM, headers={"authorization": basic("machine%2B1", secret)}, answer=answer)


REFUSED = [
    pytest.param(reply({"error": "invalid_client"}, status=status), id=str(status)) for status in (400, 401)
]


@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_secret_is_asked_for_again_once(scripted: Scripted, refused: Reply) -> None:
    """Whoever still holds the secret that was withdrawn gets the present one."""
    store = Secrets("old", "new")
    runtime = scripted(asked_with("old", refused), asked_with("new", issued()))
    app = attrs.evolve(APP, client_secret=store)
    runtime.under(AuthorizationServer(app)).client_credentials()
    assert 2 == store.asked


def test_a_second_refusal_is_final(scripted: Scripted) -> None:
    """The store is asked once more, not for ever."""
    store = Secrets("old", "new", "newer")
    refused = reply({"error": "invalid_client"}, status=400)
    runtime = scripted(asked_with("old", refused), asked_with("new", refused))
    app = attrs.evolve(APP, client_secret=store)
    with pytest.raises(errors.InvalidClient):
        runtime.under(AuthorizationServer(app)).client_credentials()
    assert 2 == store.asked


def test_a_secret_that_is_still_the_same_is_not_tried_again(scripted: Scripted) -> None:
    """The same request would get the same answer."""
    runtime = scripted(asked_with("old", reply({"error": "invalid_client"}, status=400)))
    with pytest.raises(errors.InvalidClient):
        runtime.under(
            AuthorizationServer(attrs.evolve(APP, client_secret=Secrets("old")))
        ).client_credentials()


def test_another_refusal_does_not_ask_for_the_secret_again(scripted: Scripted) -> None:
    """Only ``invalid_client`` can come from a secret."""
    store = Secrets("old", "new")
    runtime = scripted(asked_with("old", reply({"error": "unauthorized_client"}, status=400)))
    with pytest.raises(errors.UnauthorizedClient):
        runtime.under(AuthorizationServer(attrs.evolve(APP, client_secret=store))).client_credentials()
    assert 1 == store.asked


def test_throttling_is_waited_out(scripted: Scripted) -> None:
    """The service did nothing, so nothing was charged."""
    later = reply({"error": "temporarily_unavailable"}, status=400)
    runtime = scripted(posts(TOKEN_URL, FORM, answer=later), posts(TOKEN_URL, FORM, answer=issued()))
    runtime.under(AuthorizationServer(APP)).client_credentials()
    assert 1 == len(runtime.sleeps)


def test_an_answer_that_broke_off_is_not_asked_for_again(scripted: Scripted) -> None:
    """The token may have been charged for."""
    broke = errors.TransportError("half an answer", phase="reading", status=200)
    runtime = scripted(posts(TOKEN_URL, FORM, answer=broke))
    with pytest.raises(errors.TransportError):
        runtime.under(AuthorizationServer(APP)).client_credentials()


def test_a_lost_request_is_sent_again(scripted: Scripted) -> None:
    """No answer had begun."""
    lost = errors.TransportError("no answer", phase="waiting")
    runtime = scripted(
        posts(TOKEN_URL, FORM, answer=lost), posts(TOKEN_URL, FORM, answer=issued()), retry=Retry(attempts=2)
    )
    assert isinstance(runtime.under(AuthorizationServer(APP)).client_credentials(), TokenSet)
