"""A fake pool with managed login, and a person to sign in at it."""

from typing import Any

import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, Login
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.faces import Face
from support.person import Person

CALLBACK = "https://me.example.com/callback"
PASSWORD = "Correct-horse 1"


def server_of(face: Face, pool: FakeUserPool, app: AppClient, **settings: Any) -> AsyncAuthorizationServer:
    """The server of this face, over the pool in process."""
    client = face.http_client(transport=pool.transport())
    server: AsyncAuthorizationServer = face.authorization_server(app, http_client=client, **settings)
    return server


def sign_in(person: Person, login: Login) -> str:
    """Ann signs in, unless her browser still knows her; the address that it comes back to."""
    person.visit(login.url)
    if person.page.action:
        person.submit(username="ann", password=PASSWORD)
    return person.address


@pytest.fixture
def pool() -> FakeUserPool:
    """A pool in which Ann may sign in."""
    pool = FakeUserPool()
    pool.add_user("ann", PASSWORD, attributes={"email": "ann@example.com", "name": "Ann"})
    return pool


@pytest.fixture
def client(pool: FakeUserPool) -> Client:
    """A public client with one callback address."""
    return pool.add_client(
        "Orders",
        scopes="openid email orders/read",
        callback_urls=[CALLBACK],
        logout_urls=["https://me.example.com/"],
    )


@pytest.fixture
def app(pool: FakeUserPool, client: Client) -> AppClient:
    """The settings of that client."""
    return pool.app_client(client)


@pytest.fixture
def person(pool: FakeUserPool) -> Person:
    """Somebody at a browser."""
    return Person.at(pool)
