"""The pytest plugin: a fake user pool for each test, and users in a real one, as fixtures.

It is loaded with pytest on install, and imports nothing but pytest until a fixture is used. Where plugins are not
loaded by themselves (`PYTEST_DISABLE_PLUGIN_AUTOLOAD`), `-p cognito_auth.testing.pytest_plugin` loads it.

Everything is made for one test and in its process: nothing is shared, so tests may run in any order and in parallel.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from respx import MockRouter

    from cognito_auth import AppClient, AsyncUserPool, UserPool
    from cognito_auth.testing import FakeUserPool, RealUser, RealUsers, TokenForge

_MARKERS = (
    "fake_user_pool(**settings): how the test's `fake_user_pool` is made: whatever FakeUserPool takes",
    "cognito_offline: the test may reach no host but this one",
)
_TEST_POOL = "COGNITO_TEST_POOL_ID"
_TEST_ENDPOINT = "COGNITO_TEST_ENDPOINT"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line and of the configuration file."""
    group = parser.getgroup("cognito", "Amazon Cognito")
    group.addoption(
        "--cognito-test-pool",
        metavar="POOL_ID",
        help=f"a real user pool where `cognito_test_user` may make and delete users (or {_TEST_POOL} in the environment)",
    )
    parser.addini("cognito_offline", "no test may reach any host but this one", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(hookwrapper=True)  # the older form of a wrapper: this is loaded into suites of any age
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Keep a test off the network that asks for it."""
    if item.get_closest_marker("cognito_offline") is None and not item.config.getini("cognito_offline"):
        yield
        return
    from cognito_auth.testing.offline import offline  # only where it is asked for

    with offline():
        yield


# -- a fake user pool -----------------------------------------------------------------------------------------


@pytest.fixture
def fake_user_pool(request: pytest.FixtureRequest) -> FakeUserPool:
    """A fresh fake user pool; `@pytest.mark.fake_user_pool(pool_id=…, settings=…)` says how it is made."""
    from cognito_auth.testing import FakeUserPool  # nothing is loaded before a test asks

    marker = request.node.get_closest_marker("fake_user_pool")
    return FakeUserPool(**(marker.kwargs if marker else {}))


@pytest.fixture
def fake_user_pool_url(fake_user_pool: FakeUserPool) -> Iterator[str]:
    """The address of the pool as a real server on loopback, for as long as the test lasts."""
    with fake_user_pool.serve() as url:
        yield url


@pytest.fixture
def fake_app_client(request: pytest.FixtureRequest, fake_user_pool: FakeUserPool) -> AppClient:
    """The settings of the pool's first client, which is made where there is none.

    They lead to the server where the test has one, and otherwise to an address that only transports know.
    """
    if {"fake_user_pool_url", "fake_user_pool_env"} & set(request.fixturenames):
        request.getfixturevalue("fake_user_pool_url")
    clients = fake_user_pool.clients.values()
    return fake_user_pool.app_client(next(iter(clients), None) or fake_user_pool.add_client())


@pytest.fixture
def fake_user_pool_env(
    fake_user_pool_url: str, fake_app_client: AppClient, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment from which `AppClient.from_env()` finds the pool's server, set for this test."""
    settings = {
        "COGNITO_POOL_ID": fake_app_client.required_pool_id("the environment"),
        "COGNITO_CLIENT_ID": fake_app_client.client_id,
        "COGNITO_CLIENT_SECRET": fake_app_client.secret() or "",
        "COGNITO_REGION": fake_app_client.region,
        "COGNITO_DOMAIN": fake_user_pool_url,
        "COGNITO_ENDPOINT": fake_user_pool_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def user_pool(fake_user_pool: FakeUserPool, fake_app_client: AppClient) -> Iterator[UserPool]:
    """A `UserPool` whose requests the fake pool answers, in process."""
    import httpx

    from cognito_auth import UserPool  # nothing is loaded before a test asks

    with (
        httpx.Client(transport=fake_user_pool.transport(), trust_env=False) as client,
        UserPool(fake_app_client, http_client=client) as made,
    ):
        yield made


@pytest.fixture
def async_user_pool(fake_user_pool: FakeUserPool, fake_app_client: AppClient) -> AsyncUserPool:
    """An `AsyncUserPool` whose requests the fake pool answers, in process, on whichever event loop the test runs."""
    import httpx

    from cognito_auth import AsyncUserPool  # nothing is loaded before a test asks

    # A client over this transport opens nothing, so nobody has to await its end.
    client = httpx.AsyncClient(transport=fake_user_pool.transport(), trust_env=False)
    return AsyncUserPool(fake_app_client, http_client=client)


@pytest.fixture
def token_forge(fake_user_pool: FakeUserPool) -> TokenForge:
    """Tokens of the fake pool without a sign-in, good ones and bad ones."""
    return fake_user_pool.forge


@pytest.fixture
def fake_user_pool_router(fake_user_pool: FakeUserPool) -> Iterator[MockRouter]:
    """A `respx` router that answers every request to Cognito's hosts from the fake pool.

    respx does not see httpx2: pass `fake_user_pool.httpx2_transport()` there.
    """
    from cognito_auth.testing.respx import router  # only where respx is

    with router(fake_user_pool) as made:
        yield made


# -- users in a real pool -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cognito_real_users(pytestconfig: pytest.Config) -> Iterator[RealUsers]:
    """Makes users in the real pool that the command line names, and deletes them when the session ends.

    Tests that need it are skipped where no pool is named: real users are made only where that was asked for.
    """
    pool_id = pytestconfig.getoption("--cognito-test-pool") or os.environ.get(_TEST_POOL)
    if not pool_id:
        pytest.skip(
            f"needs a real user pool: --cognito-test-pool=POOL_ID, or {_TEST_POOL} in the environment"
        )
    from cognito_auth.testing import RealUsers  # needs botocore, of the extra `admin`

    with RealUsers(pool_id, endpoint=os.environ.get(_TEST_ENDPOINT) or None) as users:
        yield users


@pytest.fixture
def cognito_test_user(cognito_real_users: RealUsers) -> Iterator[RealUser]:
    """A confirmed user of the real pool with a permanent password, deleted after the test even if it fails."""
    user = cognito_real_users.create()
    try:
        yield user
    finally:
        cognito_real_users.delete(user)
