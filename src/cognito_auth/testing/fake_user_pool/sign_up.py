"""SignUp, ConfirmSignUp, ResendConfirmationCode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cognito_auth.testing.fake_user_pool import attributes, checks
from cognito_auth.testing.fake_user_pool.callbacks import SignUpEvent
from cognito_auth.testing.fake_user_pool.outbox import delivery
from cognito_auth.testing.fake_user_pool.wire import RefusalError, Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.outbox import Message
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User
    from cognito_auth.testing.fake_user_pool.wire import Request


def sign_up(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Register a user, who is unconfirmed until the code comes back."""
    client = checks.client_of(pool, given)
    checks.secret_hash(client, given["Username"], given.get("SecretHash"))
    if not pool.settings.allow_sign_up:
        raise RefusalError("NotAuthorized", "SignUp is not permitted for this user pool")
    given_attributes = checks.attributes_of(given.get("UserAttributes"))
    attributes.check_names(given_attributes)
    attributes.check_values(given_attributes)
    attributes.check_required(
        given_attributes, pool.settings.required_attributes - pool.settings.username_attributes
    )
    password = given.get("Password")
    if password is None and not client.allows("ALLOW_USER_AUTH"):
        raise RefusalError("InvalidParameter", "Password is required for this user pool client.")
    if password is not None:
        pool.settings.password_policy.check(password)
    event = SignUpEvent(
        username=given["Username"],
        attributes=given_attributes,
        client_metadata=given.get("ClientMetadata") or {},
    )
    pool.callbacks.before_sign_up(event)
    user = pool.users.add(
        given["Username"], password, given_attributes, "CONFIRMED" if event.confirm else "UNCONFIRMED"
    )
    for name, verified in (("email", event.verify_email), ("phone_number", event.verify_phone_number)):
        if verified and name in user.attributes:
            user.attributes[f"{name}_verified"] = "true"
    message = None if event.confirm else send_confirmation(pool, client, user)
    return {"UserConfirmed": event.confirm, "UserSub": user.sub, **delivery(message)}


def confirm_sign_up(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Confirm a user with the code; the answer's session signs in without a password where USER_AUTH is allowed."""
    client = checks.client_of(pool, given)
    checks.secret_hash(client, given["Username"], given.get("SecretHash"))
    user = pool.users.find(given["Username"])
    if user is None:
        raise _unknown(client, "ExpiredCode", "Invalid code provided, please request a code again.")
    if user.status != "UNCONFIRMED":
        raise RefusalError("NotAuthorized", f"User cannot be confirmed. Current status is {user.status}")
    message = pool.outbox.check(user, "sign-up", given["ConfirmationCode"])
    confirm(pool, user, message, force=bool(given.get("ForceAliasCreation")))
    if client.allows("ALLOW_USER_AUTH"):
        return {"Session": pool.sessions.after_sign_up(client, user)}
    return {}


def resend_confirmation_code(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Send another code; the one before is worth nothing from now on."""
    client = checks.client_of(pool, given)
    checks.secret_hash(client, given["Username"], given.get("SecretHash"))
    user = pool.users.find(given["Username"])
    if user is None:
        if client.prevent_user_existence_errors:
            return {
                "CodeDeliveryDetails": {
                    "Destination": "u***@e***",
                    "DeliveryMedium": "EMAIL",
                    "AttributeName": "email",
                }
            }
        raise RefusalError("UserNotFound", "Username/client id combination not found.")
    if user.status != "UNCONFIRMED":
        raise RefusalError("InvalidParameter", "User is already confirmed.")
    message = send_confirmation(pool, client, user)
    if message is None:
        raise RefusalError("InvalidParameter", "Cannot resend codes. Auto verification not turned on.")
    return delivery(message)


def confirm_by_link(pool: FakeUserPool, request: Request) -> Reply:
    """`GET /confirmUser`: the page behind the link in the message."""
    try:
        _follow(pool, request.parameters())
    except RefusalError as refusal:
        return Reply.html(_PAGE.format("An error was encountered", refusal.message), status=400)
    return Reply.html(_PAGE.format("Confirmed", "Your registration has been confirmed!"))


def _follow(pool: FakeUserPool, asked: dict[str, str]) -> None:
    user = pool.users.find(asked.get("user_name", ""))
    if user is None or user.status != "UNCONFIRMED" or asked.get("client_id") not in pool.clients:
        raise RefusalError("ExpiredCode", "Invalid code provided, please request a code again.")
    confirm(pool, user, pool.outbox.check(user, "sign-up", asked.get("confirmation_code", "")))


def send_confirmation(pool: FakeUserPool, client: Client, user: User) -> Message | None:
    """Send the code (and the link, where the pool confirms by link), to the phone where there is one."""
    for attribute in ("phone_number", "email"):
        if attribute in user.attributes and attribute in pool.settings.auto_verified:
            message = pool.outbox.send(user, "sign-up", attribute)
            if pool.settings.confirmation == "link":
                asked = {
                    "client_id": client.client_id,
                    "user_name": user.username,
                    "confirmation_code": message.code,
                }
                message.link = f"{pool.base_url}/confirmUser?{urlencode(asked)}"
            return message
    return None


def confirm(pool: FakeUserPool, user: User, message: Message, *, force: bool = False) -> None:
    """The user is confirmed, and the address that the code went to is theirs.

    Raises:
        RefusalError: `AliasExists` if it signs somebody else in, and the call does not take it over by force.
    """
    pool.users.claim_alias(user, message.attribute, force=force)
    user.attributes[f"{message.attribute}_verified"] = "true"
    user.status = "CONFIRMED"
    pool.users.touch(user)


def _unknown(client: Client, code: str, message: str) -> RefusalError:
    if client.prevent_user_existence_errors:
        return RefusalError(code, message)
    return RefusalError("UserNotFound", "Username/client id combination not found.")


_PAGE = '<!doctype html><html lang="en"><title>{0}</title><body><h1>{0}</h1><p>{1}</p></body></html>'

OPERATIONS = {
    "SignUp": sign_up,
    "ConfirmSignUp": confirm_sign_up,
    "ResendConfirmationCode": resend_confirmation_code,
}
