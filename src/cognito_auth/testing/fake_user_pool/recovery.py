"""ForgotPassword, ConfirmForgotPassword, ChangePassword."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, passwords
from cognito_auth.testing.fake_user_pool.outbox import delivery
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

NOBODYS_DETAILS = {"Destination": "u***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def forgot_password(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Send a code to a verified address, the phone first."""
    client = checks.client_of(pool, given)
    checks.secret_hash(client, given["Username"], given.get("SecretHash"))
    user = passwords.user_for_sign_in(pool, client, given["Username"])
    if user is None:
        return {"CodeDeliveryDetails": NOBODYS_DETAILS}
    if not user.enabled:
        raise RefusalError("NotAuthorized", "User is disabled.")
    if user.status == "FORCE_CHANGE_PASSWORD":
        raise RefusalError("NotAuthorized", "User password cannot be reset in the current state.")
    for attribute in ("phone_number", "email"):
        if user.verified(attribute):
            return delivery(pool.outbox.send(user, "forgot-password", attribute))
    message = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    raise RefusalError("InvalidParameter", message)


def confirm_forgot_password(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Set a new password with the code; it also confirms the user."""
    client = checks.client_of(pool, given)
    checks.secret_hash(client, given["Username"], given.get("SecretHash"))
    user = passwords.user_for_sign_in(pool, client, given["Username"])
    if user is None:
        raise RefusalError("ExpiredCode", "Invalid code provided, please request a code again.")
    pool.settings.password_policy.check(given["Password"])
    message = pool.outbox.check(user, "forgot-password", given["ConfirmationCode"])
    try:
        passwords.change(pool, user, given["Password"])
    except RefusalError:
        message.used = False
        raise
    user.status = "CONFIRMED"
    return {}


def change_password(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Set a new password with the old one; users who have none, as with passkeys, give none."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    passwords.refuse_if_locked(pool, user)
    previous = given.get("PreviousPassword")
    if user.password is not None and not (
        previous is not None and hmac.compare_digest(previous.encode(), user.password.encode())
    ):
        raise passwords.failed(pool, user)
    passwords.change(pool, user, given["ProposedPassword"])
    return {}


OPERATIONS = {
    "ForgotPassword": forgot_password,
    "ConfirmForgotPassword": confirm_forgot_password,
    "ChangePassword": change_password,
}
