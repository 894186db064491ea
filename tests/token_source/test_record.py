"""What a cache entry says: versioned JSON, and anything else is a miss."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth.token_source.record import SCHEMA, SESSION_TTL, Record, loads

FULL = Record(
    access_token="the-access-token",
    id_token="the-id-token",
    refresh_token="the-refresh-token",
    issued_at=1_767_225_600.0,
    expires_at=1_767_229_200.0,
    id_expires_at=1_767_229_200.5,
    scopes=("a", "b"),
    device_key="eu-west-1_0000",
    new_device=("key", "group"),
    check={"salt": "s", "sha256": ["d"]},
    rotates=True,
    rejected_at=1_767_225_500.0,
)
LEAN = Record(access_token="a", issued_at=1.0, expires_at=61.0)


@pytest.mark.parametrize("record", [FULL, LEAN])
def test_what_is_written_is_read(record: Record) -> None:
    """All of it."""
    assert record == loads(record.dumps())


def test_a_machine_sees_the_moments_by_its_own_clock() -> None:
    """The service is ahead by a minute here."""
    tokens = FULL.tokens(60.0)
    assert FULL.expires_at - 60 == tokens.expires_at.timestamp()
    assert tokens.new_device is not None
    assert ("key", "group") == (tokens.new_device.key, tokens.new_device.group_key)
    assert frozenset({"a", "b"}) == tokens.scopes


@pytest.mark.parametrize("ahead", [-253_402_300_000.0, 253_402_300_000.0])
def test_clocks_that_seem_thousands_of_years_apart_are_no_crash(ahead: float) -> None:
    """A garbled entry, or a token that was issued in the year 9999, has such moments."""
    tokens = FULL.tokens(ahead)
    assert (tokens.expires_at.year, tokens.id_expires_at and tokens.id_expires_at.year) in {
        (1970, 1970),
        (9999, 9999),
    }


def test_a_session_is_kept_longer_than_its_access_token() -> None:
    """Its refresh token is what matters."""
    assert (SESSION_TTL, 60.0) == (FULL.ttl, LEAN.ttl)


def _changed(**changes: Any) -> bytes:
    content = json.loads(FULL.dumps()) | changes
    return json.dumps({name: value for name, value in content.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\xff",
        b"[]",
        b"[" * 100_000,
        b'"text"',
        b"{}",
        _changed(v=SCHEMA + 1),
        _changed(v=...),
        _changed(access_token=...),
        _changed(access_token=1),
        _changed(expires_at="soon"),
        _changed(expires_at=True),
        _changed(expires_at=-1),
        _changed(expires_at=1e300),
        _changed(scopes="a b"),
        _changed(scopes=[1]),
        _changed(new_device=["one"]),
        _changed(check=[]),
        _changed(is_over=1),
        _changed(of_a_later_version=1),
    ],
)
def test_what_is_unknown_foreign_or_garbled_is_a_miss(value: bytes) -> None:
    """Never an error."""
    assert loads(value) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_make_it_fail(value: bytes) -> None:
    """Anyone may write into a shared cache."""
    assert loads(value) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([*json.loads(FULL.dumps())]) | st.text(), inner)
        ),
    )
)
def test_no_json_makes_it_fail(value: object) -> None:
    """Nor anything in JSON."""
    found = loads(json.dumps(value).encode())
    assert found is None or isinstance(found, Record)


def test_nothing_shows_its_secrets() -> None:
    """Neither repr nor pickle."""
    shown = repr(FULL)
    for secret in ("the-access-token", "the-id-token", "the-refresh-token", "sha256"):
        assert secret not in shown
    with pytest.raises(TypeError, match="cannot be pickled"):
        FULL.__reduce_ex__(4)
