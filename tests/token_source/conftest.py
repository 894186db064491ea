"""A fake user pool that counts, and app clients of it."""

from collections.abc import Iterator

import pytest

from cognito_auth import AppClient
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source import identity
from support.token_world import Broken, Travel


@pytest.fixture(autouse=True)
def _light_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks of passwords are slow on purpose; tests need not be."""
    monkeypatch.setitem(identity._SCRYPT, "n", 16)


@pytest.fixture
def pool() -> Iterator[FakeUserPool]:
    """A pool on loopback with a user."""
    pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
    pool.add_user("ann", "Correct-Horse-7")
    with pool.serve():
        yield pool


@pytest.fixture
def machine(pool: FakeUserPool) -> AppClient:
    """A machine's app client."""
    return pool.app_client(pool.add_client(secret=True, scopes={"orders/read"}))


@pytest.fixture
def web(pool: FakeUserPool) -> AppClient:
    """A users' app client, without a secret."""
    return pool.app_client(pool.add_client())


@pytest.fixture
def travel(pool: FakeUserPool) -> Travel:
    """Moves clocks."""
    return Travel(pool)


@pytest.fixture
def cache() -> Broken:
    """A cache that can be taken away."""
    return Broken()
