"""How a pool is set up: the choices that an administrator makes once."""

from __future__ import annotations

import string
from collections.abc import Iterable
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


def _set_of(given: Iterable[str] | str) -> frozenset[str]:
    """A set of names, which may be given as any collection, or as the one name in it."""
    return frozenset([given] if isinstance(given, str) else given)


@attrs.frozen(kw_only=True)
class Settings:
    """Everything about a pool that its administrator decides.

    Attributes:
        password_policy: What a new password must have.
        auto_verified: Which addresses (`email`, `phone_number`) get a code at sign-up, and when they change.
        username_attributes: Which attributes are user names; the internal name is the `sub` then.
        alias_attributes: Which verified attributes sign in beside the user name.
        case_sensitive: Whether `ann` and `Ann` are two users.
        required_attributes: What every user must have.
        mfa: Whether users may, must or cannot have a second factor.
        mfa_kinds: Which kinds there are: `SMS_MFA`, `SOFTWARE_TOKEN_MFA`, `EMAIL_OTP`.
        first_factors: What USER_AUTH offers beside the password: `EMAIL_OTP`, `SMS_OTP`, `WEB_AUTHN`.
        devices: Whether devices are tracked, and remembered at once or when the user opts in.
        confirmation: Whether sign-up is confirmed by a code or by a link.
        allow_sign_up: Whether users may sign themselves up.
        relying_party: The relying party of passkeys.
        passkey_origins: The origins that may register them; if none is named, those of the relying party.
        user_verification: Whether an authenticator must verify its user.
        track_sessions: Whether sign-ins can be listed and ended one by one.
        threat_protection: Whether feedback on suspicious sign-ins is taken.
        acr_values: The levels that step-up knows; if none is named, any.
        code_seconds: How long a code in a message is good.
        unknown_scopes: What happens to a scope that the client does not have (AWS's pages contradict each other).
    """

    password_policy: PasswordPolicy = PasswordPolicy()
    auto_verified: frozenset[str] = attrs.field(
        default=frozenset({"email", "phone_number"}), converter=_set_of
    )
    username_attributes: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of)
    alias_attributes: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of)
    case_sensitive: bool = False
    required_attributes: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of)
    mfa: Literal["OFF", "OPTIONAL", "ON"] = "OPTIONAL"
    mfa_kinds: frozenset[str] = attrs.field(
        default=frozenset({"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}), converter=_set_of
    )
    first_factors: frozenset[str] = attrs.field(
        default=frozenset({"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}), converter=_set_of
    )
    devices: Literal["off", "always", "opt-in"] = "off"
    confirmation: Literal["code", "link"] = "code"
    allow_sign_up: bool = True
    relying_party: str | None = "localhost"
    passkey_origins: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of)
    user_verification: Literal["required", "preferred"] = "preferred"
    track_sessions: bool = True
    threat_protection: bool = True
    acr_values: frozenset[str] = attrs.field(default=frozenset(), converter=_set_of)
    code_seconds: int = 24 * 3600
    unknown_scopes: Literal["refuse", "ignore"] = "refuse"
