"""USER_AUTH: the user chooses how to sign in.

<https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html>
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import chain, passkeys, password_sign_in, passwords
from cognito_auth.testing.fake_user_pool.checks import required
from cognito_auth.testing.fake_user_pool.sessions import AFTER_SIGN_UP
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import Client, User

Start = Callable[["FakeUserPool", "Attempt", dict[str, str]], dict[str, Any]]
_OTP_ATTRIBUTES = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}


def begin(pool: FakeUserPool, attempt: Attempt, wishes: dict[str, str]) -> dict[str, Any]:
    """Go on with the preferred way if the user has it; else let the user choose."""
    available = ways(pool, attempt.user)
    preferred = wishes.get("PREFERRED_CHALLENGE")
    if preferred in available:
        return STARTS[preferred](pool, attempt, wishes)
    parameters, state = {}, None
    if "WEB_AUTHN" in available:
        parameters["CREDENTIAL_REQUEST_OPTIONS"], state = passkeys.request_options(pool, attempt.known_user)
    asked = chain.challenge(pool, attempt, "SELECT_CHALLENGE", parameters, ways=available, state=state)
    return {**asked, "AvailableChallenges": available}


def after_sign_up(pool: FakeUserPool, client: Client, name: str, session: str) -> dict[str, Any]:
    """The session of ConfirmSignUp signs the user in who was confirmed with it."""
    attempt = pool.sessions.take(session, client, AFTER_SIGN_UP)
    user = attempt.known_user
    if pool.users.find(name) is not user:
        raise RefusalError("NotAuthorized", "Invalid session for the user.")
    return chain.finish(pool, attempt, user)


def ways(pool: FakeUserPool, user: User | None) -> list[str]:
    """How a user can sign in; with MFA only by password, and so does a name that nobody has.

    Raises:
        RefusalError: `NotAuthorized` for a user who has no way at all.
    """
    if user is None:
        return ["PASSWORD_SRP", "PASSWORD"]
    allowed = pool.settings.first_factors
    found = []
    if not chain.mfa_kinds(pool, user) and pool.settings.mfa != "ON":
        found += ["WEB_AUTHN"] * bool(user.passkeys)
        found += [name for name, attribute in _OTP_ATTRIBUTES.items() if user.verified(attribute)]
    found = [name for name in found if name in allowed]
    if user.password is not None:
        found += ["PASSWORD_SRP", "PASSWORD"]
    if not found:
        raise passwords.wrong()
    return found


def answer_selection(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """SELECT_CHALLENGE: the way, with its answer at once or without."""
    chosen = required(responses, "ANSWER")
    if chosen not in attempt.details["ways"]:
        raise RefusalError("InvalidParameter", f"{chosen} is not an available challenge.")
    return STARTS[chosen](pool, attempt, responses)


def start_password(pool: FakeUserPool, attempt: Attempt, given: dict[str, str]) -> dict[str, Any]:
    """PASSWORD."""
    if "PASSWORD" in given:
        return password_sign_in.with_password(pool, attempt, given["PASSWORD"])
    return chain.challenge(pool, attempt, "PASSWORD", {})


def start_srp(pool: FakeUserPool, attempt: Attempt, given: dict[str, str]) -> dict[str, Any]:
    """PASSWORD_SRP."""
    if "SRP_A" in given:
        return password_sign_in.begin_srp(pool, attempt, given["SRP_A"])
    return chain.challenge(pool, attempt, "PASSWORD_SRP", {})


def start_code(pool: FakeUserPool, attempt: Attempt, name: str) -> dict[str, Any]:
    """EMAIL_OTP and SMS_OTP: a message goes out."""
    return chain.code_challenge(pool, attempt, attempt.known_user, name, attribute=_OTP_ATTRIBUTES[name])


def start_passkey(pool: FakeUserPool, attempt: Attempt, given: dict[str, str]) -> dict[str, Any]:
    """WEB_AUTHN: the assertion at once, if it came with the choice; else options to sign."""
    if "CREDENTIAL" in given:
        return answer_passkey(pool, attempt, given)
    options, state = passkeys.request_options(pool, attempt.known_user)
    return chain.challenge(pool, attempt, "WEB_AUTHN", {"CREDENTIAL_REQUEST_OPTIONS": options}, state=state)


def answer_password(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """PASSWORD, answered after it was chosen."""
    return password_sign_in.with_password(pool, attempt, required(responses, "PASSWORD"))


def answer_srp(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """PASSWORD_SRP, answered after it was chosen."""
    return password_sign_in.begin_srp(pool, attempt, required(responses, "SRP_A"))


def answer_passkey(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """WEB_AUTHN: the assertion."""
    user = attempt.known_user
    passkeys.check_assertion(pool, user, attempt.details.get("state"), required(responses, "CREDENTIAL"))
    attempt.passed.append("MFA")
    return chain.proceed(pool, attempt, user)


STARTS: dict[str, Start] = {
    "PASSWORD": start_password,
    "PASSWORD_SRP": start_srp,
    "EMAIL_OTP": lambda pool, attempt, _: start_code(pool, attempt, "EMAIL_OTP"),
    "SMS_OTP": lambda pool, attempt, _: start_code(pool, attempt, "SMS_OTP"),
    "WEB_AUTHN": start_passkey,
}

ANSWERS = {
    "SELECT_CHALLENGE": answer_selection,
    "PASSWORD": answer_password,
    "PASSWORD_SRP": answer_srp,
    "WEB_AUTHN": answer_passkey,
}
