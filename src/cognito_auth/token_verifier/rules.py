"""What a token must say to be accepted, each refusal a class of its own, with what was expected and what was found.

:meth:`Rules.judge` looks at what can be judged before the signature: whose token it is, for whom, and when.
:meth:`Rules.permit` comes after it, since it answers for a *good* token that it may not do this (403).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

import attrs

from cognito_auth._values import required_text, scope_set, text_set
from cognito_auth.errors import (
    MalformedToken,
    MissingGroup,
    MissingScope,
    StaleAuthentication,
    TokenExpired,
    TokenNotYetValid,
    UsageError,
    WeakAuthentication,
    WrongAudience,
    WrongClient,
    WrongTokenUse,
)

TokenUse = Literal["access", "id"]
_USES: Final = ("access", "id")
_NONE: Final[frozenset[str]] = frozenset()


def accepted_clients(value: str | Iterable[str] | None) -> frozenset[str] | None:
    """The app clients of ``client_id=``; ``None`` for any.

    Raises:
        UsageError: There is none at all, or one is no text.
    """
    if value is None:
        return None
    clients = text_set(value, "client_id")
    if not clients:
        raise UsageError("client_id: no client at all: give one, several, or None to accept any on purpose")
    return clients


def _scopes(value: str | Iterable[str], field: attrs.Attribute[Any]) -> frozenset[str]:
    return scope_set(value, field.name)


def _texts(value: str | Iterable[str], field: attrs.Attribute[Any]) -> frozenset[str]:
    return text_set(value, field.name)


def _optional_texts(value: str | Iterable[str] | None, field: attrs.Attribute[Any]) -> frozenset[str] | None:
    return None if value is None else text_set(value, field.name)


def _seconds(value: float | None, field: attrs.Attribute[Any]) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise UsageError(f"{field.name}: {value!r} is not a number of seconds: expected 0 or more")
    return value


def _field(converter: Any, default: object) -> Any:
    return attrs.field(converter=attrs.Converter(converter, takes_field=True), default=default)


@attrs.frozen(kw_only=True)
class Rules:
    """One verifier's rules, checked and normalised.

    Args:
        token_use: ``"access"``, ``"id"``, or ``None`` for either.
        client_id: The app clients whose tokens are accepted; ``None`` for any.
        all_scopes: Scopes that a token must all have.
        any_scopes: Scopes of which a token must have one.
        all_groups: Groups that a user must all be in.
        any_groups: Groups of which a user must be in one.
        resource: The ``aud`` that an access token must have (RFC 8707).
        acr: The ``acr`` values of which a token must have one.
        max_age: Seconds since the user signed in.
        leeway: Seconds by which clocks may differ.

    Raises:
        UsageError: An argument cannot be right, alone or beside the others.
    """

    token_use: TokenUse | None
    client_id: frozenset[str] | None = attrs.field(converter=accepted_clients)
    all_scopes: frozenset[str] = _field(_scopes, _NONE)
    any_scopes: frozenset[str] = _field(_scopes, _NONE)
    all_groups: frozenset[str] = _field(_texts, _NONE)
    any_groups: frozenset[str] = _field(_texts, _NONE)
    resource: str | None = None
    acr: frozenset[str] | None = _field(_optional_texts, None)
    max_age: float | None = _field(_seconds, None)
    leeway: float = _field(_seconds, 0)
    restrict: bool = attrs.field(init=False, default=False)
    """Whether a good token may still lack something."""

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        limits = (self.all_scopes, self.any_scopes, self.all_groups, self.any_groups)
        object.__setattr__(self, "restrict", any(limits))
        if self.token_use is not None and self.token_use not in _USES:
            raise UsageError(
                f"token_use: {self.token_use!r} is not one: expected 'access', 'id', or None for either"
            )
        if self.resource is not None:
            required_text(self.resource, "resource", "https://api.example.com")
        if self.token_use == "id":  # noqa: S105 - a claim, not a password
            for name in ("all_scopes", "any_scopes", "resource"):
                if getattr(self, name):
                    raise UsageError(
                        f"{name}: an ID token has none, so all would be refused: use token_use='access'"
                    )
        if self.leeway is None:
            raise UsageError("leeway: None is not a number of seconds: expected 0 or more")

    @property
    def is_open(self) -> bool:
        """Whether every app client of the pool is trusted, with nothing else that a token must have."""
        return self.client_id is None and not (self.all_scopes or self.any_scopes or self.resource)

    def judge(self, claims: Mapping[str, Any], now: float) -> None:
        """Return if the token is for here and now.

        Args:
            claims: The payload, each claim of its right type.
            now: Seconds since the epoch.

        Raises:
            TokenRejected: It is not.
        """
        get = claims.get
        expires = get("exp")
        if expires is None:
            raise MalformedToken("the token has no exp, so it would never end", expected="exp", actual=None)
        if now >= expires + self.leeway:
            raise TokenExpired("the token has expired", expected=f"exp after {now:.0f}", actual=expires)
        begins = get("nbf")
        if begins is not None and now < begins - self.leeway:
            raise TokenNotYetValid(
                "the token is not valid yet", expected=f"nbf until {now:.0f}", actual=begins
            )
        use = get("token_use")
        if (use != self.token_use and (self.token_use is not None or use not in _USES)) or use is None:
            expected = self.token_use or set(_USES)
            raise WrongTokenUse("the token is for another use", expected=expected, actual=use)
        if use == "access":
            client, clients = get("client_id"), self.client_id
            if client is None or (clients is not None and client not in clients):
                raise WrongClient(
                    "the token was issued to another app client", expected=clients, actual=client
                )
            if self.resource is not None or "aud" in claims:
                self._judge_audience(claims.get("aud", ()), client)
        else:
            self._judge_id(claims)
        if self.acr is not None and get("acr") not in self.acr:
            raise WeakAuthentication(
                "the sign-in was not strong enough", expected=self.acr, actual=get("acr")
            )
        if self.max_age is not None:
            self._judge_age(claims, now)

    def window(self, claims: Mapping[str, Any]) -> tuple[float, float]:
        """From when and until when a token that passed goes on passing, in seconds since the epoch."""
        ends = claims["exp"]
        if self.max_age is not None:
            ends = min(ends, claims["auth_time"] + self.max_age)
        return claims.get("nbf", 0) - self.leeway, ends + self.leeway

    def _judge_audience(self, audience: str | list[str], client: str) -> None:
        """An access token is bound to the APIs in its ``aud``, if it has one (RFC 8707); all must be this one."""
        named = _names(audience)
        foreign = named - {self.resource} - (self.client_id or {client})
        if foreign or (self.resource is not None and self.resource not in named):
            raise WrongAudience(
                "the token is for another API", expected=self.resource or "no aud", actual=audience
            )

    def _judge_id(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud", ())
        named, clients = _names(audience), self.client_id
        if not named or (clients is not None and not named <= clients):
            raise WrongClient(
                "the token was issued to another app client", expected=clients or "an aud", actual=audience
            )

    def _judge_age(self, claims: Mapping[str, Any], now: float) -> None:
        signed_in, max_age = claims.get("auth_time"), self.max_age
        if signed_in is None or max_age is None or now - signed_in > max_age + self.leeway:
            expected = f"auth_time within {max_age:g} seconds"
            raise StaleAuthentication("the sign-in was too long ago", expected=expected, actual=signed_in)

    def permit(self, scopes: Collection[str], groups: Collection[str]) -> None:
        """Return if the good token may do this.

        Args:
            scopes: What the token allows.
            groups: The groups that its user is in.

        Raises:
            MissingScope: It lacks a scope.
            MissingGroup: Its user is not in a group.
        """
        if self.all_scopes or self.any_scopes:
            check_scopes(scopes, self.all_scopes, self.any_scopes)
        if self.all_groups or self.any_groups:
            check_groups(groups, self.all_groups, self.any_groups)


def _names(audience: str | list[str]) -> set[str]:
    return {audience} if isinstance(audience, str) else set(audience)


def check_scopes(scopes: Collection[str], all_scopes: frozenset[str], any_scopes: frozenset[str]) -> None:
    """Return if all of the ones and any of the others are there.

    Raises:
        MissingScope: They are not.
    """
    if not all_scopes.issubset(scopes):
        raise MissingScope("the token lacks a scope", expected=all_scopes, actual=frozenset(scopes))
    if any_scopes and any_scopes.isdisjoint(scopes):
        raise MissingScope("the token has none of the scopes", expected=any_scopes, actual=frozenset(scopes))


def check_groups(groups: Collection[str], all_groups: frozenset[str], any_groups: frozenset[str]) -> None:
    """Return if all of the ones and any of the others are there.

    Raises:
        MissingGroup: They are not.
    """
    if not all_groups.issubset(groups):
        raise MissingGroup("the user is not in every group", expected=all_groups, actual=frozenset(groups))
    if any_groups and any_groups.isdisjoint(groups):
        raise MissingGroup("the user is in none of the groups", expected=any_groups, actual=frozenset(groups))
