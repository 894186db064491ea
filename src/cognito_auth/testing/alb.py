"""An Application Load Balancer's key, and how it signs.

It signs with ES256 over segments that keep their padding, against RFC 7515, and serves its key as PEM.
<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class LoadBalancerKey:
    """One key of a load balancer, with a UUID for its id."""

    def __init__(self) -> None:
        self.kid = str(uuid.uuid4())
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def pem(self) -> str:
        """The public half, as it is served."""
        return (
            self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """A signed token, every segment padded."""
        named = {"typ": "JWT", "kid": self.kid, "alg": "ES256", **header}
        head = {name: value for name, value in named.items() if value is not None}
        content = ".".join(_padded(json.dumps(part).encode()) for part in (head, claims))
        numbers = decode_dss_signature(self._private.sign(content.encode(), ec.ECDSA(SHA256())))
        return f"{content}.{_padded(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


@attrs.frozen
class BadAlbToken:
    """One kind of bad token of a load balancer's: the error's class, and how to make one from good content."""

    error: str
    make: Callable[[LoadBalancerKey, dict[str, Any], dict[str, Any]], str]


def _header(**changes: Any) -> Callable[[LoadBalancerKey, dict[str, Any], dict[str, Any]], str]:
    """Well signed, with another header; a member that is `None` is left out."""
    return lambda key, header, claims: key.sign({**header, **changes}, claims)


def _tampered(key: LoadBalancerKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    head, _, signature = key.sign(header, claims).split(".")
    return ".".join((head, _padded(json.dumps({**claims, "sub": "x"}).encode()), signature))


BAD_ALB_TOKENS: dict[str, BadAlbToken] = {
    "not-a-token": BadAlbToken("MalformedToken", lambda *_: "correct horse battery staple"),
    "without-expiry": BadAlbToken("MalformedToken", _header(exp=None)),
    "other-algorithm": BadAlbToken("WrongAlgorithm", _header(alg="RS256")),
    "unknown-key": BadAlbToken("UnknownKey", _header(kid=str(uuid.UUID(int=0)))),
    "key-is-no-uuid": BadAlbToken("UnknownKey", _header(kid="../keys")),
    "other-signer": BadAlbToken(
        "WrongSigner",
        _header(
            signer="arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/other/0123456789abcdef"
        ),
    ),
    "other-issuer": BadAlbToken("WrongIssuer", _header(iss="https://issuer.somebody-else.example")),
    "other-client": BadAlbToken("WrongClient", _header(client="7otherotherotherotherother")),
    "expired": BadAlbToken("TokenExpired", _header(exp=1)),
    "tampered": BadAlbToken("BadSignature", _tampered),
    "foreign-signature": BadAlbToken(
        "BadSignature", lambda key, header, claims: LoadBalancerKey().sign({**header, "kid": key.kid}, claims)
    ),
}


def _padded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
