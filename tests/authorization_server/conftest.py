"""A fake pool with managed login, and a person to sign in at it."""

import contextlib
import random
import socket
from typing import Any

import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, Login
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.faces import Face
from support.person import Person

CALLBACK = "https://me.example.com/callback"
PASSWORD = "Correct-horse 1"


def listen(host: str, port: int) -> socket.socket:
    """Somebody else who listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _loopbacks() -> list[str]:
    with contextlib.suppress(OSError):
        listen("::1", 0).close()
        return ["127.0.0.1", "::1"]
    return ["127.0.0.1"]


LOOPBACKS = _loopbacks()
"""The addresses that `localhost` has on this machine, which may be without IPv6."""


def free_port() -> int:
    """A port of loopback on which nobody listens, below those that systems lend to outgoing connections."""
    while True:
        port = random.randint(15_000, 32_000)
        with contextlib.suppress(OSError):
            for host in LOOPBACKS:
                listen(host, port).close()
            return port


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
