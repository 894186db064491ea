"""What the user-pool operations take and return."""

from __future__ import annotations

import attrs

from cognito_auth._values import Secretive, redacted


@attrs.frozen(kw_only=True)
class UserContext(Secretive):
    """Who is at the other end, for the pool's threat protection.

    Args:
        ip_address: The user's address; the service believes it only from an app client with a secret.
        encoded_data: What Cognito's own script or mobile library has collected.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserContextDataType.html
    """

    ip_address: str | None = None
    encoded_data: str | None = attrs.field(default=None, repr=redacted)

    def to_wire(self) -> dict[str, str]:
        """``UserContextDataType``."""
        members = {"IpAddress": self.ip_address, "EncodedData": self.encoded_data}
        return {name: value for name, value in members.items() if value is not None}


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
