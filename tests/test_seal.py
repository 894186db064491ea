"""Values that travel through the user's hands, sealed."""

import base64
import os
from typing import Any

import pytest

from cognito_auth import _seal
from cognito_auth._seal import seal, unseal
from cognito_auth.errors import SealExpired, SealRejected, UsageError

KEY = os.urandom(32)
CONTENT = {"at": 1000.0, "session": "s3cret", "née": "Zoë"}


def opened(text: str, **settings: Any) -> dict[str, Any]:
    """What the seal holds, at the time when it was made."""
    defaults: dict[str, Any] = {"key": KEY, "kind": "challenge", "bound_to": "pool/client", "lifetime": None}
    return unseal(text, **{**defaults, **settings})


def sealed(**settings: Any) -> str:
    """The content, sealed."""
    return seal(CONTENT, **{"key": KEY, "kind": "challenge", "bound_to": "pool/client", **settings})


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which tests set."""
    now = [1000.0]
    monkeypatch.setattr(_seal, "wall_clock", lambda: now[0])
    return now


def test_what_was_sealed_opens_and_shows_nothing_before() -> None:
    """The text is safe in a cookie or an address, and two seals of one value differ."""
    text = sealed()
    assert opened(text) == CONTENT
    assert text != sealed()
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert b"s3cret" not in base64.urlsafe_b64decode(text[3:] + "===")


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "login"},
        {"bound_to": "pool/other"},
        {"key": os.urandom(32)},
        {"key": [os.urandom(16), os.urandom(24)]},
    ],
)
def test_it_opens_only_as_what_it_is_and_for_whom_it_was_made(settings: dict[str, Any]) -> None:
    """Another kind, client or key does not open it."""
    with pytest.raises(SealRejected, match="altered, cut short"):
        opened(sealed(), **settings)


def test_any_changed_character_breaks_it() -> None:
    """Each one, everywhere."""
    text = sealed()
    for place in range(len(text) - 1):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(SealRejected):
            opened(changed)


@pytest.mark.parametrize(
    "text", ["", "c1.", "c1.AAAA", "c1.é", "nonsense", "c2.AAAA", None, 5, "c1." + "A" * 100_000]
)
def test_what_is_no_seal_is_refused(text: Any) -> None:
    """Never another exception."""
    with pytest.raises(SealRejected):
        opened(text)


def test_a_key_ring_lets_keys_be_rotated() -> None:
    """The first seals, all of them open."""
    new = os.urandom(16)
    assert opened(sealed(), key=[new, KEY]) == CONTENT
    assert opened(sealed(key=[new, KEY]), key=new) == CONTENT


def test_it_is_good_for_a_time(clock: list[float]) -> None:
    """To the last second, counted from when the content was made."""
    text = sealed()
    clock[0] = 1900.0
    assert opened(text, lifetime=900) == CONTENT
    clock[0] = 1900.1
    with pytest.raises(SealExpired, match="made more than 15 minutes ago: begin again"):
        opened(text, lifetime=900)
    assert opened(text) == CONTENT


def test_its_clock_is_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seal that was made years ago is too old now."""
    monkeypatch.undo()
    with pytest.raises(SealExpired):
        opened(sealed(), lifetime=900)


@pytest.mark.parametrize("key", [b"short", "text" * 8, [], None, 3, [KEY, b"x"]])
def test_a_key_that_is_no_aes_key_is_refused_by_name(key: Any) -> None:
    """With the way to make one."""
    with pytest.raises(UsageError, match=r"key: expected 16, 24 or 32 random bytes.*os\.urandom\(32\)"):
        sealed(key=key)
