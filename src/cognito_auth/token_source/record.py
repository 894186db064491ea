"""What a cache entry says: versioned JSON. What is unknown, foreign or garbled is a miss, never an error."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from cognito_auth._values import Secretive, redacted
from cognito_auth.tokens import NewDevice, TokenSet, aware

SCHEMA: Final = 1

SESSION_TTL: Final = 10 * 365 * 86400.0
"""Seconds to keep a refresh token: the longest life that an app client can give it. Its present end is not known."""


@attrs.frozen(kw_only=True)
class Record(Secretive):
    """Tokens as they are shared. Every moment is by the service's clock.

    Attributes:
        access_token: As issued.
        id_token: As issued.
        refresh_token: As issued.
        token_type: As issued.
        issued_at: When the tokens were issued.
        expires_at: When the access token ends.
        id_expires_at: When the ID token ends.
        scopes: What was granted.
        device_key: The device that the session belongs to.
        new_device: The device that the service named at the sign-in, its key and its group's.
        check: A salted verifier of the credential that earned the tokens.
        rotates: Whether a refresh has replaced the refresh token; ``None`` before the first one.
        rejected_at: When an API's refusal led to these tokens.
        is_over: The session has ended: nothing but another credential helps.
    """

    access_token: str = attrs.field(repr=redacted)
    id_token: str | None = attrs.field(default=None, repr=redacted)
    refresh_token: str | None = attrs.field(default=None, repr=redacted)
    token_type: str = "Bearer"  # noqa: S105 - its type, not a token
    issued_at: float
    expires_at: float
    id_expires_at: float | None = None
    scopes: tuple[str, ...] = ()
    device_key: str | None = None
    new_device: tuple[str, str] | None = None
    check: Mapping[str, Any] | None = attrs.field(default=None, repr=redacted)
    rotates: bool | None = None
    rejected_at: float | None = None
    is_over: bool = False

    def dumps(self) -> bytes:
        """As a cache keeps it."""
        content = {name: value for name, value in attrs.asdict(self).items() if value is not None}
        return json.dumps({"v": SCHEMA, **content}, separators=(",", ":")).encode()

    def tokens(self, ahead: float) -> TokenSet:
        """As this machine sees them.

        Args:
            ahead: Seconds by which the service's clock is ahead of this machine's.
        """
        return TokenSet(
            access_token=self.access_token,
            id_token=self.id_token,
            refresh_token=self.refresh_token,
            token_type=self.token_type,
            expires_at=_moment(self.expires_at - ahead),
            id_expires_at=None if self.id_expires_at is None else _moment(self.id_expires_at - ahead),
            scopes=frozenset(self.scopes),
            device_key=self.device_key,
            new_device=None
            if self.new_device is None
            else NewDevice(key=self.new_device[0], group_key=self.new_device[1]),
        )

    @property
    def ttl(self) -> float:
        """Seconds that it is worth keeping."""
        return SESSION_TTL if self.refresh_token is not None else max(self.expires_at - self.issued_at, 1.0)


_LATEST: Final = 253_402_300_799
"""The last second that datetime knows."""


def _moment(seconds: float) -> datetime.datetime:
    """Where clocks seem thousands of years apart, the nearest moment that there is."""
    return aware(min(max(seconds, 0.0), _LATEST))


_TEXT: Final = (str,)
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "access_token": _TEXT,
    "id_token": _TEXT,
    "refresh_token": _TEXT,
    "token_type": _TEXT,
    "issued_at": (int, float),
    "expires_at": (int, float),
    "id_expires_at": (int, float),
    "scopes": (list,),
    "device_key": _TEXT,
    "new_device": (list,),
    "check": (dict,),
    "rotates": (bool,),
    "rejected_at": (int, float),
    "is_over": (bool,),
}
_REQUIRED: Final = {"access_token", "issued_at", "expires_at"}


def loads(value: bytes) -> Record | None:
    """The record of an entry; ``None`` where there is none to be found in it."""
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.pop("v", None) != SCHEMA:
        return None
    if not _REQUIRED <= content.keys() <= _TYPES.keys() or not all(map(_fits, content, content.values())):
        return None
    for name in ("scopes", "new_device"):
        if name in content:
            content[name] = tuple(content[name])
    return Record(**content)


def _fits(name: str, value: object) -> bool:
    types = _TYPES[name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return False
    if isinstance(value, list):
        return all(isinstance(member, str) for member in value) and (name != "new_device" or len(value) == 2)
    return not isinstance(value, (int, float)) or 0 <= value < 253_402_300_800
