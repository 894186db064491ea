"""The messages that the pool would have sent, for the test to read."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import User

Purpose = Literal["sign-up", "forgot-password", "attribute", "sign-in", "invitation"]
MEDIA = {"email": "EMAIL", "phone_number": "SMS"}
WRONG_CODES = 5


@attrs.define(kw_only=True, eq=False)
class Message:
    """One message to a user: what it is for, where it went and the code (or link) in it."""

    sub: str
    username: str
    purpose: Purpose
    attribute: str
    destination: str
    code: str
    link: str | None = None
    sent: float
    used: bool = False
    failures: int = 0

    @property
    def medium(self) -> str:
        """`EMAIL` or `SMS`."""
        return MEDIA[self.attribute]

    def details(self) -> dict[str, str]:
        """As `CodeDeliveryDetails`, the destination masked as Cognito masks it."""
        return {
            "Destination": masked(self.destination),
            "DeliveryMedium": self.medium,
            "AttributeName": self.attribute,
        }


class Outbox:
    """Every message, oldest first, and the checking of the codes in them."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool
        self._messages: list[Message] = []

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._messages))

    def __len__(self) -> int:
        return len(self._messages)

    def __getitem__(self, index: int) -> Message:
        return self._messages[index]

    def send(self, user: User, purpose: Purpose, attribute: str, *, code: str | None = None) -> Message:
        """Send a fresh code (or this one); an older one for the same purpose is worth nothing from now on."""
        for older in self._messages:
            if (older.sub, older.purpose, older.attribute) == (user.sub, purpose, attribute):
                older.used = True
        message = Message(
            sub=user.sub,
            username=user.username,
            purpose=purpose,
            attribute=attribute,
            destination=user.attributes[attribute],
            code=code or f"{secrets.randbelow(1_000_000):06}",
            sent=self._pool.clock.now(),
        )
        self._messages.append(message)
        return message

    def latest(self, user: User, purpose: Purpose | None = None) -> Message | None:
        """The newest message to this user, or the newest for this purpose."""
        found = (
            each
            for each in reversed(self._messages)
            if each.sub == user.sub and purpose in {None, each.purpose}
        )
        return next(found, None)

    def check(self, user: User, purpose: Purpose, code: str, *, attribute: str | None = None) -> Message:
        """Take a code; it serves once.

        Raises:
            RefusalError: `CodeMismatch`, `ExpiredCode`, or `TooManyFailedAttempts` after several wrong codes.
        """
        message = self._open(user, purpose, attribute)
        if message is None or self._pool.clock.now() >= message.sent + self._pool.settings.code_seconds:
            raise RefusalError("ExpiredCode", "Invalid code provided, please request a code again.")
        if message.failures >= WRONG_CODES:
            raise RefusalError("TooManyFailedAttempts", "Attempt limit exceeded, please try after some time.")
        if not secrets.compare_digest(message.code.encode(), code.encode()):
            message.failures += 1
            raise RefusalError("CodeMismatch", "Invalid verification code provided, please try again.")
        message.used = True
        return message

    def _open(self, user: User, purpose: Purpose, attribute: str | None) -> Message | None:
        for message in reversed(self._messages):
            if (
                message.sub == user.sub
                and message.purpose == purpose
                and attribute in {None, message.attribute}
            ):
                return None if message.used else message
        return None


class Codes(Mapping[str, str]):
    """The latest code that each user was sent: `pool.codes["ann"]`."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool

    def __getitem__(self, name: str) -> str:
        user = self._pool.users[name]
        message = self._pool.outbox.latest(user)
        if message is None:
            raise KeyError(f"no code was sent to {name!r}: a code needs an e-mail address or a phone number")
        return message.code

    def __iter__(self) -> Iterator[str]:
        return (user.username for user in self._pool.users if self._pool.outbox.latest(user) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def masked(destination: str) -> str:
    """`a***@e***` for an e-mail address, `+*******1234` for a phone number."""
    name, at, host = destination.partition("@")
    return f"{name[:1]}***@{host[:1]}***" if at else f"+*******{destination[-4:]}"


def delivery(message: Message | None) -> dict[str, Any]:
    """`CodeDeliveryDetails`, where something was delivered."""
    return {} if message is None else {"CodeDeliveryDetails": message.details()}
