"""Redis as it is: killed, shared with others, split into slots."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import redis
import redis.asyncio

from cognito_auth import caches, errors
from support.cache_servers import RedisServer, free_port, running_redis

pytestmark = pytest.mark.needs("redis-server")

KEY = "00ff"
SECRET = b"a very secret token"


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may kill."""
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Any]:
    """A client of a server with nothing in it."""
    with redis_server.client() as client:
        client.flushall()
        yield client


def test_a_redis_that_is_killed_is_a_cache_that_is_away(mortal: RedisServer) -> None:
    """Each call says so, and none of them says what it would have stored."""
    with mortal.client() as client:
        cache = caches.RedisCache(client)
        entry = cache.put_if(KEY, SECRET, expected=None, ttl=60)
        mortal.kill()
        attempts: list[Callable[[], object]] = [
            lambda: cache.get(KEY),
            lambda: cache.put_if(KEY, SECRET, expected=entry.version, ttl=60),
            lambda: cache.delete_if(KEY, expected=entry.version),
            lambda: cache.try_lease(KEY, ttl=60),
            lambda: cache.release(KEY, "lease"),
        ]
        for attempt in attempts:
            with pytest.raises(errors.CacheError, match=r"^Redis: ") as caught:
                attempt()
            assert "secret" not in str(caught.value)
            assert caught.value.__context__ is None


def test_the_same_when_it_is_awaited(mortal: RedisServer) -> None:
    """`redis.asyncio`."""

    async def main() -> None:
        async with mortal.async_client() as client:
            cache = caches.RedisCache(client)
            await cache.put_if(KEY, SECRET, expected=None, ttl=60)
            mortal.kill()
            with pytest.raises(errors.CacheError, match=r"^Redis: ") as caught:
                await cache.put_if(KEY, SECRET, expected=None, ttl=60)
            assert caught.value.__context__ is None

    anyio.run(main)


def test_a_redis_that_comes_back_empty_is_simply_empty(mortal: RedisServer) -> None:
    """The scripts are loaded again without a word."""
    with mortal.client() as client:
        cache = caches.RedisCache(client)
        entry = cache.put_if(KEY, b"first", expected=None, ttl=60)
        mortal.kill()
        mortal.start()
        assert cache.get(KEY) is None
        assert b"second" == cache.put_if(KEY, b"second", expected=entry.version, ttl=60).value
        assert cache.try_lease(KEY, ttl=60)


def test_a_value_of_another_kind_is_an_error_of_the_cache(client: Any) -> None:
    """A list under our key is somebody else's mistake, which the source survives."""
    cache = caches.RedisCache(client)
    client.rpush(f"cognito-auth:{{{KEY}}}", "a", "b")
    with pytest.raises(errors.CacheError, match="WRONGTYPE"):
        cache.get(KEY)


@pytest.mark.parametrize(
    "foreign",
    [b"", b"short", b"a text of somebody else's", bytes(range(200, 256))],
    ids=["empty", "short", "text", "bytes"],
)
def test_what_is_foreign_is_written_over(client: Any, foreign: bytes) -> None:
    """Whatever its bytes are."""
    cache = caches.RedisCache(client)
    client.set(f"cognito-auth:{{{KEY}}}", foreign)
    found = cache.get(KEY)
    assert b"mine" == cache.put_if(KEY, b"mine", expected=found.version, ttl=60).value
    assert b"mine" == cache.get(KEY).value


def test_a_server_that_quotes_what_it_was_sent_does_not_make_us_quote_it(tmp_path: Path) -> None:
    """One that knows no scripts answers with the beginning of the arguments."""
    server = RedisServer(tmp_path)
    server.start("--rename-command", "EVALSHA", "", "--rename-command", "EVAL", "")
    try:
        with server.client() as client:
            cache = caches.RedisCache(client, prefix="")
            with pytest.raises(errors.CacheError, match="unknown command") as caught:
                cache.put_if("0", SECRET, expected=None, ttl=60)
    finally:
        server.kill()
    assert "secret" not in str(caught.value)
    assert "args" not in str(caught.value)


