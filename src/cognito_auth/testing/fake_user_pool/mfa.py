"""Setting up MFA, and saying which kind comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, choice, totp
from cognito_auth.testing.fake_user_pool.account import mfa_settings
from cognito_auth.testing.fake_user_pool.state import MFA_ATTRIBUTES
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User

_SETTINGS = {
    "SMSMfaSettings": "SMS_MFA",
    "SoftwareTokenMfaSettings": "SOFTWARE_TOKEN_MFA",
    "EmailMfaSettings": "EMAIL_OTP",
}


def associate(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """AssociateSoftwareToken: a new secret, with an access token or within an MFA_SETUP challenge."""
    user, attempt = _whose(pool, given)
    if "SOFTWARE_TOKEN_MFA" not in pool.settings.mfa_kinds:
        raise RefusalError("SoftwareTokenMFANotFound", "Software token MFA is not enabled for the user pool.")
    user.pending_totp = totp.new_secret()
    if attempt is None:
        return {"SecretCode": user.pending_totp}
    return {"SecretCode": user.pending_totp, "Session": pool.sessions.open(attempt, "MFA_SETUP")}


def verify(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """VerifySoftwareToken: a code shows that the user has the secret."""
    user, attempt = _whose(pool, given)
    if user.pending_totp is None:
        raise RefusalError("InvalidParameter", "No software token has been associated.")
    if totp.step_of(user.pending_totp, given["UserCode"], pool.clock.now()) is None:
        if attempt is not None:
            pool.sessions.put_back(given["Session"], attempt)
        raise RefusalError("EnableSoftwareTokenMFA", "Code mismatch")
    user.totp_secret, user.pending_totp, user.used_totp = user.pending_totp, None, -1
    user.totp_name = given.get("FriendlyDeviceName", "")
    if attempt is None:
        return {"Status": "SUCCESS"}
    user.mfa.append("SOFTWARE_TOKEN_MFA")
    return {"Status": "SUCCESS", "Session": pool.sessions.open(attempt, "MFA_SETUP", verified=True)}


def set_preference(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """SetUserMFAPreference: which kinds are on, and at most one that comes first."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    wanted = {kind: given[member] for member, kind in _SETTINGS.items() if given.get(member) is not None}
    preferred = [kind for kind, setting in wanted.items() if setting.get("PreferredMfa")]
    if len(preferred) > 1:
        raise RefusalError("InvalidParameter", "Only one MFA type can be preferred.")
    for kind, setting in wanted.items():
        if setting.get("Enabled") or setting.get("PreferredMfa"):
            _check_ready(pool, user, kind)
    for kind, setting in wanted.items():
        _switch(user, kind, on=bool(setting.get("Enabled") or setting.get("PreferredMfa")))
    if preferred:
        user.preferred_mfa = preferred[0]
    return {}


def set_settings(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """SetUserSettings: the older way to switch MFA by text message on and off."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    wanted = any(option.get("DeliveryMedium") == "SMS" for option in given["MFAOptions"])
    if wanted:
        _check_ready(pool, user, "SMS_MFA")
    _switch(user, "SMS_MFA", on=wanted)
    return {}


def auth_factors(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """GetUserAuthFactors: the ways that lead in with USER_AUTH, and the user's MFA."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    ways = choice.ways(pool, user)
    factors: list[str] = [way for way in ("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN") if way in ways]
    if user.totp_secret is not None:
        factors.append("SOFTWARE_TOKEN")
    return {"Username": user.username, "ConfiguredUserAuthFactors": factors, **mfa_settings(user)}


def _whose(pool: FakeUserPool, given: dict[str, Any]) -> tuple[User, Attempt | None]:
    token, session = given.get("AccessToken"), given.get("Session")
    if (token is None) is (session is None):
        raise RefusalError("InvalidParameter", "Either AccessToken or Session is required, not both.")
    if session is None:
        return checks.caller_of(pool, str(token)).user, None
    attempt = pool.sessions.take_any(session, "MFA_SETUP")
    return attempt.known_user, attempt


def _check_ready(pool: FakeUserPool, user: User, kind: str) -> None:
    if kind not in pool.settings.mfa_kinds or pool.settings.mfa == "OFF":
        raise RefusalError("InvalidParameter", f"{kind} is not enabled for the user pool.")
    if kind == "SOFTWARE_TOKEN_MFA" and user.totp_secret is None:
        raise RefusalError("InvalidParameter", "User has not verified software token mfa")
    if kind in MFA_ATTRIBUTES and not user.verified(MFA_ATTRIBUTES[kind]):
        raise RefusalError("InvalidParameter", f"User does not have a verified {MFA_ATTRIBUTES[kind]}")


def _switch(user: User, kind: str, *, on: bool) -> None:
    if on and kind not in user.mfa:
        user.mfa.append(kind)
    if not on and kind in user.mfa:
        user.mfa.remove(kind)
    if not on and user.preferred_mfa == kind:
        user.preferred_mfa = None


OPERATIONS = {
    "AssociateSoftwareToken": associate,
    "VerifySoftwareToken": verify,
    "SetUserMFAPreference": set_preference,
    "SetUserSettings": set_settings,
    "GetUserAuthFactors": auth_factors,
}
