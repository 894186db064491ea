"""RespondToAuthChallenge: which function takes the answer to which challenge, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import (
    checks,
    choice,
    custom_auth,
    device_sign_in,
    mfa_sign_in,
    password_sign_in,
)
from cognito_auth.testing.fake_user_pool.sessions import Attempt
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

Answer = Callable[["FakeUserPool", Attempt, dict[str, str]], dict[str, Any]]

ANSWERS: dict[str, Answer] = {
    **password_sign_in.ANSWERS,
    **mfa_sign_in.ANSWERS,
    **choice.ANSWERS,
    **custom_auth.ANSWERS,
    **device_sign_in.ANSWERS,
}
# After these the same session may be answered again; any other refusal has used it up.
AGAIN = frozenset({"CodeMismatch", "InvalidPassword", "InvalidParameter", "PasswordHistoryPolicyViolation"})


def respond_to_auth_challenge(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """Take the answer to a challenge: tokens, or the next challenge."""
    client = checks.client_of(pool, given)
    name = given["ChallengeName"]
    if name not in ANSWERS:
        raise RefusalError("InvalidParameter", f"{name} cannot be answered with RespondToAuthChallenge.")
    responses = given.get("ChallengeResponses") or {}
    username = responses.get("USERNAME")
    if not username:
        raise RefusalError("InvalidParameter", "Missing required parameter USERNAME")
    checks.secret_hash(client, username, responses.get("SECRET_HASH"))
    session = _session(given, responses)
    attempt = pool.sessions.take(session, client, name)
    _check_name(pool, attempt, username)
    attempt.device_key = responses.get("DEVICE_KEY", attempt.device_key)
    attempt.metadata = given.get("ClientMetadata") or {}
    try:
        return ANSWERS[name](pool, attempt, responses)
    except RefusalError as refusal:
        if refusal.code in AGAIN:
            pool.sessions.put_back(session, attempt)
        raise


def _session(given: dict[str, Any], responses: dict[str, str]) -> str:
    """What the sign-in is remembered by: the session, or after USER_SRP_AUTH, which gives none, the secret block."""
    session = given.get("Session")
    if session is not None:
        return str(session)
    if given["ChallengeName"] == "PASSWORD_VERIFIER":
        return responses.get("PASSWORD_CLAIM_SECRET_BLOCK", "")
    raise RefusalError("InvalidParameter", "Missing required parameter Session")


def _check_name(pool: FakeUserPool, attempt: Attempt, username: str) -> None:
    meant = pool.users.find(username)
    if attempt.user is None:
        fits = username == attempt.name
    elif attempt.challenge in {"PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER"}:
        fits = username == attempt.user.username
    else:
        fits = meant is attempt.user
    if not fits:
        raise RefusalError("NotAuthorized", "Invalid session for the user.")


OPERATIONS = {"RespondToAuthChallenge": respond_to_auth_challenge}
