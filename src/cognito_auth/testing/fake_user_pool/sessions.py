"""Unfinished sign-ins: what stands behind the `Session` of a challenge.

A session serves once and lives for the client's session time (3 minutes unless it says otherwise). After a wrong code,
or a new password that is too weak, it may be answered again.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.callbacks import ChallengeResult
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User

AFTER_SIGN_UP = "after ConfirmSignUp"
WRONG_ANSWERS = 5


@attrs.define(kw_only=True, eq=False)
class Attempt:
    """One sign-in under way: who, where, which challenge is open, and what that challenge has to remember.

    `user` is `None` where the pool plays along with a name that nobody has. A `hosted` one goes on at the login page,
    which ends with a code in the place of tokens.
    """

    user: User | None
    client: Client
    flow: str
    name: str
    begun: float
    challenge: str = ""
    details: dict[str, Any] = attrs.field(factory=dict, repr=False)
    passed: list[str] = attrs.field(factory=list)
    history: list[ChallengeResult] = attrs.field(factory=list)
    metadata: dict[str, str] = attrs.field(factory=dict, repr=False)
    srp_a: str | None = None
    device_key: str | None = None
    acr: str | None = None
    wrong_answers: int = 0
    hosted: bool = False

    @property
    def known_user(self) -> User:
        """The user.

        Raises:
            RefusalError: Nobody has this name: the same answer as to a wrong password.
        """
        if self.user is None:
            raise RefusalError("NotAuthorized", "Incorrect username or password.")
        return self.user


class Sessions:
    """Every unfinished sign-in by its session."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool
        self._open: dict[str, Attempt] = {}

    def open(self, attempt: Attempt, challenge: str, *, key: str | None = None, **details: Any) -> str:
        """A new session, in which the attempt waits for the answer to a challenge.

        With `key` it is remembered by that, and no session is made (after USER_SRP_AUTH the secret block serves).
        """
        attempt.challenge = challenge
        attempt.details = details
        attempt.begun = self._pool.clock.now()
        session = key or "AYABe" + secrets.token_urlsafe(400)
        self._open[session] = attempt
        return session

    def after_sign_up(self, client: Client, user: User) -> str:
        """The session that `ConfirmSignUp` gives, for a sign-in without a further challenge."""
        attempt = Attempt(user=user, client=client, flow="USER_AUTH", name=user.username, begun=0.0)
        return self.open(attempt, AFTER_SIGN_UP)

    def take(self, session: str | None, client: Client, challenge: str) -> Attempt:
        """The attempt behind a session, which is used up by this.

        Raises:
            RefusalError: `NotAuthorized` for a session that is unknown, used, expired, of another client or of
                another challenge.
        """
        attempt = self._open.pop(session or "", None)
        if attempt is None or attempt.client is not client or attempt.challenge != challenge:
            raise RefusalError("NotAuthorized", "Invalid session for the user.")
        if self._pool.clock.now() >= attempt.begun + client.session_seconds:
            raise RefusalError("NotAuthorized", "Invalid session for the user, session is expired.")
        return attempt

    def take_any(self, session: str, challenge: str) -> Attempt:
        """The same for operations that do not name the client."""
        attempt = self._open.get(session)
        if attempt is None:
            raise RefusalError("NotAuthorized", "Invalid session for the user.")
        return self.take(session, attempt.client, challenge)

    def put_back(self, session: str, attempt: Attempt) -> None:
        """The answer was wrong but may be given again, a few times."""
        attempt.wrong_answers += 1
        if attempt.wrong_answers < WRONG_ANSWERS:
            self._open[session] = attempt
