"""How a pool is set up: the choices that an administrator makes once."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.state import User

# The characters that Cognito counts as special; a space counts inside, not at the ends.
# <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>
_SYMBOLS = frozenset("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`=+ ")


@attrs.frozen(kw_only=True)
class PasswordPolicy:
    """What a password must have; these are the values of a new user pool."""

    minimum_length: int = 8
    lowercase: bool = True
    uppercase: bool = True
    numbers: bool = True
    symbols: bool = True
    history: int = 0

    def check(self, password: str) -> None:
        """Refuse a password that is too short or lacks a kind of character.

        Raises:
            RefusalError: `InvalidPassword`, with Cognito's words.
        """
        if password != password.strip():
            raise _weak("Password must not begin or end with a space")
        if len(password) < self.minimum_length:
            raise _weak("Password not long enough")
        for wanted, alphabet, kind in (
            (self.lowercase, string.ascii_lowercase, "lowercase"),
            (self.uppercase, string.ascii_uppercase, "uppercase"),
            (self.numbers, string.digits, "numeric"),
            (self.symbols, _SYMBOLS, "symbol"),
        ):
            if wanted and not set(password) & set(alphabet):
                raise _weak(f"Password must have {kind} characters")


def _weak(reason: str) -> RefusalError:
    return RefusalError("InvalidPassword", f"Password did not conform with policy: {reason}")


@attrs.frozen(kw_only=True)
class Settings:
    """Everything about a pool that its administrator decides."""

    password_policy: PasswordPolicy = PasswordPolicy()
    auto_verified: frozenset[str] = frozenset({"email", "phone_number"})
    username_attributes: frozenset[str] = frozenset()
    alias_attributes: frozenset[str] = frozenset()
    case_sensitive: bool = False
    required_attributes: frozenset[str] = frozenset()
    mfa: Literal["OFF", "OPTIONAL", "ON"] = "OPTIONAL"
    mfa_kinds: frozenset[str] = frozenset({"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})
    devices: Literal["off", "always", "opt-in"] = "off"
    confirmation: Literal["code", "link"] = "code"
    allow_sign_up: bool = True
    relying_party: str | None = None
    passkey_origins: frozenset[str] = frozenset()
    user_verification: Literal["required", "preferred"] = "preferred"
    track_sessions: bool = True
    code_seconds: int = 24 * 3600
    unknown_scopes: Literal["refuse", "ignore"] = "refuse"


@attrs.define(kw_only=True)
class TokenEvent:
    """What a pre-token-generation callback is given; it may change both sets of claims in place."""

    trigger: str
    user: User
    access_claims: dict[str, Any]
    id_claims: dict[str, Any]


@attrs.define(kw_only=True, eq=False)
class Callbacks:
    """Plain functions in the place of Lambda triggers."""

    pre_token_generation: Callable[[TokenEvent], None] | None = None

    def before_tokens(
        self, trigger: str, user: User, access_claims: dict[str, Any], id_claims: dict[str, Any]
    ) -> None:
        """Let the callback change the claims."""
        if self.pre_token_generation is not None:
            event = TokenEvent(trigger=trigger, user=user, access_claims=access_claims, id_claims=id_claims)
            self.pre_token_generation(event)
