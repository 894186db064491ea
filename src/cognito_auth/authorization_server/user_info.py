"""What the user-info endpoint says of a user."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

import attrs

from cognito_auth._runtime.http import Reply
from cognito_auth.authorization_server import wire


@attrs.frozen(kw_only=True)
class UserInfo:
    """A user's attributes, as far as the access token's scopes open them.

    Attributes:
        sub: The user's permanent id.
        username: The user's name in the pool.
        email: ``None`` where the scope ``email`` is missing or there is none.
        email_verified: Whether the user has proved that it is theirs. Cognito writes a text here; this is not one.
        phone_number: ``None`` where the scope ``phone`` is missing or there is none.
        phone_number_verified: Whether the user has proved that it is theirs.
        raw: Every attribute under its own name, as it came; read-only.
    """

    sub: str
    username: str | None
    email: str | None = attrs.field(repr=False)
    email_verified: bool
    phone_number: str | None = attrs.field(repr=False)
    phone_number_verified: bool
    raw: Mapping[str, Any] = attrs.field(repr=False, eq=False)

    @classmethod
    def from_wire(cls, reply: Reply, content: Mapping[str, Any]) -> Self:
        """The attributes of an answer.

        Raises:
            UnexpectedReply: It has no ``sub``, or a member has the wrong type.
        """
        texts = {name: content.get(name) for name in ("sub", "username", "email", "phone_number")}
        for name, value in texts.items():
            if not (value is None or isinstance(value, str)):
                wire.unexpected(reply, f"{name!r} is not a text")
        sub = texts["sub"]
        if not sub:
            wire.unexpected(reply, "the answer has no 'sub'")
        return cls(
            sub=sub,
            username=texts["username"],
            email=texts["email"],
            email_verified=_is_true(content.get("email_verified")),
            phone_number=texts["phone_number"],
            phone_number_verified=_is_true(content.get("phone_number_verified")),
            raw=MappingProxyType(dict(content)),
        )


def _is_true(value: object) -> bool:
    return value is True or value == "true"
