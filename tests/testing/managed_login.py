"""What the tests of the fake pool's managed login share: a client, its address, what comes back."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.person import Person

from .conftest import Api

PASSWORD = "Correct-horse 1"
CALLBACK = "https://me.example.com/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def authorize_url(pool: FakeUserPool, client: Client, **fields: str | None) -> str:
    """The address that a client sends a browser to, with some fields changed or gone."""
    given: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "st&te",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **fields,
    }
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return f"{pool.base_url}/oauth2/authorize?{query}"


def back(person: Person) -> dict[str, str]:
    """What the browser brought back to the client."""
    assert person.address.startswith(f"{CALLBACK}?"), person.page.text
    return {name: value for name, (value,) in parse_qs(urlsplit(person.address).query).items()}


def code_for(pool: FakeUserPool, client: Client, person: Person, **fields: str | None) -> str:
    """A code that Ann got."""
    person.visit(authorize_url(pool, client, **fields))
    if person.page.action:
        person.submit(username="ann", password=PASSWORD)
    return back(person)["code"]


def exchange(api: Api, client: Client, code: str, **fields: str | None) -> tuple[int, Any]:
    """What the token endpoint says to a code."""
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **fields,
    }
    return api.token({name: value for name, value in form.items() if value is not None})
