"""The operations that need AWS credentials, as far as test suites need them; their signatures are checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import attributes, checks, passwords
from cognito_auth.testing.fake_user_pool.paging import page
from cognito_auth.testing.fake_user_pool.state import random_text
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import User

_FILTER = re.compile(r'\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*')
# The attributes that Cognito can search for; no custom ones.
_SEARCHABLE = frozenset({
    "username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
    "cognito:user_status", "status", "sub",
})  # fmt: skip


def create_user(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """AdminCreateUser: a user with a temporary password, and a message to them unless it is suppressed."""
    _check_pool(pool, given)
    action = given.get("MessageAction")
    if action == "RESEND":
        user = _user(pool, given)
        if user.status != "FORCE_CHANGE_PASSWORD":
            raise RefusalError(
                "UnsupportedUserState", "Resend not possible. User status is not FORCE_CHANGE_PASSWORD"
            )
    else:
        user = _new_user(pool, given)
    if action != "SUPPRESS":
        _invite(pool, user)
    return {"User": _described(user)}


def set_password(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """AdminSetUserPassword: for good, or for one sign-in."""
    _check_pool(pool, given)
    user = _user(pool, given)
    passwords.change(pool, user, given["Password"])
    user.status = "CONFIRMED" if given.get("Permanent") else "FORCE_CHANGE_PASSWORD"
    return {}


def delete_user(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """AdminDeleteUser."""
    _check_pool(pool, given)
    pool.users.remove(_user(pool, given))
    return {}


def list_users(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ListUsers: in pages, with Cognito's small filter language."""
    _check_pool(pool, given)
    fits = _filter(given.get("Filter") or "")
    found = [user for user in pool.users if fits(user)]
    shown, token = page(found, given.get("PaginationToken"), given.get("Limit") or 60)
    wanted = given.get("AttributesToGet")
    return {"Users": [_described(user, wanted) for user in shown], **token("PaginationToken")}


def _new_user(pool: FakeUserPool, given: dict[str, Any]) -> User:
    given_attributes = checks.attributes_of(given.get("UserAttributes"))
    if "sub" in given_attributes:
        raise RefusalError("InvalidParameter", "Cannot modify the non-mutable attribute sub")
    attributes.check_names(set(given_attributes) - attributes.POOLS_OWN)
    attributes.check_values(given_attributes)
    password = given.get("TemporaryPassword")
    if password is not None:
        pool.settings.password_policy.check(password)
    temporary = password or f"{random_text(8)}A1!"
    return pool.users.add(given["Username"], temporary, given_attributes, "FORCE_CHANGE_PASSWORD")


def _invite(pool: FakeUserPool, user: User) -> None:
    attribute = next((name for name in ("phone_number", "email") if name in user.attributes), None)
    if attribute is not None:
        pool.outbox.send(user, "invitation", attribute, code=user.password)


def _filter(text: str) -> Callable[[User], bool]:
    if not text:
        return lambda _: True
    found = _FILTER.fullmatch(text)
    if found is None or found[1] not in _SEARCHABLE:
        raise RefusalError("InvalidParameter", "Error while parsing filter.")
    name, operator, value = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])

    def fits(user: User) -> bool:
        held = _searched(user, name)
        return held.startswith(value) if operator == "^=" else held == value

    return fits


def _searched(user: User, name: str) -> str:
    own = {
        "username": user.username,
        "sub": user.sub,
        "cognito:user_status": user.status,
        "status": "Enabled" if user.enabled else "Disabled",
    }
    return own.get(name) or user.attributes.get(name, "")


def _described(user: User, wanted: list[str] | None = None) -> dict[str, Any]:
    return {
        "Username": user.username,
        "Attributes": [each for each in user.attribute_list() if wanted is None or each["Name"] in wanted],
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def _check_pool(pool: FakeUserPool, given: dict[str, Any]) -> None:
    if given["UserPoolId"] != pool.pool_id:
        raise RefusalError("ResourceNotFound", f"User pool {given['UserPoolId']} does not exist.")


def _user(pool: FakeUserPool, given: dict[str, Any]) -> User:
    user = pool.users.find(given["Username"]) or pool.users.by_sub(given["Username"])
    if user is None:
        raise RefusalError("UserNotFound", "User does not exist.")
    return user


OPERATIONS = {
    "AdminCreateUser": create_user,
    "AdminSetUserPassword": set_password,
    "AdminDeleteUser": delete_user,
    "ListUsers": list_users,
}
