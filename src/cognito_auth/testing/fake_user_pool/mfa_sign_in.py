"""The challenges of multi-factor authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import chain, totp
from cognito_auth.testing.fake_user_pool.checks import required
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User


def answer_code(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """SMS_MFA, SMS_OTP and EMAIL_OTP: the code of the message."""
    user = attempt.known_user
    code = required(responses, f"{attempt.challenge}_CODE")
    message = pool.outbox.check(user, "sign-in", code, attribute=attempt.details["attribute"])
    user.attributes[f"{message.attribute}_verified"] = "true"
    attempt.passed.append("MFA")
    return chain.proceed(pool, attempt, user)


def answer_software_token(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """SOFTWARE_TOKEN_MFA: the code of the authenticator app, which serves once."""
    user = attempt.known_user
    use_totp(pool, user, required(responses, "SOFTWARE_TOKEN_MFA_CODE"))
    attempt.passed.append("MFA")
    return chain.proceed(pool, attempt, user)


def use_totp(pool: FakeUserPool, user: User, code: str) -> None:
    """Take a code of the user's authenticator app.

    Raises:
        RefusalError: `CodeMismatch`, or `ExpiredCode` for one that was used before.
    """
    if user.totp_secret is None:
        raise RefusalError("SoftwareTokenMFANotFound", "User does not have software token MFA enabled.")
    step = totp.step_of(user.totp_secret, code, pool.clock.now())
    if step is None:
        raise RefusalError("CodeMismatch", "Invalid code received for user")
    if step <= user.used_totp:
        raise RefusalError("ExpiredCode", "Your software token has already been used once.")
    user.used_totp = step


def answer_selection(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """SELECT_MFA_TYPE: which kind the user wants to be asked for."""
    kind = required(responses, "ANSWER")
    if kind not in attempt.details["kinds"]:
        raise RefusalError("InvalidParameter", f"Invalid MFA type {kind}.")
    return chain.begin_mfa(pool, attempt, attempt.known_user, kind)


def answer_setup(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """MFA_SETUP: with the session of VerifySoftwareToken all is done; an e-mail address gets a code first."""
    user = attempt.known_user
    if attempt.details.get("verified"):
        attempt.passed.append("MFA")
        return chain.proceed(pool, attempt, user)
    address = responses.get("EMAIL")
    if not address or "EMAIL_OTP" not in pool.settings.mfa_kinds:
        raise RefusalError(
            "InvalidParameter", "Software token has not been verified, and no EMAIL was given."
        )
    user.attributes["email"] = address
    user.attributes["email_verified"] = "false"
    user.mfa.append("EMAIL_OTP")
    return chain.code_challenge(pool, attempt, user, "EMAIL_OTP", attribute="email")


ANSWERS = {
    "SMS_MFA": answer_code,
    "SMS_OTP": answer_code,
    "EMAIL_OTP": answer_code,
    "SOFTWARE_TOKEN_MFA": answer_software_token,
    "SELECT_MFA_TYPE": answer_selection,
    "MFA_SETUP": answer_setup,
}
