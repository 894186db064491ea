"""Tokens stay fresh, and what is served while they cannot be."""

from typing import Any

import httpx
import pytest

from cognito_auth import AppClient, Retry, TokenSource, errors, grants
from cognito_auth.events import Event
from cognito_auth.testing import FakeUserPool
from support.faces import Face
from support.token_world import Travel

MACHINE = grants.ClientCredentials(scopes={"orders/read"})
ANN = grants.Password("ann", "Correct-Horse-7", method="password")
ONCE = Retry(attempts=1)


async def test_a_token_is_refreshed_before_it_ends(
    face: Face, pool: FakeUserPool, web: AppClient, travel: Travel
) -> None:
    """After three quarters of its life, and with the refresh token."""
    source = face.token_source(web, ANN)
    first = await face(source.tokens())
    travel.later(source, seconds=2400)
    assert first is await face(source.tokens())
    travel.later(source, seconds=600)
    second = await face(source.tokens())
    assert first.access_token != second.access_token
    assert first.refresh_token == second.refresh_token
    assert (1, 1) == (pool.calls["InitiateAuth"], pool.calls["GetTokensFromRefreshToken"])


@pytest.mark.parametrize("seconds", [3000, 3570], ids=["advisory", "mandatory"])
async def test_a_refresh_that_fails_while_the_token_is_good_is_not_the_callers_trouble(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel, seconds: float
) -> None:
    """The token is served, and after a back-off somebody tries again."""
    told: list[Event] = []
    source = face.token_source(machine, MACHINE, retry=ONCE, on_event=told.append)
    first = await face(source.tokens())
    travel.later(source, seconds=seconds)
    pool.faults.server_error("token", times=1)
    for _ in range(3):
        assert first is await face(source.tokens())
    assert 2 == pool.calls["token"]
    travel.later(source, seconds=1.1)
    assert first is not await face(source.tokens())
    assert ["obtained", "refresh_failed", "served_stale", "obtained"] == [event.name for event in told]


async def test_an_expired_token_is_never_served(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel
) -> None:
    """Every call raises, and the service is asked again only after a back-off."""
    source = face.token_source(machine, MACHINE, retry=ONCE)
    await face(source.tokens())
    travel.later(source, seconds=3601)
    pool.faults.server_error("token", times=1)
    for _ in range(3):
        with pytest.raises(errors.CognitoAuthError):
            await face(source.tokens())
    assert 2 == pool.calls["token"]
    travel.later(source, seconds=1.1)
    assert (await face(source.tokens())).access_token


@pytest.mark.parametrize(
    "jump",
    [(3601, 0), (-3600, 3601), (7200, 1)],
    ids=["set forward", "set back", "a laptop that slept for two hours"],
)
async def test_no_clock_that_jumps_makes_an_old_token_good(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel, jump: tuple[float, float]
) -> None:
    """Whichever of the two clocks says that it is over is believed."""
    source = face.token_source(machine, MACHINE)
    first = await face(source.tokens())
    travel(source, wall=jump[0], monotonic=jump[1], service=3601)
    second = await face(source.tokens())
    assert first.access_token != second.access_token
    assert second is await face(source.tokens())


async def test_a_clock_that_is_off_by_an_hour_does_not_matter(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel
) -> None:
    """Lives are counted from the service's answers."""
    source = face.token_source(machine, MACHINE)
    travel(source, wall=-3600)
    first = await face(source.tokens())
    assert first is await face(source.tokens())
    assert 1 == pool.calls["token"]
    travel.later(source, seconds=3000)
    assert first is not await face(source.tokens())


async def test_the_id_token_has_a_life_of_its_own(face: Face, pool: FakeUserPool, travel: Travel) -> None:
    """An ID token of five minutes is refreshed although the access token is good for an hour."""
    app = pool.app_client(pool.add_client(id_seconds=300))
    source = face.token_source(app, ANN)
    keeper, waiting = source._keeper, source._runtime
    first = await face(source.tokens())
    travel.later(source, seconds=290)
    assert first is await face(source.tokens())
    if face.is_blocking:
        with pytest.raises(StopIteration) as done:
            keeper.current(waiting, "id").send(None)
        second = done.value.value
    else:
        second = await keeper.current(waiting, "id")
    assert first.id_token != second.id_token


# -- what the service may answer ------------------------------------------------------------------------------------


def endpoint(answer: Any, calls: list[int]) -> httpx.Client:
    """A token endpoint that answers so."""

    def handle(request: httpx.Request) -> httpx.Response:
        calls.append(1)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return httpx.Client(transport=httpx.MockTransport(handle))


@pytest.mark.parametrize("expires_in", [None, 0, -5, "3600", 3600.5, True, 10**30])
def test_an_expires_in_that_is_no_number_of_seconds_is_replaced_by_the_tokens_own_end(
    pool: FakeUserPool, machine: AppClient, expires_in: object
) -> None:
    """The token says itself how long it lives."""
    token = pool.forge.access_token("ann", scopes={"orders/read"})
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": expires_in}
    if expires_in is None:
        del answer["expires_in"]
    calls: list[int] = []
    with endpoint(answer, calls) as http, TokenSource(machine, MACHINE, http_client=http) as source:
        tokens = source.tokens()
        assert source.tokens() is tokens
    assert [1] == calls


TROUBLE = {
    "html": httpx.Response(502, html="<html>Bad gateway</html>"),
    "half an answer": httpx.Response(200, content=b'{"access_token": "token of somebody'),
    "no token": httpx.Response(200, json={"token_type": "Bearer"}),
    "a list": httpx.Response(200, json=["token of somebody"]),
    "throttled": httpx.Response(429, json={"error": "too_many_requests"}),
    "dropped after it was sent": httpx.ReadError("connection lost"),
    "slow": httpx.ReadTimeout("too slow"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_at_the_token_endpoint_is_a_typed_error_without_a_secret(
    machine: AppClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And nothing is kept of it."""
    calls: list[int] = []
    answer = TROUBLE[name]
    with (
        endpoint(answer, calls) as http,
        TokenSource(machine, MACHINE, http_client=http, retry=ONCE) as source,
        pytest.raises(errors.CognitoAuthError) as raised,
    ):
        source.tokens()
    shown = f"{raised.value} {raised.value!r} {raised.value.__dict__} {caplog.text}"
    assert str(machine.client_secret) not in shown
    assert "token of somebody" not in shown
