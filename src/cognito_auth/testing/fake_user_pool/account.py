"""What users do with their own account, with an access token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool


def get_user(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """The user's name, attributes and MFA settings."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    found: dict[str, Any] = {"Username": user.username, "UserAttributes": user.attribute_list()}
    if user.preferred_mfa is not None:
        found["PreferredMfaSetting"] = user.preferred_mfa
    if user.mfa:
        found["UserMFASettingList"] = list(user.mfa)
    return found


OPERATIONS = {
    "GetUser": get_user,
}
