"""What users do with their own account, with an access token: look, change attributes, delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import attributes, checks
from cognito_auth.testing.fake_user_pool.outbox import MEDIA
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import User


def get_user(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """GetUser: the user's name, attributes and MFA settings."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    return {"Username": user.username, "UserAttributes": user.attribute_list(), **mfa_settings(user)}


def mfa_settings(user: User) -> dict[str, Any]:
    """The user's kinds of MFA and which one comes first, where there are any."""
    found: dict[str, Any] = {}
    if user.preferred_mfa is not None:
        found["PreferredMfaSetting"] = user.preferred_mfa
    if user.mfa:
        found["UserMFASettingList"] = list(user.mfa)
    return found


def update_attributes(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """UpdateUserAttributes: a new address has to be verified again, and its code goes out at once."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    changes = checks.attributes_of(given["UserAttributes"])
    attributes.check_names(changes)
    attributes.check_values(changes)
    for name, value in changes.items():
        pool.users.refuse_taken(user, name, value)
    details = []
    for name, value in changes.items():
        if user.attributes.get(name) == value:
            continue
        user.attributes[name] = value
        if name in MEDIA:
            user.attributes[f"{name}_verified"] = "false"
            if name in pool.settings.auto_verified:
                details.append(pool.outbox.send(user, "attribute", name).details())
    pool.users.touch(user)
    return {"CodeDeliveryDetailsList": details}


def delete_attributes(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """DeleteUserAttributes."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    names = given["UserAttributeNames"]
    required = sorted(pool.settings.required_attributes.intersection(names))
    if required:
        raise RefusalError("InvalidParameter", f"Cannot delete required attribute {required[0]}.")
    attributes.check_names(names)
    for name in names:
        user.attributes.pop(name, None)
        user.attributes.pop(f"{name}_verified", None)
    pool.users.touch(user)
    return {}


def send_attribute_code(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """GetUserAttributeVerificationCode."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    name = given["AttributeName"]
    if name not in MEDIA or name not in user.attributes:
        raise RefusalError("InvalidParameter", f"Attribute {name} cannot be verified.")
    return {"CodeDeliveryDetails": pool.outbox.send(user, "attribute", name).details()}


def verify_attribute(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """VerifyUserAttribute."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    message = pool.outbox.check(user, "attribute", given["Code"], attribute=given["AttributeName"])
    pool.users.claim_alias(user, message.attribute)
    user.attributes[f"{message.attribute}_verified"] = "true"
    pool.users.touch(user)
    return {}


def delete_user(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """DeleteUser."""
    pool.users.remove(checks.caller_of(pool, given["AccessToken"]).user)
    return {}


OPERATIONS = {
    "GetUser": get_user,
    "UpdateUserAttributes": update_attributes,
    "DeleteUserAttributes": delete_attributes,
    "GetUserAttributeVerificationCode": send_attribute_code,
    "VerifyUserAttribute": verify_attribute,
    "DeleteUser": delete_user,
}
