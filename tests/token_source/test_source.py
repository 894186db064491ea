"""A source: fresh tokens for any number of callers."""

import datetime
from typing import Any

import pytest

from cognito_auth import AppClient, TokenSet, errors, grants
from cognito_auth.testing import FakeUserPool
from support.faces import Face

MACHINE = grants.ClientCredentials(scopes={"orders/read"})
ANN = grants.Password("ann", "Correct-Horse-7", method="password")


def token_set(text: str, *, minutes: float = 60, refresh_token: str | None = None) -> TokenSet:
    """Tokens that live so long from now."""
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return TokenSet(access_token=text, refresh_token=refresh_token, expires_at=ends)


async def test_a_machine_asks_once_and_keeps_its_token(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Later calls are served from memory."""
    source = face.token_source(machine, MACHINE)
    first = await face(source.tokens())
    assert first is await face(source.tokens())
    assert {"orders/read"} == first.scopes
    assert 1 == pool.calls["token"]


async def test_callers_at_the_same_time_share_one_request(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """However many threads or tasks meet a source that has nothing yet."""
    source = face.token_source(machine, MACHINE)
    tokens = await face.together(*[source.tokens] * 20)
    assert 1 == len({each.access_token for each in tokens})
    assert 1 == pool.calls["token"]


async def test_a_user_signs_in_once_and_is_refreshed_from_then_on(
    face: Face, pool: FakeUserPool, web: AppClient
) -> None:
    """The password is not shown again while there is a refresh token."""
    source = face.token_source(web, ANN)
    first = await face(source.tokens())
    second = await face(source.tokens(rejected=first.access_token))
    assert first.access_token != second.access_token
    assert (1, 1) == (pool.calls["InitiateAuth"], pool.calls["GetTokensFromRefreshToken"])


async def test_a_token_that_was_replaced_already_is_not_refused_again(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Many calls may meet their 401 late: the source has moved on."""
    source = face.token_source(machine, MACHINE)
    first = await face(source.tokens())
    second = await face(source.tokens(rejected=first.access_token))
    assert second is await face(source.tokens(rejected=first.access_token))
    assert 2 == pool.calls["token"]


async def test_an_api_that_refuses_everything_causes_one_refresh_in_five_seconds(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """It cannot make the source ask the service without end."""
    source = face.token_source(machine, MACHINE)
    first = await face(source.tokens())
    second = await face(source.tokens(rejected=first.access_token))
    assert second is await face(source.tokens(rejected=second.access_token))
    assert 2 == pool.calls["token"]


async def test_many_refusals_of_one_token_cause_one_refresh(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Fifty requests in flight meet their 401 together."""
    source = face.token_source(machine, MACHINE)
    first = await face(source.tokens())
    tokens = await face.together(*[lambda: source.tokens(rejected=first.access_token)] * 20)
    assert 1 == len({each.access_token for each in tokens} - {first.access_token})
    assert all(first.access_token != each.access_token for each in tokens)
    assert 2 == pool.calls["token"]


async def test_a_callable_is_a_grant(face: Face, machine: AppClient) -> None:
    """Whatever brings tokens will do."""
    source = face.token_source(machine, lambda: token_set("mine"))
    assert "mine" == (await face(source.tokens())).access_token


async def test_tokens_that_are_over_are_not_served(face: Face, machine: AppClient) -> None:
    """A callable that brings old tokens is told so."""
    source = face.token_source(machine, lambda: token_set("old", minutes=-1))
    with pytest.raises(errors.SignInRequired, match="expired already"):
        await face(source.tokens())


async def test_a_grant_that_asks_its_own_source_is_an_error_and_not_a_deadlock(
    face: Face, machine: AppClient
) -> None:
    """It would wait for itself."""
    sources: list[Any] = []

    def ask_itself() -> Any:
        return sources[0].tokens()

    sources.append(face.token_source(machine, ask_itself))
    with pytest.raises(errors.UsageError, match="waits for itself"):
        await face(sources[0].tokens())


async def test_a_wrong_password_is_shown_once(face: Face, pool: FakeUserPool, web: AppClient) -> None:
    """Repeated failures lock the user: the error is raised again without asking."""
    source = face.token_source(web, grants.Password("ann", "Wrong-Horse-7", method="password"))
    for _ in range(3):
        with pytest.raises(errors.NotAuthorized):
            await face(source.tokens())
    assert 1 == pool.calls["InitiateAuth"]
