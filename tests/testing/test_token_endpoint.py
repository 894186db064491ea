"""The fake pool's token endpoint: who asks, and what a machine may ask for."""

import base64

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api


def basic(text: str) -> str:
    """A header with these credentials, encoded as they stand."""
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def machine(pool: FakeUserPool) -> Client:
    """A client with a secret that needs encoding."""
    return pool.add_client(secret="a+b/c:d%", scopes="orders/read orders/write")


GRANT = {"grant_type": "client_credentials"}


def test_the_secret_comes_in_the_header_or_in_the_form(machine: Client, api: Api) -> None:
    """In the header both halves are form-encoded (RFC 6749 §2.3.1)."""
    body = {"client_id": machine.client_id, "client_secret": "a+b/c:d%"}
    header = basic(f"{machine.client_id}:a%2Bb%2Fc%3Ad%25")
    assert 200 == api.token({**GRANT, **body})[0]
    assert 200 == api.token(GRANT, Authorization=header)[0]
    assert 200 == api.token({**GRANT, "client_id": machine.client_id}, Authorization=header)[0]


@pytest.mark.parametrize(
    "header, form, error",
    [
        ("{id}:a%2Bb%2Fc%3Ad%25", {"client_secret": "a+b/c:d%"}, "invalid_request"),
        ("{id}:a%2Bb%2Fc%3Ad%25", {"client_id": "another"}, "invalid_request"),
        ("{id}:wrong", {}, "invalid_client"),
        ("{id}", {}, "invalid_client"),
        ("nobody:a%2Bb%2Fc%3Ad%25", {}, "invalid_client"),
        (":a%2Bb%2Fc%3Ad%25", {}, "invalid_request"),
    ],
)
def test_wrong_credentials_are_refused(
    machine: Client, api: Api, header: str, form: dict[str, str], error: str
) -> None:
    """Two ways at once too."""
    credentials = basic(header.format(id=machine.client_id))
    assert (400, {"error": error}) == api.token({**GRANT, **form}, Authorization=credentials)


@pytest.mark.parametrize("header", ["Basic ~~~", "Basic /w==", "Digest abcd"])
def test_a_header_that_cannot_be_read_is_an_invalid_client(machine: Client, api: Api, header: str) -> None:
    """Not base64, not UTF-8, another scheme."""
    assert (400, {"error": "invalid_client"}) == api.token(GRANT, Authorization=header)


@pytest.mark.parametrize(
    "form, error",
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"resource": "https://api.example.com"}, "invalid_request"),
        ({"aws_client_metadata": "{"}, "invalid_request"),
        ({"aws_client_metadata": "[]"}, "invalid_request"),
        ({"scope": "orders/read admin/all"}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
    ids=repr,
)
def test_what_a_machine_may_not_ask(machine: Client, api: Api, form: dict[str, str], error: str) -> None:
    """Each with the error of RFC 6749 §5.2."""
    body = {"client_id": machine.client_id, "client_secret": "a+b/c:d%"}
    status, content = api.token({**GRANT, **body, **form})
    assert (400, error) == (status, content["error"])


def test_metadata_of_a_machine_is_taken(machine: Client, api: Api) -> None:
    """As a JSON object."""
    body = {"client_id": machine.client_id, "client_secret": "a+b/c:d%", "aws_client_metadata": '{"a": "b"}'}
    assert 200 == api.token({**GRANT, **body})[0]


def test_a_machine_needs_a_secret_and_the_grant(pool: FakeUserPool, machine: Client, api: Api) -> None:
    """A public client is nobody in particular."""
    public = pool.add_client(scopes="orders/read")
    assert (400, {"error": "unauthorized_client"}) == api.token({**GRANT, "client_id": public.client_id})
    machine.oauth_flows = frozenset({"code"})
    body = {"client_id": machine.client_id, "client_secret": "a+b/c:d%"}
    assert (400, {"error": "unauthorized_client"}) == api.token({**GRANT, **body})


def test_unknown_scopes_may_be_left_out() -> None:
    """AWS's pages contradict each other: this is the other reading."""
    pool = FakeUserPool(settings=Settings(unknown_scopes="ignore"))
    machine = pool.add_client(secret=True, scopes="orders/read")
    body = {"client_id": machine.client_id, "client_secret": machine.client_secret or ""}
    status, _ = Api(pool).token({**GRANT, **body, "scope": "orders/read admin/all"})
    assert 200 == status
    assert 400 == Api(pool).token({**GRANT, **body, "scope": "admin/all"})[0]
