"""What seldom happens to a source: races that are lost, caches that go away half-way, other kinds of caches."""

from collections.abc import Callable
from typing import Any

import pytest

from cognito_auth import AppClient, TokenSource, errors, grants
from cognito_auth._runtime.operation import run
from cognito_auth.caches import Entry
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source.renewal import Wanted
from support.faces import Face
from support.token_world import Broken, Travel

MACHINE = grants.ClientCredentials(scopes={"orders/read"})
ANN = grants.Password("ann", "Correct-Horse-7")
WANTED = Wanted(use="access", rejected=None, may_wait=True)


class Asynchronous:
    """A cache whose methods are awaited."""

    def __init__(self) -> None:
        self._inner = Broken()

    async def get(self, key: str) -> Entry | None:
        """What is stored."""
        return self._inner.get(key)

    async def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Store."""
        return self._inner.put_if(key, value, expected=expected, ttl=ttl)

    async def delete_if(self, key: str, *, expected: str) -> bool:
        """Remove."""
        return self._inner.delete_if(key, expected=expected)


class GoneOnSecondLook(Broken):
    """A cache that is there when it is first asked, and then no more."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def get(self, key: str) -> Entry | None:
        """What is stored."""
        self._looks += 1
        self.is_away = self._looks > 1
        return super().get(key)


async def test_sources_share_a_cache_that_is_awaited(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """On the async face; a blocking source refuses it when it is made."""
    cache: Any = Asynchronous()
    if face.is_blocking:
        with pytest.raises(errors.UsageError, match="cache: Asynchronous is asynchronous here"):
            face.token_source(machine, MACHINE, cache=cache)
        return
    first, second = (face.token_source(machine, MACHINE, cache=cache) for _ in range(2))
    assert (await face(first.tokens())).access_token == (await face(second.tokens())).access_token
    assert 1 == pool.calls["token"]


async def test_a_cache_that_goes_away_half_way_stops_no_machine(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """It had been asked whether there is a token; then it was gone."""
    source = face.token_source(machine, MACHINE, cache=GoneOnSecondLook())
    assert {"orders/read"} == (await face(source.tokens())).scopes
    assert 1 == pool.calls["token"]


def test_a_late_caller_takes_what_another_flight_has_brought(pool: FakeUserPool, machine: AppClient) -> None:
    """It looked before that flight landed, and leads after it: nothing is asked twice."""
    with TokenSource(machine, MACHINE) as source:
        tokens = source.tokens()
        late = run(source._keeper._renew(None, WANTED))
    assert late.tokens is tokens
    assert 1 == pool.calls["token"]


def test_a_fork_leaves_a_session_to_the_parent(web: AppClient, machine: AppClient) -> None:
    """A refresh token that only memory holds must not be used by both; a machine's token may be."""
    with TokenSource(web, ANN) as session, TokenSource(machine, MACHINE) as shared:
        for source in (session, shared):
            source.tokens()
            source._keeper.after_fork()
        assert session._keeper.at_hand("access") is None
        assert shared._keeper.at_hand("access") is not None


def test_a_sign_out_waits_for_a_flight_that_fails_and_then_signs_out(
    pool: FakeUserPool, web: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refresh under way is another caller's affair."""
    with TokenSource(web, ANN) as source:
        source.tokens()
        join, failures = source._keeper._flights.join, iter([errors.TransportError("lost")])

        async def joined(*arguments: Any, **settings: Any) -> Any:
            for failure in failures:
                raise failure
            return await join(*arguments, **settings)

        monkeypatch.setattr(source._keeper._flights, "join", joined)
        source.sign_out()
    assert 1 == pool.calls["RevokeToken"]


def test_a_machine_whose_client_was_withdrawn_is_told_so_without_the_cache_too(
    machine: AppClient, cache: Broken, travel: Travel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no session to begin anew: the refusal comes out."""
    with TokenSource(machine, MACHINE, cache=cache) as source:
        source.tokens()
        travel.later(source, seconds=3600)
        cache.is_away = True
        keeper: Any = source._keeper

        async def refused(*_: object) -> None:
            raise errors.NotAuthorized("no")

        monkeypatch.setattr(keeper._renewal, "_next", refused)
        with pytest.raises(errors.NotAuthorized):
            source.tokens()


class Overtaken(Broken):
    """A cache on which another host stores tokens just before this one gets the lease."""

    def __init__(self) -> None:
        super().__init__()
        self.overtake: Callable[[], object] = list

    def try_lease(self, key: str, *, ttl: float) -> str | None:
        """The lease, too late."""
        self.overtake()
        return "lease"

    def release(self, key: str, lease: str) -> None:
        """Nothing is held."""


async def test_what_another_host_stored_before_the_lease_was_given_is_adopted(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """The lease is no reason to ask for a second token."""
    cache = Overtaken()
    with TokenSource(machine, MACHINE, cache=cache.inner) as other:
        cache.overtake = other.tokens
        source = face.token_source(machine, MACHINE, cache=cache)
        tokens = await face(source.tokens())
        assert tokens.access_token == other.tokens().access_token
    assert 1 == pool.calls["token"]


def test_who_meets_a_sign_out_begins_anew(
    pool: FakeUserPool, machine: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flight that was joined was the end of a session, and brings no tokens."""
    with TokenSource(machine, MACHINE) as source:
        join, sign_outs = source._keeper._flights.join, iter([None])

        async def joined(*arguments: Any, **settings: Any) -> Any:
            for nothing in sign_outs:
                return nothing
            return await join(*arguments, **settings)

        monkeypatch.setattr(source._keeper._flights, "join", joined)
        assert {"orders/read"} == source.tokens().scopes
    assert 1 == pool.calls["token"]
