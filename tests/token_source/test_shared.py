"""Sources that share a cache: what they adopt, what they never overwrite, and what they do while it is away."""

import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import pytest

from cognito_auth import AppClient, Retry, TokenSource, UserPool, caches, errors, grants
from cognito_auth.caches import Entry
from cognito_auth.events import Event
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source import renewal
from cognito_auth.token_source.record import Record, loads
from support.cache_servers import running_redis
from support.faces import Face
from support.token_world import Broken, Travel

MACHINE = grants.ClientCredentials(scopes={"orders/read"})
PASSWORD = "Correct-Horse-7"
ANN = grants.Password("ann", PASSWORD, method="password")
ONCE = Retry(attempts=1)


@pytest.fixture
def rotating(pool: FakeUserPool) -> AppClient:
    """A users' app client whose refresh tokens can be used once."""
    return pool.app_client(pool.add_client(refresh_rotation=0))


def session(app: AppClient) -> grants.RefreshToken:
    """A session that somebody has begun."""
    with UserPool(app) as users:
        tokens = users.sign_in("ann", PASSWORD, method="password")
    return grants.RefreshToken(str(getattr(tokens, "refresh_token")))  # noqa: B009 - or it is a challenge


def rewrite(cache: Any, key: str, **changes: Any) -> Record:
    """Change an entry, as another host might."""
    entry = cache.get(key)
    record = loads(entry.value)
    assert record is not None
    changed = attrs.evolve(record, **changes)
    cache.put_if(key, changed.dumps(), expected=entry.version, ttl=600)
    return changed


# -- adopting -------------------------------------------------------------------------------------------------------


async def test_a_second_source_adopts_what_the_first_has_stored(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken
) -> None:
    """With the same moments."""
    told: list[Event] = []
    first = await face(face.token_source(machine, MACHINE, cache=cache).tokens())
    second = await face(face.token_source(machine, MACHINE, cache=cache, on_event=told.append).tokens())
    assert first.access_token == second.access_token
    assert abs((first.expires_at - second.expires_at).total_seconds()) < 2
    assert 1 == pool.calls["token"]
    assert ["adopted"] == [event.name for event in told]


async def test_two_sources_on_one_cache_share_a_flight(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken
) -> None:
    """Callers of both, at the same time."""
    sources = [face.token_source(machine, MACHINE, cache=cache) for _ in range(2)]
    tokens = await face.together(*[source.tokens for source in sources] * 5)
    assert 1 == len({each.access_token for each in tokens})
    assert 1 == pool.calls["token"]


async def test_another_hosts_refresh_is_adopted_in_place_of_ones_own(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken, travel: Travel
) -> None:
    """Also when an API has refused the old token."""
    one, other = (face.token_source(machine, MACHINE, cache=cache) for _ in range(2))
    old = await face(one.tokens())
    assert old.access_token == (await face(other.tokens())).access_token
    new = await face(one.tokens(rejected=old.access_token))
    assert new.access_token == (await face(other.tokens(rejected=old.access_token))).access_token
    assert 2 == pool.calls["token"]


@pytest.mark.parametrize("value", [b"", b"{}", b'{"v": 2}', b"\xff", b'{"v": 1, "access_token": 1}'])
async def test_an_entry_that_cannot_be_read_is_replaced(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken, value: bytes
) -> None:
    """Of a later version, or not ours at all."""
    source = face.token_source(machine, MACHINE, cache=cache)
    cache.put_if(source._keeper._key, value, expected=None, ttl=60)
    tokens = await face(source.tokens())
    assert [tokens.access_token] == [record.access_token for record in cache.records()]


# -- nobody loses a newer token -------------------------------------------------------------------------------------


class Meanwhile(Broken):
    """A cache in which somebody else stores, just before the next write."""

    def __init__(self) -> None:
        super().__init__()
        self.before_put: list[Any] = []

    def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
        """Let them, then store."""
        if self.before_put:
            self.before_put.pop()(key)
        return super().put_if(key, value, expected=expected, ttl=ttl)


