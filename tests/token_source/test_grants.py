"""Grants: values that are checked when they are made, and what each of them does."""

import datetime
from typing import Any

import httpx
import pytest

from cognito_auth import AppClient, AuthorizationServer, TokenSet, TokenSource, UserPool, errors, grants
from cognito_auth.testing import FakeUserPool
from support.cache_servers import free_port
from support.faces import Face
from support.token_world import Broken, Travel

PASSWORD = "Correct-Horse-7"
WRONG: Any = "magic"


@pytest.mark.parametrize(
    "make, argument",
    [
        (lambda: grants.Password("", "x"), "username"),
        (lambda: grants.Password("ann", ""), "password"),
        (lambda: grants.Password("ann", "x", method=WRONG), "method"),
        (lambda: grants.ClientCredentials(scopes="a  b"), "scopes"),
        (lambda: grants.ClientCredentials(via=WRONG), "via"),
        (lambda: grants.RefreshToken(""), "token"),
        (lambda: grants.BrowserLogin(redirect_uri="nowhere"), "redirect_uri"),
    ],
)
def test_a_grant_that_cannot_be_right_is_refused_at_once(make: Any, argument: str) -> None:
    """With the argument's name."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        make()


def test_no_grant_shows_its_secret() -> None:
    """A callable shows that it is one."""
    shown = repr([grants.Password("ann", "my-secret"), grants.RefreshToken("my-secret")])
    assert "my-secret" not in shown
    assert "<callable>" in repr(grants.Password("ann", input))


async def test_a_password_is_proved_by_srp(face: Face, pool: FakeUserPool, web: AppClient) -> None:
    """Unless another way is asked for."""
    source = face.token_source(web, grants.Password("ann", PASSWORD))
    assert (await face(source.tokens())).refresh_token
    assert 1 == pool.calls["RespondToAuthChallenge"]


async def test_challenges_are_put_to_the_answer(face: Face, pool: FakeUserPool, web: AppClient) -> None:
    """A plain function serves every face, a coroutine function the asynchronous ones."""
    pool.add_user("bob", PASSWORD, mfa="totp")
    asked: list[str] = []

    def plain(challenge: Any) -> Any:
        asked.append(type(challenge).__name__)
        return challenge.answer(code=pool.totp("bob"))

    async def asynchronous(challenge: Any) -> Any:
        return plain(challenge)

    answer = plain if face.is_blocking else asynchronous
    source = face.token_source(web, grants.Password("bob", PASSWORD, answer=answer))
    assert (await face(source.tokens())).access_token
    assert ["SoftwareTokenMfa"] == asked


async def test_a_challenge_that_nobody_answers_needs_a_sign_in(
    face: Face, pool: FakeUserPool, web: AppClient
) -> None:
    """And the error says how."""
    pool.add_user("bob", PASSWORD, mfa="totp")
    source = face.token_source(web, grants.Password("bob", PASSWORD))
    for _ in range(2):
        with pytest.raises(errors.SignInRequired, match="SoftwareTokenMfa of 'bob': give"):
            await face(source.tokens())
    assert 1 == pool.calls["InitiateAuth"]


async def _brings_nothing() -> TokenSet:
    raise AssertionError("never called")


ANY_FUNCTION: Any = _brings_nothing


class _Asynchronous:
    async def __call__(self) -> TokenSet:
        raise AssertionError("never called")


@pytest.mark.parametrize(
    "grant",
    [_brings_nothing, _Asynchronous(), grants.Password("ann", "x", answer=ANY_FUNCTION)],
)
def test_a_blocking_source_takes_no_coroutine_function(web: AppClient, grant: Any) -> None:
    """It says so before anything is sent."""
    with pytest.raises(errors.UsageError, match="use AsyncTokenSource"):
        TokenSource(web, grant)


def test_a_plain_callable_that_brings_a_coroutine_is_refused_when_it_does(web: AppClient) -> None:
    """Nothing else can tell; and anything else that is awaitable."""

    class Later:
        def __await__(self) -> Any:
            raise AssertionError("never awaited")

    for bring in (lambda: _brings_nothing(), Later):  # noqa: PLW0108 - a plain callable
        with (
            TokenSource(web, bring) as source,
            pytest.raises(errors.UsageError, match="use AsyncTokenSource"),
        ):
            source.tokens()


async def test_a_coroutine_function_is_a_grant_of_an_asynchronous_source(face: Face, web: AppClient) -> None:
    """Whatever brings tokens will do."""
    if face.is_blocking:
        return
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)

    async def bring() -> TokenSet:
        return TokenSet(access_token="mine", expires_at=ends)

    assert "mine" == (await face(face.token_source(web, bring).tokens())).access_token


async def test_a_callable_brings_a_token_set_or_is_told(face: Face, web: AppClient) -> None:
    """Not a text."""
    source = face.token_source(web, lambda: "token")
    with pytest.raises(errors.UsageError, match="the callable returned str: expected a TokenSet"):
        await face(source.tokens())


async def test_a_machine_gets_its_token_by_the_api_too(face: Face, pool: FakeUserPool) -> None:
    """`GetClientToken` needs no domain."""
    app = pool.app_client(pool.add_client(secret=True, scopes={"orders/read"}))
    source = face.token_source(app, grants.ClientCredentials(scopes="orders/read", via="api"))
    assert {"orders/read"} == (await face(source.tokens())).scopes
    assert (1, 0) == (pool.calls["GetClientToken"], pool.calls["token"])


async def test_a_session_that_was_begun_elsewhere_goes_on(
    face: Face, pool: FakeUserPool, web: AppClient
) -> None:
    """By its refresh token."""
    with UserPool(web) as users:
        tokens = users.sign_in("ann", PASSWORD)
    assert isinstance(tokens, TokenSet)
    source = face.token_source(web, grants.RefreshToken(str(tokens.refresh_token)))
    assert (await face(source.tokens())).refresh_token == tokens.refresh_token


async def test_without_the_api_the_domain_serves(face: Face, pool: FakeUserPool, web: AppClient) -> None:
    """An app client that knows only its domain refreshes and revokes there."""
    with UserPool(web) as users:
        tokens = users.sign_in("ann", PASSWORD)
    assert isinstance(tokens, TokenSet)
    app = AppClient(client_id=web.client_id, region="eu-west-1", domain=web.domain)
    object.__setattr__(app, "region", "")
    source = face.token_source(app, grants.RefreshToken(str(tokens.refresh_token)))
    await face(source.tokens())
    await face(source.sign_out())
    assert (1, 1) == (pool.calls["token"], pool.calls["revoke"])
    with AuthorizationServer(web) as server, pytest.raises(errors.InvalidGrant):
        server.refresh(tokens)


async def test_a_person_signs_in_with_this_machines_browser(face: Face, pool: FakeUserPool) -> None:
    """And again when the session is over, but not while the present token is good."""
    redirect_uri = f"http://localhost:{free_port()}/callback"
    app = pool.app_client(pool.add_client(callback_urls=[redirect_uri], scopes={"openid"}))
    shown: list[str] = []

    def browse(url: str) -> None:
        shown.append(url)
        with httpx.Client() as browser:
            browser.get(pool.log_in(url, "ann"))

    told: list[str] = []
    grant = grants.BrowserLogin(redirect_uri=redirect_uri, scopes="openid", open_browser=browse)
    cache = Broken()
    source = face.token_source(
        app, grant, cache=cache, identity="ann", on_event=lambda event: told.append(event.name)
    )
    first = await face(source.tokens())
    assert 1 == len(shown)
    with AuthorizationServer(app) as server:
        server.revoke(first)
    travel = Travel(pool)
    travel.later(source, seconds=3000)
    assert first is await face(source.tokens())
    assert 1 == len(shown)
    travel.later(source, seconds=700)
    assert first.access_token != (await face(source.tokens())).access_token
    assert 2 == len(shown)
    assert "session_over" not in told
