"""Whose tokens: keys without secrets, and checks that a wrong credential does not pass."""

from typing import Any

import attrs
import pytest

from cognito_auth import AppClient, TokenSet, TokenSource, caches, errors, grants
from cognito_auth.testing import FakeUserPool
from cognito_auth.token_source import identity
from cognito_auth.token_source.identity import cache_key
from support.faces import Face
from support.token_world import Broken

APP = AppClient(
    client_id="abc", client_secret="very-secret", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix"
)
NO_GRANT: Any = "ann"
ANN = grants.Password("ann", "Correct-Horse-7", method="password")

DIFFERENT = {
    "as it is": (APP, ANN, None),
    "another user": (APP, attrs.evolve(ANN, username="bob"), None),
    "another client": (attrs.evolve(APP, client_id="abd"), ANN, None),
    "another pool": (attrs.evolve(APP, pool_id="eu-west-1_AbCdEfGhJ"), ANN, None),
    "another endpoint": (attrs.evolve(APP, endpoint="https://localhost:1"), ANN, None),
    "named": (APP, ANN, "ann"),
    "a machine": (APP, grants.ClientCredentials(), None),
    "a machine by the API": (APP, grants.ClientCredentials(via="api"), None),
    "a machine with a scope": (APP, grants.ClientCredentials(scopes="a"), None),
    "a machine with two scopes": (APP, grants.ClientCredentials(scopes="a b"), None),
    "a machine with another scope": (APP, grants.ClientCredentials(scopes="ab"), None),
    "a machine with metadata": (APP, grants.ClientCredentials(client_metadata={"a": "b"}), None),
    "a machine with other metadata": (APP, grants.ClientCredentials(client_metadata={"a": "", "b": ""}), None),
    "a refresh token": (APP, grants.RefreshToken("r"), "ann"),
    "another user's refresh token": (APP, grants.RefreshToken("r"), "bob"),
    "a browser": (APP, grants.BrowserLogin(redirect_uri="http://localhost:1/"), "ann"),
    "a callable": (APP, lambda: None, "ann"),
}  # fmt: skip


def test_every_difference_makes_another_key() -> None:
    """Two identities never share an entry."""
    keys = {name: cache_key(*facts) for name, facts in DIFFERENT.items()}  # type: ignore[arg-type]
    assert len(DIFFERENT) == len(set(keys.values()))
    assert {64} == {len(key) for key in keys.values()}


def test_no_secret_takes_part_in_a_key() -> None:
    """A key may be seen: it must not help to guess anything."""
    assert cache_key(APP, ANN, None) == cache_key(
        attrs.evolve(APP, client_secret="another"), attrs.evolve(ANN, password="another"), None
    )
    assert cache_key(APP, grants.RefreshToken("one"), "ann") == cache_key(
        APP, grants.RefreshToken("two"), "ann"
    )


def test_the_order_of_scopes_and_metadata_does_not_matter() -> None:
    """They mean the same."""
    one = grants.ClientCredentials(scopes=["a", "b"], client_metadata={"x": "1", "y": "2"})
    other = grants.ClientCredentials(scopes=["b", "a"], client_metadata={"y": "2", "x": "1"})
    assert cache_key(APP, one, None) == cache_key(APP, other, None)


@pytest.mark.parametrize(
    "grant", [grants.RefreshToken("r"), grants.BrowserLogin(redirect_uri="http://localhost:1/"), lambda: None]
)
def test_a_grant_that_names_nobody_needs_an_identity_where_there_is_a_cache(grant: grants.Grant) -> None:
    """Two users must never share an entry."""
    with pytest.raises(errors.UsageError, match=r"^identity: "):
        TokenSource(APP, grant, cache=caches.MemoryCache())
    TokenSource(APP, grant).close()
    TokenSource(APP, grant, cache=caches.MemoryCache(), identity="user-42").close()


@pytest.mark.parametrize("identity", ["", 42])
def test_an_identity_is_a_name(identity: str) -> None:
    """Not a number, not nothing."""
    with pytest.raises(errors.UsageError, match=r"^identity: "):
        TokenSource(APP, ANN, identity=identity)


def test_a_grant_is_a_grant() -> None:
    """Or a callable."""
    with pytest.raises(errors.UsageError, match=r"^grant: got str"):
        TokenSource(APP, NO_GRANT)