async def test_a_late_writer_adopts_the_newer_token_that_it_meets(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Its own was issued before."""
    cache = Meanwhile()
    source = face.token_source(machine, MACHINE, cache=cache)
    first = await face(source.tokens())

    def newer(key: str) -> None:
        now = cache.records()[0].issued_at
        rewrite(cache.inner, key, access_token="newer", issued_at=now + 60, expires_at=now + 3660)

    cache.before_put.append(newer)
    second = await face(source.tokens(rejected=first.access_token))
    assert "newer" == second.access_token == cache.records()[0].access_token


async def test_a_late_writer_that_holds_the_only_live_refresh_token_keeps_it(
    face: Face, pool: FakeUserPool, rotating: AppClient
) -> None:
    """What was stored meanwhile has a refresh token that rotation has ended."""
    cache = Meanwhile()
    source = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    first = await face(source.tokens())

    def later_but_dead(key: str) -> None:
        now = cache.records()[0].issued_at
        rewrite(cache.inner, key, access_token="dead", issued_at=now + 60, expires_at=now + 3660)

    cache.before_put.append(later_but_dead)
    second = await face(source.tokens(rejected=first.access_token))
    assert second.access_token not in {"dead", first.access_token}
    assert [second.refresh_token] == [record.refresh_token for record in cache.records()]


async def test_data_that_were_flushed_are_stored_again(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, travel: Travel
) -> None:
    """The session goes on from memory."""
    source = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    first = await face(source.tokens())
    cache.inner.clear()
    travel.later(source, seconds=3000)
    second = await face(source.tokens())
    assert first.access_token != second.access_token
    assert [second.refresh_token] == [record.refresh_token for record in cache.records()]


# -- the end of a session -------------------------------------------------------------------------------------------


async def test_a_session_that_is_over_is_told_once_to_the_service_and_never_again(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken
) -> None:
    """Neither by this source nor by another host's; and a new sign-in begins anew."""
    told: list[Event] = []
    grant = session(rotating)
    with UserPool(rotating) as users:
        users.revoke_token(grant.token)
    sources = [
        face.token_source(rotating, grant, cache=cache, identity="ann", on_event=told.append)
        for _ in range(2)
    ]
    for source in sources * 2:
        with pytest.raises(errors.SignInRequired):
            await face(source.tokens())
    assert 1 == pool.calls["GetTokensFromRefreshToken"]
    assert Counter({"session_over": 1, "refresh_failed": 2}) == Counter(event.name for event in told)
    again = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    assert (await face(again.tokens())).access_token
    assert 2 == pool.calls["GetTokensFromRefreshToken"]


async def test_a_refresh_token_that_another_host_has_spent_leads_to_its_tokens(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read again, and adopt what they stored."""
    grant = session(rotating)
    stored: list[str] = []
    source = face.token_source(rotating, grant, cache=cache, identity="ann")
    check = source._keeper._credential
    if face.is_blocking:
        with pytest.raises(StopIteration) as done:
            check.check(source._runtime, None).send(None)
        made = done.value.value
    else:
        made = await check.check(source._runtime, None)
    refresh = source._keeper._obtainer.refresh

    async def beaten(runtime: Any, tokens: Any) -> Any:
        """Another host refreshes at the same time, and is faster."""
        if not stored:
            theirs = await refresh(runtime, tokens)
            record = source._keeper._holder.record(theirs, check=made, rotates=True)
            cache.put_if(source._keeper._key, record.dumps(), expected=None, ttl=600)
            stored.append(theirs.access_token)
        return await refresh(runtime, tokens)

    monkeypatch.setattr(source._keeper._obtainer, "refresh", beaten)
    assert [(await face(source.tokens())).access_token] == stored
    assert 2 == pool.calls["GetTokensFromRefreshToken"]


async def test_a_user_with_a_password_is_signed_in_again_when_the_session_is_over(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """That is what the password is for."""
    source = face.token_source(web, ANN, cache=cache)
    first = await face(source.tokens())
    with UserPool(web) as users:
        users.revoke_token(first)
    second = await face(source.tokens(rejected=first.access_token))
    assert first.refresh_token != second.refresh_token
    assert 2 == pool.calls["InitiateAuth"]


async def test_signing_out_revokes_and_forgets(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """Here and in the cache; a password signs in anew."""
    told: list[Event] = []
    source = face.token_source(web, ANN, cache=cache, on_event=told.append)
    first = await face(source.tokens())
    await face(source.sign_out())
    assert [] == cache.records()
    assert 1 == pool.calls["RevokeToken"]
    with UserPool(web) as users, pytest.raises(errors.NotAuthorized):
        users.refresh(first)
    assert first.access_token != (await face(source.tokens())).access_token
    assert ["obtained", "signed_out", "obtained"] == [event.name for event in told]


async def test_signing_out_of_a_handed_over_session_is_for_good(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken
) -> None:
    """For every host, until there is another one."""
    grant = session(rotating)
    source = face.token_source(rotating, grant, cache=cache, identity="ann")
    await face(source.tokens())
    await face(source.sign_out())
    for each in (source, face.token_source(rotating, grant, cache=cache, identity="ann")):
        with pytest.raises(errors.SignInRequired):
            await face(each.tokens())
    assert (1, 1) == (pool.calls["GetTokensFromRefreshToken"], pool.calls["RevokeToken"])


async def test_signing_out_a_machine_or_nobody_is_nothing_special(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken
) -> None:
    """There is nothing to revoke."""
    source = face.token_source(machine, MACHINE, cache=cache)
    await face(source.sign_out())
    await face(source.tokens())
    await face(source.sign_out())
    assert [] == cache.records()
    assert 0 == pool.calls["RevokeToken"] + pool.calls["revoke"]


# -- a cache that is away -------------------------------------------------------------------------------------------


async def test_a_cache_outage_never_stops_a_machine_and_is_said_once(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken, travel: Travel
) -> None:
    """It goes on in memory, and comes back."""
    told: list[Event] = []
    source = face.token_source(machine, MACHINE, cache=cache, on_event=told.append)
    cache.is_away = True
    first = await face(source.tokens())
    for _ in range(3):
        travel.later(source, seconds=6)
        assert first.access_token == (await face(source.tokens())).access_token
    cache.is_away = False
    travel.later(source, seconds=6)
    assert first.access_token == (await face(source.tokens())).access_token
    assert [first.access_token] == [record.access_token for record in cache.records()]
    assert 1 == pool.calls["token"]
    assert ["cache_lost", "obtained", "cache_back"] == [event.name for event in told]


async def test_a_cache_outage_never_spends_a_rotating_refresh_token(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, travel: Travel
) -> None:
    """The token at hand is served while it is good; then the cache's error is raised, and the session lives."""
    source = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    first = await face(source.tokens())
    cache.is_away = True
    travel.later(source, seconds=3000)
    assert first is await face(source.tokens())
    travel.later(source, seconds=700)
    with pytest.raises(errors.CacheError):
        await face(source.tokens())
    assert 1 == pool.calls["GetTokensFromRefreshToken"]
    cache.is_away = False
    travel.later(source, seconds=60)
    assert (await face(source.tokens())).access_token != first.access_token


async def test_a_refresh_token_that_does_not_rotate_may_be_used_without_the_cache(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken, travel: Travel
) -> None:
    """Nobody loses anything by it."""
    source = face.token_source(web, session(web), cache=cache, identity="ann")
    first = await face(source.tokens())
    cache.is_away = True
    travel.later(source, seconds=3601)
    assert first.access_token != (await face(source.tokens())).access_token


async def test_a_password_begins_a_session_of_its_own_while_the_cache_is_away(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, travel: Travel
) -> None:
    """The shared one stays as it is."""
    source = face.token_source(rotating, ANN, cache=cache)
    await face(source.tokens())
    cache.is_away = True
    travel.later(source, seconds=3601)
    assert (await face(source.tokens())).access_token
    assert (2, 0) == (pool.calls["InitiateAuth"], pool.calls["GetTokensFromRefreshToken"])


async def test_a_refresh_whose_result_the_cache_does_not_take_is_kept_and_stored_later(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, travel: Travel
) -> None:
    """The refresh token in the cache is spent: the only live one must not be lost."""
    source = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    first = await face(source.tokens())
    cache.is_full = True
    second = await face(source.tokens(rejected=first.access_token))
    assert [first.refresh_token] == [record.refresh_token for record in cache.records()]
    cache.is_full = False
    travel.later(source, seconds=6)
    third = await face(source.tokens())
    assert second.access_token == third.access_token
    assert [second.refresh_token] == [record.refresh_token for record in cache.records()]
    assert 2 == pool.calls["GetTokensFromRefreshToken"]


async def test_a_cache_of_somebody_elses_may_raise_anything(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """It is an outage all the same, and its words are not repeated: they may hold what was to be stored."""

    class Odd:
        def get(self, key: str) -> Entry | None:
            raise LookupError("very secret")

        put_if = delete_if = get

    told: list[Event] = []
    source = face.token_source(machine, MACHINE, cache=Odd(), on_event=told.append)
    assert (await face(source.tokens())).access_token
    assert "very secret" not in str(told)


def test_an_asynchronous_cache_needs_an_asynchronous_source(machine: AppClient) -> None:
    """In words, when the source is made."""

    class Awaited:
        async def get(self, key: str) -> Entry | None: ...

    awaited: Any = Awaited()
    with pytest.raises(errors.UsageError, match=r"^cache: Awaited is asynchronous"):
        TokenSource(machine, MACHINE, cache=awaited)


# -- leases ---------------------------------------------------------------------------------------------------------


class Leased(Broken):
    """A cache whose lease somebody else may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.is_taken = False
        self.on_try: list[Any] = []
        self.tries = 0

    def try_lease(self, key: str, *, ttl: float) -> str | None:
        """The right to refresh."""
        self._check(self.is_away)
        self.tries += 1
        if self.on_try:
            self.on_try.pop()(key)
        return None if self.is_taken else "lease"

    def release(self, key: str, lease: str) -> None:
        """Give it back."""
        self._check(self.is_away)


@pytest.fixture(autouse=True)
def _quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "_FIRST_POLL", 0.001)
    monkeypatch.setattr(renewal, "_LONGEST_POLL", 0.002)


async def test_who_finds_the_lease_taken_early_goes_on_with_the_token_at_hand(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel
) -> None:
    """Without asking the cache at every call."""
    cache, told = Leased(), list[Event]()
    source = face.token_source(machine, MACHINE, cache=cache, on_event=told.append)
    first = await face(source.tokens())
    cache.is_taken, cache.tries = True, 0
    travel.later(source, seconds=3000)
    for _ in range(3):
        assert first is await face(source.tokens())
    assert (1, 1) == (pool.calls["token"], cache.tries)
    assert ["obtained", "served_stale"] == [event.name for event in told]


async def test_who_finds_the_lease_taken_late_waits_for_the_other_hosts_token(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel
) -> None:
    """And adopts it."""
    cache = Leased()
    source = face.token_source(machine, MACHINE, cache=cache)
    await face(source.tokens())
    travel.later(source, seconds=3601)
    now = source._runtime.now()
    cache.is_taken = True

    def store(key: str) -> None:
        rewrite(cache.inner, key, access_token="theirs", issued_at=now, expires_at=now + 3600)

    cache.on_try = [lambda _: None, store, lambda _: None][::-1]
    assert "theirs" == (await face(source.tokens())).access_token
    assert 1 == pool.calls["token"]


async def test_a_lease_that_is_left_behind_is_taken_over(
    face: Face, pool: FakeUserPool, machine: AppClient, travel: Travel
) -> None:
    """Its holder died."""
    cache = Leased()
    source = face.token_source(machine, MACHINE, cache=cache)
    cache.is_taken = True
    cache.on_try = [lambda _: setattr(cache, "is_taken", False), lambda _: None]
    assert (await face(source.tokens())).access_token


async def test_nobody_waits_for_a_lease_without_end(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """After the deadline it goes on without one."""
    cache = Leased()
    source = face.token_source(machine, MACHINE, cache=cache, timeout=0.05, retry=Retry(deadline=0.05))
    cache.is_taken = True
    source._runtime.timeout = 10.0
    assert (await face(source.tokens())).access_token


async def test_a_cache_that_goes_away_while_one_waits_is_an_outage(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Whether one waits for the lease or holds it."""
    waiting = Leased()
    waiting.is_taken = True
    waiting.on_try = [lambda _: setattr(waiting, "is_away", True)]
    assert (await face(face.token_source(machine, MACHINE, cache=waiting).tokens())).access_token
    holding = Leased()
    holding.on_try = [lambda _: setattr(holding, "is_away", True)]
    assert (await face(face.token_source(machine, MACHINE, cache=holding).tokens())).access_token
    assert 2 == pool.calls["token"]


def test_a_process_that_dies_with_a_lease_on_a_file_does_not_hold_up_the_others(
    pool: FakeUserPool, machine: AppClient, tmp_path: Path
) -> None:
    """The system drops its lock."""
    cache = caches.FileCache(tmp_path / "cache")
    with TokenSource(machine, MACHINE, cache=cache) as source:
        program = (
            "import sys\nfrom cognito_auth import caches\n"
            "cache = caches.FileCache(sys.argv[1])\nassert cache.try_lease(sys.argv[2], ttl=600)\n"
            "print('held', flush=True)\nsys.stdin.read()\n"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "cache"), source._keeper._key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
        assert holder.stdout is not None
        assert b"held\n" == holder.stdout.readline()
        assert cache.try_lease(source._keeper._key, ttl=1) is None
        tokens: list[Any] = []
        waiter = threading.Thread(target=lambda: tokens.append(source.tokens()))
        waiter.start()
        holder.kill()
        holder.communicate()
        waiter.join()
        assert 1 == len(tokens) == pool.calls["token"]


@pytest.mark.needs("redis-server")
def test_redis_may_be_killed_and_come_back_empty(
    pool: FakeUserPool, machine: AppClient, travel: Travel, tmp_path: Path
) -> None:
    """In the middle of everything."""
    told: list[Event] = []
    with running_redis(tmp_path) as server, server.client() as client:
        cache = caches.RedisCache(client)
        with TokenSource(machine, MACHINE, cache=cache, on_event=told.append) as source:
            first = source.tokens()
            server.kill()
            travel.later(source, seconds=3601)
            second = source.tokens()
            assert first.access_token != second.access_token
            server.start()
            travel.later(source, seconds=6)
            assert second.access_token == source.tokens().access_token
            stored = cache.get(source._keeper._key)
            assert stored is not None
            assert second.access_token in stored.value.decode()
    assert ["obtained", "cache_lost", "obtained", "cache_back"] == [event.name for event in told]


# -- forks, and what is seen from outside -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("is_shared", [False, True])
def test_a_fork_keeps_a_machines_token_and_leaves_a_session_to_its_parent(
    machine: AppClient, web: AppClient, *, is_shared: bool
) -> None:
    """Both would refresh a session that only memory holds."""
    cache = caches.MemoryCache() if is_shared else None
    with (
        TokenSource(machine, MACHINE, cache=cache) as of_a_machine,
        TokenSource(web, ANN, cache=cache) as of_a_user,
    ):
        of_a_machine.tokens()
        of_a_user.tokens()
        child = os.fork()
        if child == 0:
            kept = of_a_machine._keeper._held is not None
            left = of_a_user._keeper._held is None
            os._exit(0 if kept and left else 1)
        assert (child, 0) == os.waitpid(child, 0)
        assert of_a_user._keeper._held is not None


async def test_what_happens_is_told_and_logged_without_a_secret(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken, caplog: pytest.LogCaptureFixture
) -> None:
    """Events, the log, reprs, tracebacks, pickles."""
    told: list[Event] = []
    with caplog.at_level(logging.DEBUG, "cognito_auth"):
        source = face.token_source(web, ANN, cache=cache, on_event=told.append, retry=ONCE)
        tokens = await face(source.tokens())
        pool.faults.server_error("GetTokensFromRefreshToken", times=1)
        with pytest.raises(errors.CognitoAuthError) as raised:
            await face(source.tokens(rejected=tokens.access_token))
    shown = "".join(
        [
            caplog.text,
            repr(told),
            repr(source),
            repr(source._keeper),
            *traceback.format_exception(raised.value),
        ]
    )
    for secret in (tokens.access_token, tokens.refresh_token, PASSWORD):
        assert str(secret) not in shown
    for thing in (tokens, source._keeper._held):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)
    assert ["obtained", "refresh_failed"] == [event.name for event in told]
    assert {source._keeper._key} == {event.identity for event in told}
    assert all(event.at.tzinfo for event in told)
    assert "obtained" in caplog.text


async def test_a_listener_that_fails_harms_nobody(
    face: Face, machine: AppClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged."""

    def fail(event: Event) -> None:
        raise ValueError("my own mistake")

    source = face.token_source(machine, MACHINE, on_event=fail)
    assert (await face(source.tokens())).access_token
    assert "the on_event callback failed" in caplog.text


def test_nothing_is_said_where_nobody_listens(machine: AppClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event is even made."""
    logging.getLogger("cognito_auth").setLevel(logging.ERROR)
    monkeypatch.setattr("cognito_auth.events.Event", None)
    try:
        with TokenSource(machine, MACHINE) as source:
            assert source.tokens().access_token
    finally:
        logging.getLogger("cognito_auth").setLevel(logging.NOTSET)


# -- corners --------------------------------------------------------------------------------------------------------


async def test_a_record_near_its_end_is_served_if_no_better_one_is_to_be_had(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken
) -> None:
    """A process that has just started finds it in the cache, and the service is away."""
    first = face.token_source(machine, MACHINE, cache=cache)
    await face(first.tokens())
    now = first._runtime.now()
    rewrite(cache, first._keeper._key, access_token="nearly", issued_at=now - 3580, expires_at=now + 20)
    pool.faults.server_error("token", times=1)
    source = face.token_source(machine, MACHINE, cache=cache, retry=ONCE)
    assert "nearly" == (await face(source.tokens())).access_token


async def test_a_refusal_that_another_host_has_answered_a_moment_ago_is_not_answered_again(
    face: Face, pool: FakeUserPool, machine: AppClient, cache: Broken
) -> None:
    """Five seconds count for the whole fleet."""
    one, other = (face.token_source(machine, MACHINE, cache=cache) for _ in range(2))
    first = await face(one.tokens())
    second = await face(one.tokens(rejected=first.access_token))
    await face(other.tokens())
    assert second.access_token == (await face(other.tokens(rejected=second.access_token))).access_token
    assert 2 == pool.calls["token"]


async def test_another_hosts_refresh_token_is_tried_before_the_session_is_given_up(
    face: Face, pool: FakeUserPool, rotating: AppClient, cache: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its access token is over, but its refresh token lives; or that one is dead too."""
    dead, alive, dead_too = session(rotating), session(rotating), session(rotating)
    with UserPool(rotating) as users:
        users.revoke_token(dead.token)
        users.revoke_token(dead_too.token)
    source = face.token_source(rotating, session(rotating), cache=cache, identity="ann")
    first = await face(source.tokens())
    key, now = source._keeper._key, source._runtime.now()
    for refresh_token, is_good in ((alive.token, True), (dead_too.token, False)):
        rewrite(cache, key, refresh_token=dead.token, issued_at=now - 4000, expires_at=now - 400)
        late = face.token_source(rotating, _grant_of(source), cache=cache, identity="ann")
        look = late._keeper._renewal._look
        looks: list[int] = []

        async def looking(look: Any = look, looks: list[int] = looks, new: str = refresh_token) -> Any:
            looks.append(1)
            if len(looks) == 3:  # after the service has refused
                rewrite(cache, key, refresh_token=new, expires_at=now - 300)
            return await look()

        monkeypatch.setattr(late._keeper._renewal, "_look", looking)
        if is_good:
            assert first.access_token != (await face(late.tokens())).access_token
        else:
            with pytest.raises(errors.SignInRequired):
                await face(late.tokens())


def _grant_of(source: Any) -> grants.RefreshToken:
    grant: grants.RefreshToken = source._keeper._obtainer._grant
    return grant


async def test_a_cache_that_goes_away_at_the_end_of_a_session_changes_nothing(
    face: Face, pool: FakeUserPool, rotating: AppClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is the session's; signing out works without it too."""
    cache = Leased()
    grant = session(rotating)
    source = face.token_source(rotating, grant, cache=cache, identity="ann")
    refresh = source._keeper._obtainer.refresh

    async def refuse(runtime: Any, tokens: Any) -> Any:
        cache.is_away = True
        return await refresh(runtime, tokens)

    with UserPool(rotating) as users:
        users.revoke_token(grant.token)
    monkeypatch.setattr(source._keeper._obtainer, "refresh", refuse)
    with pytest.raises(errors.SignInRequired):
        await face(source.tokens())
    await face(source.sign_out())
    assert 2 == pool.calls["RevokeToken"]


async def test_a_session_that_is_over_while_the_cache_is_away(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken, travel: Travel
) -> None:
    """A password begins another one."""
    source = face.token_source(web, ANN, cache=cache)
    await face(source.tokens())
    travel.later(source, seconds=3000)
    second = await face(source.tokens())
    with UserPool(web) as users:
        users.revoke_token(second)
    cache.is_away = True
    travel.later(source, seconds=3601)
    assert (await face(source.tokens())).access_token
    assert 2 == pool.calls["InitiateAuth"]


async def test_signing_out_waits_for_a_refresh_that_is_under_way(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """And revokes what it has brought."""
    source = face.token_source(web, ANN, cache=cache)
    await face(source.tokens())
    calls: list[Any] = [source.sign_out, source.tokens, source.sign_out, source.tokens]
    await face.together(*calls)
    await face(source.sign_out())
    assert [] == cache.records()


async def test_an_error_of_the_service_at_the_sign_out_is_told_and_all_is_forgotten(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """The tokens are gone from here at any rate."""
    source = face.token_source(web, ANN, cache=cache, retry=ONCE)
    await face(source.tokens())
    pool.faults.server_error("RevokeToken", times=1)
    with pytest.raises(errors.CognitoAuthError):
        await face(source.sign_out())
    assert [] == cache.records()


async def test_a_writer_that_always_comes_late_keeps_its_token_in_memory(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Others who hold less store all the time: it does not go on for ever."""

    class Busy(Broken):
        def put_if(self, key: str, value: bytes, *, expected: str | None, ttl: float) -> Entry:
            return Entry(b"foreign", "another")

    source = face.token_source(machine, MACHINE, cache=Busy())
    assert (await face(source.tokens())).access_token
    held = source._keeper._held
    assert held is not None
    assert held.version is None


async def test_a_cache_that_goes_away_right_after_the_lease_is_an_outage(
    face: Face, pool: FakeUserPool, machine: AppClient
) -> None:
    """Nothing was spent yet."""
    cache = Leased()
    cache.on_try = [lambda _: setattr(cache, "is_away", True)]
    source = face.token_source(machine, MACHINE, cache=cache)
    assert (await face(source.tokens())).access_token
    assert 1 == pool.calls["token"]


async def test_a_wrong_password_is_not_shown_again_after_the_back_off_either(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken, travel: Travel
) -> None:
    """Repeated failures lock the user; another password is another matter."""
    password = ["Wrong-Horse-7"]
    source = face.token_source(web, grants.Password("ann", lambda: password[0]), cache=cache)
    for _ in range(3):
        with pytest.raises(errors.NotAuthorized):
            await face(source.tokens())
        travel.later(source, seconds=6)
    assert 1 == pool.calls["InitiateAuth"]
    password[0] = PASSWORD
    assert (await face(source.tokens())).access_token
    assert 2 == pool.calls["InitiateAuth"]
