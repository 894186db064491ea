"""ListUserSessions, RevokeUserSession, UpdateAuthEventFeedback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.paging import page
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.refresh_tokens import Sitting

PAGE = 10


def list_sessions(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ListUserSessions: the user's live sittings, the newest first."""
    caller = checks.caller_of(pool, given["AccessToken"])
    _check_tracked(pool)
    live = sorted(pool.sittings.of_user(caller.user), key=lambda sitting: -sitting.used)
    shown, token = page(live, given.get("NextToken"), PAGE)
    return {
        "Sessions": [_described(sitting, current=sitting is caller.sitting) for sitting in shown],
        **token("NextToken"),
    }


def revoke_session(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """RevokeUserSession: end another sitting of the user, never one's own."""
    caller = checks.caller_of(pool, given["AccessToken"])
    _check_tracked(pool)
    if given["SessionId"] == caller.sitting.session_id:
        raise RefusalError("InvalidParameter", "Cannot revoke the session of the access token.")
    for sitting in pool.sittings.of_user(caller.user):
        if sitting.session_id == given["SessionId"]:
            sitting.revoked = True
            return {}
    raise RefusalError("ResourceNotFound", "Session does not exist.")


def feedback(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """UpdateAuthEventFeedback: what the user says of an event that looked suspicious."""
    if given["UserPoolId"] != pool.pool_id:
        raise RefusalError("ResourceNotFound", f"User pool {given['UserPoolId']} does not exist.")
    if not pool.settings.threat_protection:
        raise RefusalError("UserPoolAddOnNotEnabled", "Threat protection is not enabled for the user pool.")
    user = pool.users.find(given["Username"])
    if user is None:
        raise RefusalError("UserNotFound", "User does not exist.")
    event = pool.auth_events.get(given["EventId"])
    if event is None or event.sub != user.sub or event.feedback_token != given["FeedbackToken"]:
        raise RefusalError("NotAuthorized", "Invalid feedback token.")
    event.feedback = given["FeedbackValue"]
    return {}


def _check_tracked(pool: FakeUserPool) -> None:
    if not pool.settings.track_sessions:
        raise RefusalError("OperationNotEnabled", "Session tracking is not enabled for the user pool.")


def _described(sitting: Sitting, *, current: bool) -> dict[str, Any]:
    return {
        "SessionId": sitting.session_id,
        "SessionType": "TOKEN",
        "ClientId": sitting.client_id,
        "CreateDate": sitting.auth_time,
        "LastActiveDate": sitting.used,
        "IsCurrentSession": current,
    }


OPERATIONS = {
    "ListUserSessions": list_sessions,
    "RevokeUserSession": revoke_session,
    "UpdateAuthEventFeedback": feedback,
}
