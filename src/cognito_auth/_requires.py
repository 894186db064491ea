"""What a good token must have for a route: scopes and groups."""

from __future__ import annotations

import attrs

from cognito_auth._credentials import Names
from cognito_auth._values import scope_set, text_set
from cognito_auth.claims import Claims
from cognito_auth.errors import TokenRejected
from cognito_auth.token_verifier.rules import check_groups, check_scopes


# One function for each argument: type checkers read converters from named functions, and errors name the argument.
def _all_scopes(value: Names) -> frozenset[str]:
    return scope_set(value, "all_scopes")


def _any_scopes(value: Names) -> frozenset[str]:
    return scope_set(value, "any_scopes")


def _all_groups(value: Names) -> frozenset[str]:
    return text_set(value, "all_groups")


def _any_groups(value: Names) -> frozenset[str]:
    return text_set(value, "any_groups")


@attrs.frozen(kw_only=True)
class Requires:
    """What a good token must have for a route; with no arguments, nothing more.

    >>> Requires(all_scopes="orders/read").all_scopes
    frozenset({'orders/read'})

    Args:
        all_scopes: Scopes that it must all have.
        any_scopes: Scopes of which it must have one.
        all_groups: Groups that its user must all be in.
        any_groups: Groups of which its user must be in one.

    Raises:
        UsageError: A scope or a group cannot be one.
    """

    all_scopes: frozenset[str] = attrs.field(default=frozenset(), converter=_all_scopes)
    any_scopes: frozenset[str] = attrs.field(default=frozenset(), converter=_any_scopes)
    all_groups: frozenset[str] = attrs.field(default=frozenset(), converter=_all_groups)
    any_groups: frozenset[str] = attrs.field(default=frozenset(), converter=_any_groups)

    def check(self, claims: Claims) -> None:
        """Return if the token has it all.

        Raises:
            TokenRejected: It lacks a scope or a group. An ID token has no scopes at all.
        """
        if self.all_scopes or self.any_scopes:
            check_scopes(getattr(claims, "scopes", frozenset()), self.all_scopes, self.any_scopes)
        if self.all_groups or self.any_groups:
            check_groups(claims.groups, self.all_groups, self.any_groups)

    def implies(self, other: Requires) -> bool:
        """Whether every token that meets this meets the other as well."""
        return (
            other.all_scopes <= self.all_scopes
            and other.all_groups <= self.all_groups
            and _one_of(other.any_scopes, self.all_scopes, self.any_scopes)
            and _one_of(other.any_groups, self.all_groups, self.any_groups)
        )

    def is_met_by(self, claims: Claims) -> bool:
        """Whether the token has it all."""
        try:
            self.check(claims)
        except TokenRejected:
            return False
        return True


def _one_of(wanted: frozenset[str], all_: frozenset[str], any_: frozenset[str]) -> bool:
    """Whether having all of the one and any of the other is having one of the wanted."""
    return not wanted or not wanted.isdisjoint(all_) or bool(any_ and any_ <= wanted)
