"""Passkeys: real WebAuthn, its ceremonies checked with the `fido2` library (extra `testing`).

<https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.keys import b64url
from cognito_auth.testing.fake_user_pool.paging import page
from cognito_auth.testing.fake_user_pool.passwords import wrong
from cognito_auth.testing.fake_user_pool.state import Passkey
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import (
        AttestedCredentialData,
        AuthenticatorData,
        CollectedClientData,
        UserVerificationRequirement,
    )

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import User

PASSKEYS_PER_USER = 20
TIMEOUT_MILLISECONDS = 60_000


def start_registration(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """StartWebAuthnRegistration: options for the browser's `navigator.credentials.create`."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    server = _server(pool)
    from fido2.webauthn import (
        PublicKeyCredentialUserEntity,
        ResidentKeyRequirement,
    )  # an extra, needed here only

    options, user.pending_passkey = server.register_begin(
        PublicKeyCredentialUserEntity(id=user.sub.encode(), name=user.username, display_name=user.username),
        [_credential(passkey) for passkey in user.passkeys.values()],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_verification(pool),
    )
    return {"CredentialCreationOptions": _public_key(options)}


def complete_registration(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """CompleteWebAuthnRegistration: the new credential, checked."""
    from fido2.webauthn import RegistrationResponse  # an extra, needed here only

    user = checks.caller_of(pool, given["AccessToken"]).user
    server = _server(pool)
    state, user.pending_passkey = user.pending_passkey, None
    if state is None:
        raise RefusalError("WebAuthnChallengeNotFound", "No registration has been started.")
    if len(user.passkeys) >= PASSKEYS_PER_USER:
        raise RefusalError("LimitExceeded", "The user has too many passkeys.")
    try:
        response = RegistrationResponse.from_dict(given["Credential"])
        _check_place(
            pool, state, response.response.client_data, response.response.attestation_object.auth_data
        )
        data = server.register_complete(state, response)
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise RefusalError(
            "WebAuthnCredentialNotSupported", f"The credential is not supported: {failure}"
        ) from failure
    _keep(pool, user, data, given["Credential"])
    return {}


def list_credentials(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ListWebAuthnCredentials."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    shown, token = page(list(user.passkeys.values()), given.get("NextToken"), given.get("MaxResults") or 20)
    return {"Credentials": [_described(pool, passkey) for passkey in shown], **token("NextToken")}


def delete_credential(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """DeleteWebAuthnCredential."""
    user = checks.caller_of(pool, given["AccessToken"]).user
    found = [key for key in user.passkeys if b64url(key) == given["CredentialId"]]
    if not found:
        raise RefusalError("ResourceNotFound", "The passkey does not exist.")
    del user.passkeys[found[0]]
    return {}


def request_options(pool: FakeUserPool, user: User) -> tuple[str, Any]:
    """Options for the browser's `navigator.credentials.get`, as a JSON text, and what to check the answer against."""
    options, state = _server(pool).authenticate_begin(
        [_credential(passkey) for passkey in user.passkeys.values()], user_verification=_verification(pool)
    )
    return json.dumps(_public_key(options)), state


def check_assertion(pool: FakeUserPool, user: User, state: Any, credential: str) -> None:
    """Check what the authenticator signed, and that it was not copied.

    Raises:
        RefusalError: `NotAuthorized` for anything but a good assertion.
    """
    from fido2.webauthn import AuthenticationResponse  # an extra, needed here only

    known = [_credential(passkey) for passkey in user.passkeys.values()]
    try:
        response = AuthenticationResponse.from_dict(json.loads(credential))
        used = _server(pool).authenticate_complete(state, known, response)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise wrong() from None
    count = response.response.authenticator_data.counter
    passkey = user.passkeys[used.credential_id]
    if count <= passkey.sign_count and (count or passkey.sign_count):
        raise wrong()
    passkey.sign_count = count


def _server(pool: FakeUserPool) -> Fido2Server:
    try:
        from fido2.server import Fido2Server  # an extra, needed here only
        from fido2.webauthn import PublicKeyCredentialRpEntity
    except ImportError as missing:
        raise ImportError(
            "the fake pool checks passkeys with fido2: pip install 'cognito-auth[testing]'"
        ) from missing
    if "WEB_AUTHN" not in pool.settings.first_factors:
        raise RefusalError("WebAuthnNotEnabled", "Passkeys are not enabled for this user pool.")
    if pool.settings.relying_party is None:
        raise RefusalError("WebAuthnConfigurationMissing", "The user pool has no relying party.")
    party = PublicKeyCredentialRpEntity(id=pool.settings.relying_party, name=pool.settings.relying_party)
    return Fido2Server(party, verify_origin=lambda origin: _may_register(pool, origin))


def _verification(pool: FakeUserPool) -> UserVerificationRequirement:
    from fido2.webauthn import UserVerificationRequirement  # an extra, needed here only

    return UserVerificationRequirement(pool.settings.user_verification)


def _public_key(options: Any) -> dict[str, Any]:
    """The options as browsers take them: JSON, without the envelope."""
    return {**dict(options)["publicKey"], "timeout": TIMEOUT_MILLISECONDS}


def _may_register(pool: FakeUserPool, origin: str) -> bool:
    """Whether an origin is one of the relying party's: of its host or below it, with https unless it is localhost."""
    if pool.settings.passkey_origins:
        return origin in pool.settings.passkey_origins
    parts, party = urlsplit(origin), pool.settings.relying_party
    host = parts.hostname or ""
    return (host == party or host.endswith(f".{party}")) and (parts.scheme == "https" or host == "localhost")


def _check_place(
    pool: FakeUserPool, state: dict[str, str], client_data: CollectedClientData, data: AuthenticatorData
) -> None:
    from fido2.webauthn import PublicKeyCredentialRpEntity  # an extra, needed here only

    if b64url(client_data.challenge) != state["challenge"]:
        raise RefusalError("WebAuthnChallengeNotFound", "The challenge is not the one that was given out.")
    if not _may_register(pool, client_data.origin):
        raise RefusalError("WebAuthnOriginNotAllowed", f"The origin {client_data.origin} is not allowed.")
    party = PublicKeyCredentialRpEntity(id=pool.settings.relying_party, name="")
    if party.id_hash != data.rp_id_hash:
        raise RefusalError("WebAuthnRelyingPartyMismatch", "The relying party is another one.")


def _keep(pool: FakeUserPool, user: User, data: AuthenticatorData, credential: dict[str, Any]) -> None:
    attested = data.credential_data
    assert attested is not None  # noqa: S101  # register_complete has seen to it
    user.passkeys[attested.credential_id] = Passkey(
        credential_id=attested.credential_id,
        data=bytes(attested),
        sign_count=data.counter,
        name=f"Passkey {len(user.passkeys) + 1}",
        transports=tuple(credential.get("response", {}).get("transports") or ()),
        attachment=credential.get("authenticatorAttachment"),
        created=pool.clock.now(),
    )


def _credential(passkey: Passkey) -> AttestedCredentialData:
    from fido2.webauthn import AttestedCredentialData  # an extra, needed here only

    return AttestedCredentialData(passkey.data)


def _described(pool: FakeUserPool, passkey: Passkey) -> dict[str, Any]:
    found: dict[str, Any] = {
        "CredentialId": b64url(passkey.credential_id),
        "FriendlyCredentialName": passkey.name,
        "RelyingPartyId": pool.settings.relying_party,
        "AuthenticatorTransports": list(passkey.transports),
        "CreatedAt": passkey.created,
    }
    return found if passkey.attachment is None else {**found, "AuthenticatorAttachment": passkey.attachment}


OPERATIONS = {
    "StartWebAuthnRegistration": start_registration,
    "CompleteWebAuthnRegistration": complete_registration,
    "ListWebAuthnCredentials": list_credentials,
    "DeleteWebAuthnCredential": delete_credential,
}
