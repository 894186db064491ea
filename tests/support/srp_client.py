"""A client's half of SRP for tests of the server's half, written from RFC 5054 and Cognito's vector alone.

It shares no line with the library's own client, so that the two cannot share a mistake.
"""

import base64
import hashlib
import hmac
import secrets

import attrs

from cognito_auth.testing.fake_user_pool.srp import PRIME

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def java(number: int) -> bytes:
    """`BigInteger.toByteArray`, by trying lengths until the number fits."""
    length = 1
    while True:
        try:
            return number.to_bytes(length, "big", signed=True)
        except OverflowError:
            length += 1


def digest(*parts: bytes) -> int:
    """SHA-256 as a number."""
    return int(hashlib.sha256(b"".join(parts)).hexdigest(), 16)


@attrs.frozen(kw_only=True)
class SrpClient:
    """One exchange as a client sees it."""

    identity: str
    password: str
    private: int = attrs.field(factory=lambda: secrets.randbits(256))

    @property
    def public(self) -> str:
        """`SRP_A`."""
        return f"{pow(2, self.private, PRIME):x}"

    def proof(self, salt: str, srp_b: str, secret_block: str, timestamp: str) -> str:
        """`PASSWORD_CLAIM_SIGNATURE`."""
        public, server = int(self.public, 16), int(srp_b, 16)
        scramble = digest(java(public), java(server))
        inner = hashlib.sha256(f"{self.identity}:{self.password}".encode()).digest()
        exponent = digest(java(int(salt, 16)), inner)
        multiplier = digest(java(PRIME), java(2))
        base = (server - multiplier * pow(2, exponent, PRIME)) % PRIME
        shared = pow(base, self.private + scramble * exponent, PRIME)
        extracted = hmac.new(java(scramble), java(shared), "sha256").digest()
        key = hmac.new(extracted, b"Caldera Derived Key\x01", "sha256").digest()[:16]
        message = self.identity.encode() + base64.b64decode(secret_block) + timestamp.encode()
        return base64.b64encode(hmac.new(key, message, "sha256").digest()).decode()

    def answer(self, parameters: dict[str, str], timestamp: str) -> dict[str, str]:
        """The `ChallengeResponses` to a verifier challenge."""
        block = parameters["SECRET_BLOCK"]
        return {
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": self.proof(parameters["SALT"], parameters["SRP_B"], block, timestamp),
            "TIMESTAMP": timestamp,
            "USERNAME": parameters["USERNAME"],
        }
