"""The pytest plugin, as the suites of its users meet it: by its fixtures here, and in whole runs of its own."""

import asyncio
import importlib
import os
import socket
import subprocess
import sys
import textwrap
import tomllib
from importlib import metadata
from pathlib import Path

import httpx
import pytest
import respx

from cognito_auth import AppClient, AsyncUserPool, TokenSet, TokenVerifier, UserPool, errors
from cognito_auth.testing import FakeUserPool, TokenForge
from cognito_auth.testing.offline import offline
from support.pages import ROOT

PLUGIN = "cognito_auth.testing.pytest_plugin"
PASSWORD = "Correct-horse 1"

# -- the fixtures -----------------------------------------------------------------------------------------------


def test_a_user_signs_in_through_the_fixtures(fake_user_pool: FakeUserPool, user_pool: UserPool) -> None:
    """`user_pool` talks to `fake_user_pool`, in process."""
    fake_user_pool.add_user("ann", PASSWORD)

    assert isinstance(user_pool.sign_in("ann", PASSWORD, method="password"), TokenSet)


def test_the_same_awaited(fake_user_pool: FakeUserPool, async_user_pool: AsyncUserPool) -> None:
    """`async_user_pool` works on the loop that the test runs."""
    fake_user_pool.add_user("ann", PASSWORD)

    assert isinstance(
        asyncio.run(async_user_pool.sign_in("ann", PASSWORD, method="password")),
        TokenSet,
    )


def test_every_test_has_a_pool_of_its_own(fake_user_pool: FakeUserPool, fake_app_client: AppClient) -> None:
    """No user of the tests above is here; the one client is the one that the settings name."""
    assert (0, [fake_app_client.client_id]) == (len(fake_user_pool.users), list(fake_user_pool.clients))


@pytest.mark.fake_user_pool(pool_id="us-east-1_Marked001")
def test_a_marker_says_how_the_pool_is_made(
    fake_user_pool: FakeUserPool, fake_app_client: AppClient, user_pool: UserPool
) -> None:
    """The marker's settings are FakeUserPool's; everything else follows."""
    assert ("us-east-1_Marked001",) * 2 == (fake_user_pool.pool_id, fake_app_client.pool_id)


def test_a_forged_token_verifies(
    token_forge: TokenForge, fake_user_pool: FakeUserPool, fake_app_client: AppClient
) -> None:
    """The forge, the pool and the settings belong together."""
    keys = fake_user_pool.keys.jwks()
    with TokenVerifier.for_app(fake_app_client, token_use="access", jwks=keys, offline=True) as verifier:
        assert "ann" == verifier.verify(token_forge.access_token("ann")).username
        with pytest.raises(errors.TokenExpired):
            verifier.verify(token_forge.bad("expired"))


def test_the_environment_leads_to_a_real_server(
    fake_user_pool_env: dict[str, str], fake_user_pool: FakeUserPool, fake_app_client: AppClient
) -> None:
    """Code under test that reads its settings from the environment meets the fake pool."""
    fake_user_pool.add_user("ann", PASSWORD)
    app = AppClient.from_env()
    with UserPool(app) as users, TokenVerifier.for_app(app, token_use="access") as verifier:
        tokens = users.sign_in("ann", PASSWORD, method="password")
        assert isinstance(tokens, TokenSet)
        assert "ann" == verifier.verify(tokens.access_token).username

    assert {"COGNITO_CLIENT_ID": fake_app_client.client_id}.items() <= fake_user_pool_env.items()


def test_settings_lead_to_the_server_of_the_test(fake_app_client: AppClient, fake_user_pool_url: str) -> None:
    """Whatever the order of the fixtures, a test with a server has settings that lead there."""
    assert fake_user_pool_url == fake_app_client.endpoint_url


# -- respx ------------------------------------------------------------------------------------------------------