@pytest.mark.parametrize(
    "check", [{}, {"salt": 1, "sha256": []}, {"salt": "s", "sha256": "digest"}, {"salt": "s", "sha256": [1]}]
)
def test_a_digest_that_is_none_is_passed_by_nobody(check: dict[str, object]) -> None:
    """Nor by accident."""
    assert not identity._Digests(live=2).passes(check, "secret")


async def test_a_wrong_password_never_finds_the_right_users_tokens(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """Though the key is the same."""
    right = face.token_source(web, ANN, cache=cache)
    tokens = await face(right.tokens())
    wrong = face.token_source(web, attrs.evolve(ANN, password="Wrong-Horse-7"), cache=cache)
    with pytest.raises(errors.NotAuthorized):
        await face(wrong.tokens())
    again = face.token_source(web, ANN, cache=cache)
    assert tokens.access_token == (await face(again.tokens())).access_token
    assert 2 == pool.calls["InitiateAuth"]


async def test_callers_with_another_password_do_not_share_a_flight(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """Even at the same moment."""
    right = face.token_source(web, ANN, cache=cache)
    wrong = face.token_source(web, attrs.evolve(ANN, password="Wrong-Horse-7"), cache=cache)
    refused: list[str] = []

    async def ask_wrong() -> TokenSet | None:
        try:
            return await face(wrong.tokens())
        except errors.NotAuthorized:
            refused.append("refused")
            return None

    if face.is_blocking:
        with pytest.raises(errors.NotAuthorized):
            await face.together(*[right.tokens, wrong.tokens] * 3)
    else:
        outcomes = await face.together(*[right.tokens, ask_wrong] * 3)
        assert ["refused"] * 3 == refused
        assert 1 == len({tokens.access_token for tokens in outcomes if tokens})


async def test_two_secrets_that_are_live_at_once_share_their_tokens(
    face: Face, pool: FakeUserPool, cache: Broken
) -> None:
    """While a secret is being replaced, hosts with the old and the new one do not push each other out."""
    client = pool.add_client(secret=True, scopes={"orders/read"})
    old = pool.app_client(client)
    client.add_secret()
    new = attrs.evolve(old, client_secret=next(each for each in client.secrets if each != old.client_secret))
    machine = grants.ClientCredentials(scopes="orders/read")
    first = await face(face.token_source(old, machine, cache=cache).tokens())
    second = await face(face.token_source(new, machine, cache=cache).tokens())
    assert first.access_token != second.access_token
    for app in (old, new, old):
        shared = await face(face.token_source(app, machine, cache=cache).tokens())
        assert second.access_token == shared.access_token
    assert 2 == pool.calls["token"]
    with pytest.raises(errors.InvalidClient):
        await face(face.token_source(attrs.evolve(old, client_secret="guess"), machine, cache=cache).tokens())


async def test_a_password_that_is_a_callable_is_asked_for_when_it_is_needed(
    face: Face, pool: FakeUserPool, web: AppClient, cache: Broken
) -> None:
    """Once to check an entry, not at every call."""
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "Correct-Horse-7"

    source = face.token_source(web, grants.Password("ann", ask, method="password"), cache=cache)
    await face(source.tokens())
    await face(source.tokens())
    assert 2 == len(asked)
    other = face.token_source(web, ANN, cache=cache)
    await face(other.tokens())
    assert 1 == pool.calls["InitiateAuth"]


def test_an_entry_holds_no_credential(pool: FakeUserPool, web: AppClient, cache: Broken) -> None:
    """Only what it can be checked against."""
    with TokenSource(web, ANN, cache=cache) as source:
        source.tokens()
    (entry,) = [entry for entry, _ in cache.inner._entries.values()]
    assert b"Correct-Horse-7" not in entry.value
    assert b"scrypt" in entry.value


@pytest.mark.parametrize(
    "check", [None, {}, {"salt": 1, "scrypt": "x"}, {"salt": "a" * 100, "scrypt": "x"}, {"salt": "a"}]
)
def test_a_check_that_is_none_is_passed_by_nobody(
    pool: FakeUserPool, web: AppClient, cache: Broken, check: dict[str, object] | None
) -> None:
    """An entry without a proper check is a miss."""
    with TokenSource(web, ANN, cache=cache) as source:
        source.tokens()
        key = source._keeper._key
    entry = cache.get(key)
    assert entry is not None
    cache.put_if(key, attrs.evolve(cache.records()[0], check=check).dumps(), expected=entry.version, ttl=60)
    with TokenSource(web, ANN, cache=cache) as source:
        source.tokens()
    assert 2 == pool.calls["InitiateAuth"]
