"""An Application Load Balancer's key, and how it signs.

It signs with ES256 over segments that keep their padding, against RFC 7515, and serves its key as PEM.
<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from typing import Any

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
        head = {"typ": "JWT", "kid": self.kid, "alg": "ES256", **header}
        content = ".".join(_padded(json.dumps(part).encode()) for part in (head, claims))
        numbers = decode_dss_signature(self._private.sign(content.encode(), ec.ECDSA(SHA256())))
        return f"{content}.{_padded(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _padded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
