"""Checking a password, and locking out who guesses.

After five wrong passwords the user is locked for a second, then for twice as long each time, up to about 15 minutes.
<https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior>
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool.checks import may_go_on
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User

FREE_FAILURES = 5
LONGEST_LOCK = 900.0
WRONG = "Incorrect username or password."


def wrong() -> RefusalError:
    """The one answer to a wrong name, password or proof."""
    return RefusalError("NotAuthorized", WRONG)


def user_for_sign_in(pool: FakeUserPool, client: Client, name: str) -> User | None:
    """The user who wants to sign in; `None` where nobody has this name and the client hides who exists.

    Raises:
        RefusalError: `UserNotFound` where the client does not.
    """
    user = pool.users.find(name)
    if user is None and not client.prevent_user_existence_errors:
        raise RefusalError("UserNotFound", "User does not exist.")
    return user


def check(pool: FakeUserPool, user: User, password: str) -> None:
    """Check the password, count failures, and refuse users who may not sign in.

    Raises:
        RefusalError: `NotAuthorized` for a wrong password or too many of them.
    """
    refuse_if_locked(pool, user)
    if user.password is None or not hmac.compare_digest(user.password.encode(), password.encode()):
        raise failed(pool, user)
    passed(user)


def refuse_if_locked(pool: FakeUserPool, user: User) -> None:
    """Refuse a user who is locked out just now."""
    if pool.clock.now() < user.locked_until:
        raise RefusalError("NotAuthorized", "Password attempts exceeded")


def failed(pool: FakeUserPool, user: User) -> RefusalError:
    """Count a failure; the answer to raise."""
    user.failures += 1
    if user.failures >= FREE_FAILURES:
        lock = min(LONGEST_LOCK, 2.0 ** (user.failures - FREE_FAILURES))
        user.locked_until = pool.clock.now() + lock
    return wrong()


def passed(user: User) -> None:
    """The password was right: forget the failures, and see whether the user may go on."""
    user.failures, user.locked_until = 0, 0.0
    may_go_on(user)


def change(pool: FakeUserPool, user: User, password: str) -> None:
    """Give the user a new password.

    Raises:
        RefusalError: `InvalidPassword` or `PasswordHistoryPolicyViolation`.
    """
    policy = pool.settings.password_policy
    policy.check(password)
    former = [*user.password_history, *([user.password] if user.password is not None else [])]
    if policy.history and password in former[-policy.history :]:
        raise RefusalError("PasswordHistoryPolicyViolation", "Password has previously been used.")
    user.password_history = former[-24:]
    user.password = password
    user.failures, user.locked_until = 0, 0.0
    pool.users.touch(user)