def test_respx_has_the_pool_behind_it(
    fake_user_pool_router: respx.MockRouter, fake_user_pool: FakeUserPool
) -> None:
    """A client made anywhere in the code under test, at AWS's own addresses, meets the fake pool."""
    fake_user_pool.add_user("ann", PASSWORD)
    fake_user_pool_router.get("https://api.example.com/orders").respond(json=["one"])
    client = fake_user_pool.add_client()
    app = AppClient(client_id=client.client_id, pool_id=fake_user_pool.pool_id)
    with UserPool(app) as users, TokenVerifier.for_app(app, token_use="id") as verifier:
        tokens = users.sign_in("ann", PASSWORD, method="password")
        assert isinstance(tokens, TokenSet)
        assert fake_user_pool.users["ann"].sub == verifier.verify(tokens.id_token or "").sub

    assert ["one"] == httpx.get("https://api.example.com/orders").json()
    assert 2 == fake_user_pool_router.routes["cognito"].call_count


def test_respx_refuses_what_nobody_mocked(fake_user_pool_router: respx.MockRouter) -> None:
    """Neither another host nor one that only looks like Cognito's gets through."""
    for url in ("https://example.com/", "https://cognito-idp.eu-west-1.amazonaws.com.evil.test/"):
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get(url)


def test_respx_answers_async_clients_and_custom_domains(fake_user_pool: FakeUserPool) -> None:
    """The router is made by hand where the pool has a domain of its own."""
    from cognito_auth.testing.respx import router

    client = fake_user_pool.add_client(secret=True, scopes={"orders/read"})

    async def ask() -> int:
        async with httpx.AsyncClient() as http:
            form = {"grant_type": "client_credentials"}
            given = (client.client_id, client.client_secret or "")
            answer = await http.post("https://auth.example.com/oauth2/token", data=form, auth=given)
            return answer.status_code

    with router(fake_user_pool, domain="auth.example.com"):
        assert 200 == asyncio.run(ask())


def test_respx_passes_faults_on(
    fake_user_pool_router: respx.MockRouter, fake_user_pool: FakeUserPool
) -> None:
    """A connection that the pool drops is an error of httpx."""
    fake_user_pool.faults.drop("jwks")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(
            f"https://cognito-idp.eu-west-1.amazonaws.com/{fake_user_pool.pool_id}/.well-known/jwks.json"
        )


# -- offline ----------------------------------------------------------------------------------------------------


def test_offline_leaves_this_machine_alone(tmp_path: Path) -> None:
    """Servers on loopback and local sockets serve as before, and afterwards everything does."""
    with offline(), offline(), socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            server.accept()[0].close()
        socket.getaddrinfo("localhost", 80)
        socket.getaddrinfo(None, 80)
        local = str(tmp_path / "socket")
        with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as one:
            listening.bind(local)
            listening.listen()
            one.connect(local)


# -- whole runs -------------------------------------------------------------------------------------------------


class Runs:
    """Runs pytest over a suite of one file, as its user would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, suite: str, *options: str, **environ: str) -> str:
        """What pytest prints."""
        (self._folder / "test_suite.py").write_text(textwrap.dedent(suite), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "-p", PLUGIN, *options],
            cwd=self._folder,
            env=os.environ
            | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """Runs a suite in an empty folder."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    return Runs(tmp_path)


def test_the_plugin_is_declared() -> None:
    """Installing the library is all that a suite needs."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    (installed,) = metadata.entry_points(group="pytest11", name="cognito_auth")

    assert PLUGIN == declared["pytest11"]["cognito_auth"] == installed.value


HEAVY = (
    "httpx", "httpx2", "jwt", "cryptography", "anyio", "attr", "attrs", "tenacity", "botocore", "respx", "asyncio", "ssl",
    "cognito_auth.testing.fake_user_pool",
)  # fmt: skip


def test_a_suite_that_does_not_use_it_pays_nothing(run: Runs) -> None:
    """After collection and a test none of the heavy libraries is there; the plugin's own modules are three."""
    output = run(
        f"""
        import sys

        def test_nothing_is_loaded():
            assert [] == [name for name in {HEAVY!r} if name in sys.modules]
            ours = {{name for name in sys.modules if name.partition(".")[0] == "cognito_auth"}}
            assert {{"cognito_auth", "cognito_auth.testing", {PLUGIN!r}}} == ours
        """,
        # The measurement of coverage in child processes would load libraries of its own.
        COVERAGE_PROCESS_START="",
        COVERAGE_PROCESS_CONFIG="",
    )

    assert "1 passed" in output, output


