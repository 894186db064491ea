"""What the user-pool operations return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import attrs

from cognito_auth._values import Secretive, redacted


@attrs.frozen(kw_only=True)
class CodeDelivery:
    """Where a code was sent.

    Attributes:
        destination: The address, masked by the service (``"a***@e***"``).
        medium: ``"EMAIL"`` or ``"SMS"``.
        attribute: The attribute that holds the address, such as ``"email"``.
    """

    destination: str | None
    medium: str | None
    attribute: str | None

    @classmethod
    def from_wire(cls, details: Mapping[str, Any] | None) -> Self | None:
        """From ``CodeDeliveryDetailsType``."""
        if not details:
            return None
        return cls(
            destination=details.get("Destination"),
            medium=details.get("DeliveryMedium"),
            attribute=details.get("AttributeName"),
        )


@attrs.frozen(kw_only=True)
class SignUpReceipt(Secretive):
    """A new user.

    Attributes:
        user_id: The user's ``sub``.
        confirmed: Whether the user can sign in at once.
        delivery: Where the confirmation code was sent, if one was.
        session: Signs the user in after ``confirm_sign_up`` without asking again, where the pool allows that.
    """

    user_id: str
    confirmed: bool
    delivery: CodeDelivery | None = None
    session: str | None = attrs.field(default=None, repr=redacted)
