"""CUSTOM_AUTH: a conversation that three Python functions lead, in the place of the three Lambda triggers.

<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import chain, password_sign_in, passwords
from cognito_auth.testing.fake_user_pool.callbacks import ChallengeResult, CustomAuthEvent
from cognito_auth.testing.fake_user_pool.checks import required
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User

LONGEST = 16


def begin(pool: FakeUserPool, attempt: Attempt, parameters: dict[str, str]) -> dict[str, Any]:
    """The first challenge; with `CHALLENGE_NAME=SRP_A` it is a proof of the password."""
    if pool.callbacks.define_auth_challenge is None:
        raise RefusalError(
            "InvalidParameter", "Custom auth lambda trigger is not configured for the user pool."
        )
    if parameters.get("CHALLENGE_NAME") == "SRP_A":
        attempt.srp_a = required(parameters, "SRP_A")
        attempt.history.append(ChallengeResult("SRP_A", passed=True))
    return _next(pool, attempt, attempt.known_user)


def after_srp(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    """The password was proved: what the functions say next."""
    attempt.history.append(ChallengeResult("PASSWORD_VERIFIER", passed=True))
    return _next(pool, attempt, user)


def answer(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """CUSTOM_CHALLENGE."""
    user = attempt.known_user
    given = required(responses, "ANSWER")
    passed = pool.callbacks.verify(_event(attempt, user), given, attempt.details["private"])
    attempt.history.append(ChallengeResult("CUSTOM_CHALLENGE", passed=passed))
    return _next(pool, attempt, user)


def _next(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    event = _event(attempt, user)
    decision = pool.callbacks.define(event)
    if decision == "ISSUE_TOKENS":
        return chain.finish(pool, attempt, user)
    if decision == "FAIL" or len(attempt.history) >= LONGEST:
        raise passwords.wrong()
    if decision == "PASSWORD_VERIFIER" and attempt.srp_a is not None:
        return password_sign_in.begin_srp(pool, attempt, attempt.srp_a)
    if decision != "CUSTOM_CHALLENGE":
        raise RefusalError("InvalidLambdaResponse", f"Unrecognizable lambda output: {decision!r}")
    public, private = pool.callbacks.create(event)
    return chain.challenge(
        pool, attempt, "CUSTOM_CHALLENGE", {**public, "USERNAME": user.username}, private=private
    )


def _event(attempt: Attempt, user: User) -> CustomAuthEvent:
    return CustomAuthEvent(user=user, history=tuple(attempt.history), client_metadata=attempt.metadata)


ANSWERS = {"CUSTOM_CHALLENGE": answer}
