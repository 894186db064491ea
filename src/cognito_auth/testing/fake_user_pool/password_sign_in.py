"""Signing in with a password: in plain, by SRP, and the new one that replaces a temporary one."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import chain, checks, custom_auth, passwords, proofs, srp
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User


def with_password(pool: FakeUserPool, attempt: Attempt, password: str) -> dict[str, Any]:
    """Check the plain password and go on."""
    if attempt.user is None:
        raise passwords.wrong()
    passwords.check(pool, attempt.user, password)
    return chain.proceed(pool, attempt, attempt.user)


def begin_srp(
    pool: FakeUserPool, attempt: Attempt, srp_a: str, *, name: str = "PASSWORD_VERIFIER"
) -> dict[str, Any]:
    """Answer `SRP_A` with the challenge to prove the password.

    A name that nobody has gets a challenge like any other, which no proof passes.
    """
    user = attempt.user
    username = attempt.name if user is None else user.username
    if user is not None:
        passwords.refuse_if_locked(pool, user)
    known = user is not None and user.password is not None
    salt = user.srp_salt if user is not None else _salt_of_nobody(pool, username)
    identity = pool.name + username
    password = user.password if user is not None and user.password is not None else f"nobody's {pool.secret}"
    exchange = srp.Exchange.begin(
        identity=identity,
        salt=salt,
        verifier=srp.verifier(identity, password, salt),
        client_public=srp.from_hex(srp_a),
    )
    parameters = {**exchange.parameters(), "USERNAME": username, "USER_ID_FOR_SRP": username}
    if attempt.flow == "USER_SRP_AUTH":
        pool.sessions.open(attempt, name, key=exchange.secret_block, exchange=exchange, known=known)
        return {"ChallengeName": name, "ChallengeParameters": parameters}
    return chain.challenge(pool, attempt, name, parameters, exchange=exchange, known=known)


def answer_verifier(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """PASSWORD_VERIFIER."""
    proved = proofs.check_proof(pool, attempt.details["exchange"], responses)
    user = attempt.user
    if user is None:
        raise passwords.wrong()
    passwords.refuse_if_locked(pool, user)
    if not (proved and attempt.details["known"]):
        raise passwords.failed(pool, user)
    passwords.passed(user)
    return after_password(pool, attempt, user)


def after_password(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    """The password was right: on to the custom challenges where it was their first part, else along the chain."""
    if attempt.flow == "CUSTOM_AUTH":
        return custom_auth.after_srp(pool, attempt, user)
    return chain.proceed(pool, attempt, user)


def answer_new_password(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """NEW_PASSWORD_REQUIRED."""
    user = attempt.known_user
    given = {
        name.removeprefix("userAttributes."): value
        for name, value in responses.items()
        if name.startswith("userAttributes.")
    }
    held = sorted(
        name for name in given if name in user.attributes and name in pool.settings.required_attributes
    )
    if held:
        raise RefusalError("NotAuthorized", f"Cannot modify an already provided {held[0]}")
    missing = [name for name in attempt.details["missing"] if not given.get(name)]
    if missing:
        raise RefusalError("InvalidParameter", f"Missing required attributes: {', '.join(missing)}")
    passwords.change(pool, user, checks.required(responses, "NEW_PASSWORD"))
    user.attributes.update(given)
    user.status = "CONFIRMED"
    pool.users.touch(user)
    return chain.proceed(pool, attempt, user)


def _salt_of_nobody(pool: FakeUserPool, username: str) -> int:
    """The same salt each time, so that it does not tell that nobody has this name."""
    return int.from_bytes(hmac.digest(pool.secret.encode(), username.encode(), hashlib.sha256)[:16], "big")


ANSWERS = {
    "PASSWORD_VERIFIER": answer_verifier,
    "NEW_PASSWORD_REQUIRED": answer_new_password,
}
