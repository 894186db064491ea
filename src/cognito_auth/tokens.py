"""What a sign-in gives: a set of tokens."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from cognito_auth import compact
from cognito_auth._values import Secretive, redacted
from cognito_auth.errors import MalformedToken, UsageError

_YEAR_10000: Final = 253_402_300_800
"""Where datetime ends."""


def aware(seconds: float) -> datetime.datetime:
    """Seconds since the epoch as a moment in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def _checked_moment(_: object, field: attrs.Attribute[Any], value: datetime.datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        raise UsageError(f"{field.name}: {value!r} has no time zone: expected an aware datetime")


@attrs.frozen(kw_only=True)
class NewDevice:
    """A device that the service has just named; ``confirm_device`` makes it one to remember.

    Attributes:
        key: ``DeviceKey``.
        group_key: ``DeviceGroupKey``.
    """

    key: str
    group_key: str


@attrs.frozen(kw_only=True)
class TokenSet(Secretive):
    """The tokens of one sign-in. Its repr shows no token, and it cannot be pickled.

    Attributes:
        access_token: For APIs.
        id_token: Who the user is; ``None`` for machines.
        refresh_token: For new tokens; ``None`` for machines.
        token_type: ``"Bearer"``.
        expires_at: When the access token ends, aware, by this machine's clock.
        id_expires_at: When the ID token ends.
        scopes: The access token's own ``scope`` claim: what was granted, whatever was asked for.
        new_device: The device that the service has just named, if any.
        device_key: The remembered device that the tokens belong to; every refresh sends it.
    """

    access_token: str = attrs.field(repr=redacted)
    id_token: str | None = attrs.field(default=None, repr=redacted)
    refresh_token: str | None = attrs.field(default=None, repr=redacted)
    token_type: str = "Bearer"  # noqa: S105 - its type, not a token
    expires_at: datetime.datetime = attrs.field(validator=_checked_moment)
    id_expires_at: datetime.datetime | None = attrs.field(default=None, validator=_checked_moment)
    scopes: frozenset[str] = frozenset()
    new_device: NewDevice | None = None
    device_key: str | None = None

    @classmethod
    def issued(
        cls,
        *,
        access_token: str,
        id_token: str | None = None,
        refresh_token: str | None = None,
        token_type: str | None = None,
        expires_in: object = None,
        now: float,
        new_device: NewDevice | None = None,
        device_key: str | None = None,
    ) -> Self:
        """The tokens of an answer that came at ``now``.

        Args:
            access_token: As issued.
            id_token: As issued.
            refresh_token: As issued.
            token_type: As issued; ``"Bearer"`` where it is missing.
            expires_in: Seconds, as the answer has them. Anything but a positive whole number counts as missing, and
                the access token's own ``exp`` is taken.
            now: When the answer came, in seconds since the epoch.
            new_device: The device that the answer names.
            device_key: The device that the tokens belong to.

        Raises:
            ValueError: Nothing says how long the access token lives, or a token is not written as one.
        """
        for name, token in (("access", access_token), ("ID", id_token), ("refresh", refresh_token)):
            # Before it goes into a header: the error of the client that refuses it there quotes it.
            if token is not None and not (token and token.isascii() and token.isprintable()):
                raise ValueError(
                    f"the answer's {name} token is empty, or not of printable ASCII (RFC 6749 §A.12)"
                )
        claims, id_claims = unverified_claims(access_token), unverified_claims(id_token)
        lasts = (
            isinstance(expires_in, int)
            and not isinstance(expires_in, bool)
            and 0 < expires_in < _YEAR_10000 - now
        )
        ends = now + expires_in if isinstance(expires_in, int) and lasts else _expiry(claims)
        if ends is None:
            raise ValueError("the answer does not say how long the access token lives, nor does the token")
        id_ends = _expiry(id_claims)
        scope = claims.get("scope")
        return cls(
            access_token=access_token,
            id_token=id_token,
            refresh_token=refresh_token,
            token_type=token_type or "Bearer",
            expires_at=aware(ends),
            id_expires_at=None if id_token is None else aware(ends if id_ends is None else id_ends),
            scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
            new_device=new_device,
            device_key=device_key,
        )


def unverified_claims(token: str | None) -> Mapping[str, Any]:
    """What a token says of itself, unverified; nothing where it is not a JWT."""
    if token is None:
        return {}
    try:
        return compact.parse(token).claims
    except MalformedToken:
        return {}


def _expiry(claims: Mapping[str, Any]) -> float | None:
    """``exp``, where it is a sane number of seconds; the parser lets no other type through."""
    match claims.get("exp"):
        case int() | float() as expires if 0 < expires < _YEAR_10000:
            return float(expires)
    return None
