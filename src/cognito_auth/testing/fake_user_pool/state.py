"""What a pool remembers: its users and its app clients."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, Literal

import attrs

DAY = 86_400
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
OIDC_SCOPES = frozenset({"openid", "email", "phone", "profile", ADMIN_SCOPE})
USER_FLOWS = frozenset(
    {
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_USER_AUTH",
        "ALLOW_CUSTOM_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    }
)

MFA_ATTRIBUTES = {"SMS_MFA": "phone_number", "EMAIL_OTP": "email"}

Status = Literal["UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"]


@attrs.define(kw_only=True, eq=False)
class Device:
    """A device that the pool has seen, and once it is confirmed, the verifier of its password."""

    key: str
    group_key: str
    name: str | None = None
    salt: int | None = attrs.field(default=None, repr=False)
    verifier: int | None = attrs.field(default=None, repr=False)
    remembered: bool = False
    created: float
    modified: float
    authenticated: float

    @property
    def confirmed(self) -> bool:
        """Whether `ConfirmDevice` has been called for it."""
        return self.verifier is not None


@attrs.define(kw_only=True, eq=False)
class Passkey:
    """A registered WebAuthn credential."""

    credential_id: bytes
    data: bytes = attrs.field(repr=False)
    sign_count: int
    name: str
    transports: tuple[str, ...]
    attachment: str | None
    created: float


@attrs.define(kw_only=True, eq=False)
class User:
    """A user of the pool."""

    username: str
    sub: str
    password: str | None = attrs.field(repr=False)
    srp_salt: int = attrs.field(factory=lambda: secrets.randbits(128), repr=False)
    status: Status
    attributes: dict[str, str] = attrs.field(factory=dict)
    groups: list[str] = attrs.field(factory=list)
    enabled: bool = True
    created: float
    modified: float
    mfa: list[str] = attrs.field(factory=list)
    preferred_mfa: str | None = None
    totp_secret: str | None = attrs.field(default=None, repr=False)
    totp_name: str = ""
    pending_totp: str | None = attrs.field(default=None, repr=False)
    used_totp: int = -1
    devices: dict[str, Device] = attrs.field(factory=dict)
    passkeys: dict[bytes, Passkey] = attrs.field(factory=dict)
    pending_passkey: Any = attrs.field(default=None, repr=False)
    failures: int = 0
    locked_until: float = 0.0
    password_history: list[str] = attrs.field(factory=list, repr=False)

    def verified(self, attribute: str) -> bool:
        """Whether the user has this attribute (`email`, `phone_number`) and has proved that it is theirs."""
        return attribute in self.attributes and self.attributes.get(f"{attribute}_verified") == "true"

    def attribute_list(self) -> list[dict[str, str]]:
        """The attributes as the wire has them, `sub` first."""
        return [
            {"Name": name, "Value": value} for name, value in {"sub": self.sub, **self.attributes}.items()
        ]


@attrs.define(kw_only=True, eq=False)
class AuthEvent:
    """A sign-in that looked suspicious, about which the user was asked in a message."""

    event_id: str
    sub: str
    feedback_token: str = attrs.field(repr=False)
    feedback: str | None = None


@attrs.define(kw_only=True, eq=False)
class Client:
    """An app client. Lifetimes are in seconds."""

    client_id: str
    name: str
    secrets: list[str] = attrs.field(factory=list, repr=False)
    flows: frozenset[str] | None = None
    oauth_flows: frozenset[str] = frozenset({"code", "client_credentials"})
    scopes: frozenset[str] = frozenset()
    callback_urls: tuple[str, ...] = ()
    logout_urls: tuple[str, ...] = ()
    refresh_rotation: int | None = None
    access_seconds: int = 3600
    id_seconds: int = 3600
    refresh_seconds: int = 30 * DAY
    session_seconds: int = 180
    prevent_user_existence_errors: bool = True
    revocation: bool = True

    @property
    def client_secret(self) -> str | None:
        """The newest secret, or `None` for a public client."""
        return self.secrets[-1] if self.secrets else None

    def add_secret(self) -> str:
        """A second secret beside the first, as for a rotation; the older one still serves."""
        self.secrets.append(new_secret())
        return self.secrets[-1]

    def drop_oldest_secret(self) -> None:
        """Withdraw the older one of two secrets."""
        del self.secrets[0]

    def allows(self, flow: str) -> bool:
        """Whether the client may use this flow (`ALLOW_USER_SRP_AUTH`, …).

        A client that was made without `flows` may use every flow of a user; a flow of its own such as
        `ALLOW_CLIENT_TOKEN_AUTH` too, which Cognito allows only to a client that has no other.
        """
        if self.flows is None:
            return flow != "ALLOW_REFRESH_TOKEN_AUTH" or self.refresh_rotation is None
        return flow in self.flows

    def knows_secret(self, secret: str) -> bool:
        """Whether this is one of the client's secrets."""
        return any(hmac.compare_digest(known.encode(), secret.encode()) for known in self.secrets)

    def knows_hash(self, username: str, given: str) -> bool:
        """Whether this is the secret hash for that user name, made with one of the secrets."""
        return any(hmac.compare_digest(hashed, given.encode()) for hashed in self._hashes(username))

    def _hashes(self, username: str) -> list[bytes]:
        message = (username + self.client_id).encode()
        return [
            base64.b64encode(hmac.digest(known.encode(), message, hashlib.sha256)) for known in self.secrets
        ]


def new_client_id() -> str:
    """26 characters, as Cognito's."""
    return random_text(26)


def new_secret() -> str:
    """51 characters, as Cognito's."""
    return random_text(51)


def random_text(length: int) -> str:
    """So many lower-case letters and digits."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))