USES_IT = """
    import pytest

    @pytest.mark.parametrize("number", range(6))
    def test_sign_up(number, fake_user_pool, user_pool, fake_user_pool_url):
        user_pool.sign_up("ann", "Correct-horse 1", attributes={"email": "ann@example.com"})
        user_pool.confirm_sign_up("ann", fake_user_pool.codes["ann"])
"""


def test_it_works_with_autoload_off(run: Runs) -> None:
    """`-p cognito_auth.testing.pytest_plugin` is enough, with strict markers and warnings as errors."""
    output = run(USES_IT, "--markers")
    assert "@pytest.mark.fake_user_pool(**settings)" in output
    assert "@pytest.mark.cognito_offline" in output
    assert "6 passed" in run(USES_IT)


def test_it_works_in_parallel_workers(run: Runs) -> None:
    """Each worker of xdist has its own; nothing is shared."""
    assert "6 passed" in run(USES_IT, "-p", "xdist", "--numprocesses=2")


OFFLINE = """
    import contextlib
    import socket
    import pytest

    def knock(host):  # a datagram socket sends nothing when it connects
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, contextlib.suppress(OSError):
            one.connect((host, 9))

    def send(host):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"x", (host, 9))

    def test_before():
        knock("192.0.2.1")

    @pytest.mark.cognito_offline
    @pytest.mark.parametrize("reach", [
        lambda: knock("192.0.2.1"),
        lambda: send("192.0.2.1"),
        lambda: socket.getaddrinfo("example.invalid", 443),
        lambda: socket.getaddrinfo(b"example.invalid", 443),
        lambda: socket.gethostbyname("example.invalid"),
    ])
    def test_refused(reach):
        try:
            reach()
        except Exception:
            pass  # a client that retries what it takes for trouble of the network

    @pytest.mark.cognito_offline
    def test_local(fake_user_pool_url):
        import httpx
        assert httpx.get(f"{fake_user_pool_url}/.well-known/openid-configuration", trust_env=False).status_code

    def test_after():
        knock("192.0.2.1")
"""


def test_only_tests_that_ask_for_it_are_offline(run: Runs) -> None:
    """The marker says it for a test, the setting for all; every way out is closed, and no `except Exception` opens it."""
    marked = run(OFFLINE)
    all_of_them = run(OFFLINE, "-o", "cognito_offline=true")

    assert "5 failed, 3 passed" in marked, marked
    assert 5 == marked.count(" - Failed: this test is offline (cognito_offline), and tried to reach"), marked
    assert "7 failed, 1 passed" in all_of_them, all_of_them


REAL = """
    import pytest

    def test_real(cognito_test_user):
        assert cognito_test_user.username in repr(cognito_test_user)
        assert cognito_test_user.password not in repr(cognito_test_user)

    def test_failing(cognito_test_user):
        raise ZeroDivisionError
"""


def test_real_users_need_a_pool_that_was_named(run: Runs) -> None:
    """Without it the tests are skipped, and the reason says how to run them."""
    output = run(REAL, COGNITO_POOL_ID="eu-west-1_Production")

    assert "2 skipped" in output, output
    assert "--cognito-test-pool=POOL_ID" in output


@pytest.mark.parametrize("by_option", [True, False])
def test_real_users_are_made_and_deleted(run: Runs, pool: FakeUserPool, by_option: bool) -> None:
    """Each test has a user of its own, deleted even where it fails."""
    named = {} if by_option else {"COGNITO_TEST_POOL_ID": pool.pool_id}
    options = [f"--cognito-test-pool={pool.pool_id}"] if by_option else []
    with pool.serve() as url:
        output = run(
            REAL,
            *options,
            COGNITO_TEST_ENDPOINT=url,
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            **named,
        )

    assert "1 failed, 1 passed" in output, output
    assert "ZeroDivisionError" in output
    assert (2, 2, 0) == (pool.calls["AdminCreateUser"], pool.calls["AdminDeleteUser"], len(pool.users))


def test_the_kit_lists_its_names() -> None:
    """Every public name of `cognito_auth.testing` can be loaded, and an unknown one is told so."""
    kit = importlib.import_module("cognito_auth.testing")

    assert set(kit.__all__) <= set(dir(kit))
    assert all(getattr(kit, name) for name in kit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = kit.Nothing
