"""What the user-pool operations take and return."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from cognito_auth import _seal
from cognito_auth._values import Secretive, redacted
from cognito_auth.app_client import AppClient


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


@attrs.frozen(kw_only=True)
class MfaOption:
    """A text message as second factor, as pools had it before there were preferences.

    Attributes:
        attribute: The attribute that holds the number: ``"phone_number"``.
        medium: ``"SMS"``.
    """

    attribute: str | None
    medium: str | None = "SMS"


@attrs.frozen(kw_only=True)
class User:
    """A user, as ``get_user`` tells it.

    Attributes:
        username: The internal name: the ``username`` claim of the user's access tokens.
        attributes: By name, such as ``"sub"`` and ``"email"``; read-only. Values are texts, ``"true"`` too.
        preferred_mfa: The second factor that is asked for first, such as ``"SOFTWARE_TOKEN_MFA"``.
        mfa_methods: Every second factor that is switched on.
        mfa_options: The older kind of text-message factor.
    """

    username: str
    attributes: Mapping[str, str]
    preferred_mfa: str | None = None
    mfa_methods: tuple[str, ...] = ()
    mfa_options: tuple[MfaOption, ...] = ()


@attrs.frozen(kw_only=True)
class AuthFactors:
    """What a user can sign in with.

    Attributes:
        username: The internal name.
        first_factors: Such as ``"PASSWORD"``, ``"EMAIL_OTP"`` or ``"WEB_AUTHN"``.
        preferred_mfa: The second factor that is asked for first.
        mfa_methods: Every second factor that is switched on.
    """

    username: str
    first_factors: tuple[str, ...] = ()
    preferred_mfa: str | None = None
    mfa_methods: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class AuthenticatorSecret(Secretive):
    """The secret of a new authenticator (RFC 6238), to be shown to its user once and confirmed with a code.

    Attributes:
        secret: Base32, for typing in.
    """

    secret: str = attrs.field(repr=redacted)

    def uri(self, *, account: str, issuer: str) -> str:
        """The ``otpauth://`` address to show as a QR code. It holds the secret.

        Args:
            account: Whose, as the authenticator shall show it: ``"ann@example.com"``.
            issuer: Where, as the authenticator shall show it: ``"Example Ltd"``.

        https://github.com/google/google-authenticator/wiki/Key-Uri-Format
        """
        return otpauth_uri(self.secret, account=account, issuer=issuer)


def otpauth_uri(secret: str, *, account: str, issuer: str | None) -> str:
    """The address that an authenticator reads; a colon would end the issuer's part of the label."""
    label, query = quote(account, safe="@"), {"secret": secret}
    if issuer is not None:
        label = f"{quote(issuer.replace(':', ''), safe='')}:{label}"
        query["issuer"] = issuer
    return f"otpauth://totp/{label}?{urlencode(query, quote_via=quote)}"


@attrs.frozen(kw_only=True)
class WebAuthnCredential:
    """A passkey of a user.

    Attributes:
        credential_id: Base64url.
        name: As the user's device calls it.
        relying_party_id: The domain that it is for.
        attachment: ``"platform"``, ``"cross-platform"``, or ``None``.
        transports: Such as ``"internal"`` or ``"hybrid"``.
        created_at: When it was registered.
    """

    credential_id: str
    name: str | None
    relying_party_id: str | None
    attachment: str | None = None
    transports: tuple[str, ...] = ()
    created_at: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class UserSession:
    """One of the places where a user is signed in, in a pool that tracks them.

    Attributes:
        session_id: 28 characters; what ``revoke_user_session`` takes.
        kind: ``"TOKEN"``, or ``"SSO"`` for the one of managed login that others come from.
        client_id: The app client that was signed in to.
        created_at: When.
        last_active_at: When it was last used.
        device_type: What the browser or program calls itself.
        ip_address: From where, last.
        city: Where that is.
        country: Where that is.
        origin_session_id: The single sign-on session that it came from.
        is_current: Whether the access token that asked belongs to it.
    """

    session_id: str
    kind: str | None = None
    client_id: str | None = None
    created_at: datetime.datetime | None = None
    last_active_at: datetime.datetime | None = None
    device_type: str | None = None
    ip_address: str | None = None
    city: str | None = None
    country: str | None = None
    origin_session_id: str | None = None
    is_current: bool = False


@attrs.frozen(kw_only=True)
class RememberedDevice:
    """A device as the pool knows it.

    Attributes:
        key: ``DeviceKey``.
        attributes: By name, such as ``"device_name"`` and ``"last_ip_used"``; read-only.
        created_at: When it was confirmed.
        modified_at: When its record changed last.
        last_authenticated_at: When it was signed in from last.
    """

    key: str
    attributes: Mapping[str, str]
    created_at: datetime.datetime | None = None
    modified_at: datetime.datetime | None = None
    last_authenticated_at: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class DerivedToken(Secretive):
    """A token that was exchanged for another one (RFC 8693).

    Attributes:
        token: The token.
        kind: ``"ACCESS_TOKEN"`` or ``"ID_TOKEN"``.
        token_type: ``"Bearer"``, or ``"N_A"`` where it cannot be presented to an API.
        expires_at: When it ends, aware; ``None`` where the answer does not say.
        scopes: What was granted: at most what both the subject token and the app client have.
    """

    token: str = attrs.field(repr=redacted)
    kind: str
    token_type: str
    expires_at: datetime.datetime | None = None
    scopes: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Device(Secretive):
    """A device that signs in without a second factor; keep it where the user's secrets are kept.

    Attributes:
        key: ``DeviceKey``.
        group_key: ``DeviceGroupKey``.
        secret: What proves the device. It was made here, and the service never sees it.
        needs_user_choice: The pool lets the user decide: ask, then ``update_device_status(remembered=True)``.
    """

    key: str
    group_key: str
    secret: str = attrs.field(repr=redacted)
    needs_user_choice: bool = False
    owner: str = attrs.field(repr=False)

    @property
    def identity(self) -> str:
        """What its proofs are about."""
        return self.group_key + self.key

    def to_sealed(self) -> dict[str, Any]:
        """Its members, to be sealed: they hold the secret."""
        return attrs.asdict(self, filter=lambda field, _: field.name != "owner")

    def dumps(self, key: _seal.SealKey) -> str:
        """The device as a sealed text, for a cookie, a file or a database.

        Args:
            key: 16, 24 or 32 random bytes, or several such keys: the first seals.

        Raises:
            UsageError: A key has another length.
        """
        return _seal.seal(self.to_sealed(), key=key, kind="device", bound_to=self.owner)

    @classmethod
    def loads(cls, text: str, key: _seal.SealKey, *, app: AppClient) -> Device:
        """The device that :meth:`dumps` sealed. It does not expire.

        Args:
            text: The sealed text.
            key: The key, or the key ring: any of them may have sealed it.
            app: The app client that the device was confirmed for.

        Raises:
            SealRejected: It was altered, sealed with another key, or for another user pool or app client.
            UsageError: A key has the wrong length.
        """
        owner = _seal.owner_of(app)
        content = _seal.unseal(text, key=key, kind="device", bound_to=owner, lifetime=None)
        return cls(**content, owner=owner)
