"""A passkey authenticator in software: it makes a key pair, attests it, and signs what a browser would have it sign."""

import base64
import hashlib
import json
import secrets
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64url(data: bytes) -> str:
    """As WebAuthn's JSON has bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@attrs.define(kw_only=True)
class Authenticator:
    """One credential; every field can be bent to make it lie."""

    origin: str = "http://localhost:8000"
    relying_party: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    private: Any = attrs.field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = attrs.field(factory=lambda: secrets.token_bytes(32))

    def create(self, options: dict[str, Any], *, challenge: str | None = None) -> dict[str, Any]:
        """`RegistrationResponseJSON` (WebAuthn Level 3, section 5.1)."""
        cose: Any = ES256  # fido2 leaves this without types
        key = cbor.encode(cose.from_cryptography_key(self.private.public_key()))
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            {
                "clientDataJSON": b64url(
                    self._client_data("webauthn.create", challenge or options["challenge"])
                ),
                "attestationObject": b64url(attestation),
                "transports": ["internal", "hybrid"],
            }
        )

    def get(self, options: dict[str, Any], *, challenge: str | None = None) -> str:
        """`AuthenticationResponseJSON`, as a text."""
        self.counter += 1
        client_data = self._client_data("webauthn.get", challenge or options["challenge"])
        data = self._data(self.flags)
        signature = self.private.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64url(client_data),
            "authenticatorData": b64url(data),
            "signature": b64url(signature),
        }
        return json.dumps(self._credential(response))

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": b64url(self.credential_id),
            "rawId": b64url(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": response,
            "clientExtensionResults": {},
        }

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        ).encode()

    def _data(self, flags: int) -> bytes:
        return (
            hashlib.sha256(self.relying_party.encode()).digest()
            + bytes([flags])
            + self.counter.to_bytes(4, "big")
        )
