"""The server's half of Secure Remote Password, as Cognito computes it (RFC 5054 with Cognito's own key derivation).

Written from the protocol and on its own: the library's client half is tested against this, so the two share nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

# The 3072-bit group of RFC 5054, appendix A, with Cognito's generator 2.
PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
GENERATOR = 2
_INFO = b"Caldera Derived Key\x01"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP = re.compile(
    rf"({'|'.join(_DAYS)}) ({'|'.join(_MONTHS)}) ([1-9]|[12]\d|3[01]) (\d\d):(\d\d):(\d\d) UTC (\d{{4}})",
    re.ASCII,
)


def integer_bytes(number: int) -> bytes:
    """The shortest two's complement of a whole number, as Java's `BigInteger.toByteArray` gives it."""
    magnitude = number if number >= 0 else number + 1
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def to_hex(number: int) -> str:
    """A whole number as it stands on the wire: no leading zeros, any number of digits."""
    return f"{number:x}"


def from_hex(text: str) -> int:
    """The number that a client sent.

    Raises:
        RefusalError: `InvalidParameter` if it is not hexadecimal.
    """
    if re.fullmatch("[0-9a-fA-F]+", text) is None:
        raise RefusalError("InvalidParameter", "Not valid base16: SRP_A")
    return int(text, 16)


def hash_number(*parts: bytes) -> int:
    """SHA-256 over the parts, as a number."""
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


MULTIPLIER = hash_number(integer_bytes(PRIME), integer_bytes(GENERATOR))


def verifier(identity: str, password: str, salt: int) -> int:
    """What a server keeps in the place of a password; `identity` is the pool's name and the user's, joined."""
    inner = hashlib.sha256(f"{identity}:{password}".encode()).digest()
    return pow(GENERATOR, hash_number(integer_bytes(salt), inner), PRIME)


@attrs.frozen(kw_only=True)
class Exchange:
    """One exchange: the client's `A`, our key pair, and what the proof must be about."""

    identity: str
    salt: int
    verifier: int = attrs.field(repr=False)
    client_public: int
    private: int = attrs.field(repr=False)
    public: int
    secret_block: str = attrs.field(repr=False)

    @classmethod
    def begin(cls, *, identity: str, salt: int, verifier: int, client_public: int) -> Exchange:
        """Answer a client's `SRP_A`.

        Raises:
            RefusalError: `A` is a multiple of the prime, with which anybody could prove anything.
        """
        if client_public % PRIME == 0:
            raise RefusalError("InvalidParameter", "Invalid SRP_A")
        private = secrets.randbits(256)
        return cls(
            identity=identity,
            salt=salt,
            verifier=verifier,
            client_public=client_public,
            private=private,
            public=(MULTIPLIER * verifier + pow(GENERATOR, private, PRIME)) % PRIME,
            secret_block=base64.b64encode(secrets.token_bytes(1024)).decode(),
        )

    def parameters(self) -> dict[str, str]:
        """What the client needs for its proof."""
        return {"SALT": to_hex(self.salt), "SRP_B": to_hex(self.public), "SECRET_BLOCK": self.secret_block}

    def proof(self, timestamp: str) -> bytes:
        """The signature that only somebody with the password can make."""
        scramble = hash_number(integer_bytes(self.client_public), integer_bytes(self.public))
        base = self.client_public * pow(self.verifier, scramble, PRIME)
        shared = pow(base, self.private, PRIME)
        pseudo_random = hmac.digest(integer_bytes(scramble), integer_bytes(shared), hashlib.sha256)
        key = hmac.digest(pseudo_random, _INFO, hashlib.sha256)[:16]
        message = self.identity.encode() + base64.b64decode(self.secret_block) + timestamp.encode()
        return hmac.digest(key, message, hashlib.sha256)

    def proves(self, signature: str, timestamp: str) -> bool:
        """Whether this is the proof."""
        try:
            given = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, self.proof(timestamp))


def read_timestamp(text: str) -> datetime | None:
    """The moment in `EEE MMM d HH:mm:ss 'UTC' yyyy`: English names, no leading zero in the day, the right weekday."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    weekday, month, *numbers = found.groups()
    day, hour, minute, second, year = (int(number) for number in numbers)
    try:
        moment = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment if _DAYS[moment.weekday()] == weekday else None
