"""A fake pool with managed login, and a person to sign in at it."""

import pytest

from cognito_auth import AppClient
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.person import Person

CALLBACK = "https://me.example.com/callback"
PASSWORD = "Correct-horse 1"


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