def test_who_finds_a_lease_of_their_own_has_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client sends a command again when its answer was lost: the lease must not be lost with it."""
    cache = caches.RedisCache(client)
    once = cache._lease

    def twice(**arguments: Any) -> Any:
        once(**arguments)
        return once(**arguments)

    monkeypatch.setattr(cache, "_lease", twice)
    assert cache.try_lease(KEY, ttl=60)


def test_a_lease_ends_by_itself(client: Any) -> None:
    """A host that died with it holds nobody up for longer."""
    cache = caches.RedisCache(client)
    assert cache.try_lease(KEY, ttl=0.001)
    while (lease := cache.try_lease(KEY, ttl=60)) is None:
        time.sleep(0.001)
    assert lease
    assert 59_000 < client.pttl(f"cognito-auth:{{{KEY}}}:lease") <= 60_000


def test_an_entry_is_kept_for_its_time(client: Any) -> None:
    """Redis removes it then, so that nothing is left of users who never came back."""
    caches.RedisCache(client, prefix="tokens/").put_if(KEY, b"mine", expected=None, ttl=3600)
    assert [b"tokens/{00ff}"] == client.keys()
    assert 3_590_000 < client.pttl("tokens/{00ff}") <= 3_600_000


@pytest.mark.parametrize("kind", [redis.Redis, redis.asyncio.Redis])
def test_a_client_that_decodes_is_refused(kind: Any) -> None:
    """It would fail at the first encrypted entry, long after its start."""
    with pytest.raises(errors.UsageError, match=r"^client: it decodes"):
        caches.RedisCache(kind(decode_responses=True))


@pytest.mark.parametrize("prefix", ["{tokens}:", "tokens}"])
def test_a_prefix_that_would_choose_the_slot_is_refused(client: Any, prefix: str) -> None:
    """All users would lie on one node of the cluster, or an entry and its lease on two."""
    with pytest.raises(errors.UsageError, match=r"^prefix: .* has braces"):
        caches.RedisCache(client, prefix=prefix)


# -- a cluster ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a cluster of one node, which refuses scripts whose keys lie in several slots."""
    server = RedisServer(tmp_path_factory.mktemp("cluster"))
    while server.port > 55_000:  # its bus listens on a port 10,000 higher
        server.port = free_port()
    server.start("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1")
    try:
        with server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
                time.sleep(0.01)
        yield server.port
    finally:
        server.kill()


def cluster_client(port: int, **settings: Any) -> Any:
    """A blocking client of the cluster."""
    return redis.RedisCluster(host="127.0.0.1", port=port, **settings)


def test_a_cluster_keeps_an_entry_and_its_lease_in_one_slot(cluster: int) -> None:
    """So that whoever fails over takes both along."""
    with cluster_client(cluster) as client:
        cache = caches.RedisCache(client)
        first = cache.put_if(KEY, b"first", expected=None, ttl=60)
        assert first == cache.put_if(KEY, b"late", expected=None, ttl=60)
        lease = cache.try_lease(KEY, ttl=60)
        assert lease
        assert cache.try_lease(KEY, ttl=60) is None
        slots = {client.cluster_keyslot(name.decode()) for name in client.keys(target_nodes="all")}
        assert 1 == len(slots)
        cache.release(KEY, lease)
        assert cache.delete_if(KEY, expected=first.version)


def test_a_cluster_may_be_awaited(cluster: int) -> None:
    """`redis.asyncio.RedisCluster`."""

    async def main() -> None:
        async with redis.asyncio.RedisCluster(host="127.0.0.1", port=cluster) as client:
            cache = caches.RedisCache(client)
            assert cache.is_asynchronous
            first = await cache.put_if("aa", b"first", expected=None, ttl=60)
            assert first == await cache.get("aa")
            lease = await cache.try_lease("aa", ttl=60)
            assert await cache.try_lease("aa", ttl=60) is None
            await cache.release("aa", lease)

    anyio.run(main)


def test_a_decoding_client_of_a_cluster_is_refused(cluster: int) -> None:
    """It keeps its settings elsewhere."""
    with (
        cluster_client(cluster, decode_responses=True) as client,
        pytest.raises(errors.UsageError, match=r"^client: it decodes"),
    ):
        caches.RedisCache(client)
