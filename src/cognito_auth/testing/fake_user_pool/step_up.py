"""Step-up: USER_AUTH with `TARGET_ACR_VALUES`, `ACCESS_TOKEN` and `MAX_AGE` in its parameters.

The pool knows the levels in its settings, and any where none is set; the tokens of the new sign-in carry as `acr` the
first one that it knows. It gives no credit for what an older token has proved, so `MAX_AGE` has nothing to take away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt


def read_step_up(pool: FakeUserPool, attempt: Attempt, parameters: dict[str, str]) -> None:
    """Note the level that a sign-in is to reach: the first one that the pool knows.

    Raises:
        RefusalError: `InvalidParameter` where no level is known, a token comes without levels, or `MAX_AGE` is not a
            number; `NotAuthorized` where the token is another user's.
    """
    levels = parameters.get("TARGET_ACR_VALUES", "").split()
    token = parameters.get("ACCESS_TOKEN")
    if not parameters.get("MAX_AGE", "0").isdecimal():
        raise RefusalError("InvalidParameter", "MAX_AGE must be an integer.")
    if token is not None:
        if not levels:
            raise RefusalError("InvalidParameter", "ACCESS_TOKEN requires TARGET_ACR_VALUES.")
        if checks.caller_of(pool, token).user is not attempt.user:
            raise RefusalError("NotAuthorized", "Access Token does not belong to the user.")
    if levels:
        known = pool.settings.acr_values or levels
        attempt.acr = next((level for level in levels if level in known), None)
        if attempt.acr is None:
            raise RefusalError("InvalidParameter", "None of TARGET_ACR_VALUES is valid.")
