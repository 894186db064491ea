"""The pool's signing keys: two at a time, made on this machine, never shipped.

Cognito signs access tokens and ID tokens with different keys, and its key ids hold `+`, `/` and `=`. Keys are
remembered for the whole process, because making one takes a good part of a second: pools share them until one of them
rotates. <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from functools import cached_property
from typing import Any, Literal

import attrs
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

_made: list[SigningKey] = []
_spare: list[SigningKey] = []
_making = threading.Lock()


def b64url(data: bytes) -> str:
    """Base64 for addresses and tokens, without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number_to_b64url(number: int) -> str:
    """A whole number as JSON Web Keys have it (RFC 7518, section 2)."""
    return b64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


@attrs.frozen(slots=False, eq=False)
class SigningKey:
    """One RSA key with its id, which starts with `FAKE-` so that nobody mistakes it for Cognito's."""

    private: rsa.RSAPrivateKey = attrs.field(repr=False)

    @classmethod
    def make(cls) -> SigningKey:
        """A new key of 2048 bits."""
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def load(cls, text: str) -> SigningKey:
        """The key that `dump` wrote."""
        private = load_der_private_key(base64.b64decode(text), None)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101  # dump() writes nothing else
        return cls(private)

    def dump(self) -> str:
        """The private key as text, for a dump of the pool's state."""
        return base64.b64encode(
            self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ).decode()

    @cached_property
    def kid(self) -> str:
        """The key's id: `FAKE-` and its thumbprint (RFC 7638) in plain base64."""
        members = {"e": self._numbers[0], "kty": "RSA", "n": self._numbers[1]}
        digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
        return "FAKE-" + base64.b64encode(digest).decode()

    @cached_property
    def _numbers(self) -> tuple[str, str]:
        public = self.private.public_key().public_numbers()
        return number_to_b64url(public.e), number_to_b64url(public.n)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, with the members that Cognito publishes."""
        exponent, modulus = self._numbers
        return {"alg": "RS256", "e": exponent, "kid": self.kid, "kty": "RSA", "n": modulus, "use": "sig"}

    def sign(self, message: bytes) -> bytes:
        """The RS256 signature."""
        return self.private.sign(message, padding.PKCS1v15(), SHA256())

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature."""
        from cryptography.exceptions import InvalidSignature  # needed on this path only

        try:
            self.private.public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def _key(number: int) -> SigningKey:
    with _making:
        while len(_made) <= number:
            _made.append(SigningKey.make())
        return _made[number]


def spare_key() -> SigningKey:
    """A key that no pool publishes, made once for this process."""
    with _making:
        if not _spare:
            _spare.append(SigningKey.make())
        return _spare[0]


class Keys:
    """The two signing keys of a pool, and how they change."""

    def __init__(self) -> None:
        self._generation = 0
        self._current: list[SigningKey] = []
        self._retired: list[SigningKey] = []

    def _pair(self) -> list[SigningKey]:
        if not self._current:
            self._current = [_key(2 * self._generation), _key(2 * self._generation + 1)]
        return self._current

    def signing(self, token_use: Literal["access", "id"]) -> SigningKey:
        """The key that signs tokens of this use."""
        return self._pair()[token_use == "access"]

    def published(self) -> list[SigningKey]:
        """Every key in the key set: the two that sign, then those that only still verify."""
        return [*self._pair(), *self._retired]

    def find(self, kid: str) -> SigningKey | None:
        """The published key with this id."""
        return next((key for key in self.published() if key.kid == kid), None)

    def rotate(self, *, keep_old: bool = False) -> None:
        """Sign with two new keys from now on.

        Args:
            keep_old: Leave the old keys in the key set, so that older tokens still verify.
        """
        self._retired = [*self._pair(), *self._retired] if keep_old else []
        self._generation += 1
        self._current = []

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key set, as it is published."""
        return {"keys": [key.jwk for key in self.published()]}

    def dump(self) -> dict[str, Any]:
        """The keys as plain data."""
        return {
            "current": [key.dump() for key in self._pair()],
            "retired": [key.dump() for key in self._retired],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take over the keys of a dump."""
        self._current = [SigningKey.load(text) for text in state["current"]]
        self._retired = [SigningKey.load(text) for text in state["retired"]]
