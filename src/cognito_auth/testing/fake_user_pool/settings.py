"""How a pool is set up: the choices that an administrator makes once."""

from __future__ import annotations

import string
from typing import Literal

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

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
    first_factors: frozenset[str] = frozenset({"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"})
    devices: Literal["off", "always", "opt-in"] = "off"
    confirmation: Literal["code", "link"] = "code"
    allow_sign_up: bool = True
    relying_party: str | None = "localhost"
    passkey_origins: frozenset[str] = frozenset()
    user_verification: Literal["required", "preferred"] = "preferred"
    track_sessions: bool = True
    threat_protection: bool = True
    acr_values: frozenset[str] = frozenset()
    code_seconds: int = 24 * 3600
    unknown_scopes: Literal["refuse", "ignore"] = "refuse"
