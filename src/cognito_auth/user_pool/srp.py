"""The arithmetic of Secure Remote Password as Cognito does it: pure functions, no I/O, no clock, no randomness.

The protocol is SRP-6a (RFC 5054) over the 3072-bit group of RFC 3526 §5 with SHA-256, and with Cognito's own rules on
top: numbers are hashed as Java's ``BigInteger.toByteArray`` writes them, and the session key is one block of HKDF
(RFC 5869). Every number that comes over the wire is a hexadecimal integer, never a string of bytes: leading zeros,
odd lengths and even a sign mean what they mean in a number.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NoReturn

import attrs

from cognito_auth._values import Secretive, redacted
from cognito_auth.errors import UnexpectedReply

_Power = Callable[[int, int, int], Any]


def _found_constant_time_power() -> _Power | None:
    """gmpy2's, where the extra is installed."""
    try:
        gmpy2: Any = import_module("gmpy2")
    except ImportError:
        return None
    power: _Power = gmpy2.powmod_sec
    return power


_constant_time_power = _found_constant_time_power()

N: Final = int(
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
"""The 3072-bit safe prime (RFC 3526 §5)."""

G: Final = 2
_INFO: Final = b"Caldera Derived Key\x01"
_HEX: Final = re.compile(r"-?[0-9a-fA-F]{1,2048}", re.ASCII)

# Cognito wants English names whatever the locale, which strftime does not give.
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def power(base: int, exponent: int, modulus: int = N) -> int:
    """``base ** exponent % modulus``, in constant time and some 20 times faster where gmpy2 is installed."""
    if _constant_time_power is not None and exponent > 0:
        return int(_constant_time_power(base, exponent, modulus))
    return pow(base, exponent, modulus)


def pad(number: int) -> bytes:
    """The number as Java's ``BigInteger.toByteArray``: the shortest two's complement, so with a 00 before a set top bit."""
    bits = number.bit_length() if number >= 0 else (~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True)


def digest(*parts: bytes) -> int:
    """SHA-256 over the parts, as a number."""
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K: Final = digest(pad(N), pad(G))
"""The multiplier of SRP-6a."""


@attrs.frozen
class Ephemeral(Secretive):
    """The client's key pair of one exchange; it is never used twice.

    Attributes:
        private: ``a``, 256 bits (RFC 5054 §3.1 asks for that many at least).
        public: ``A = g^a mod N``.
    """

    private: int = attrs.field(repr=redacted)
    public: int

    @property
    def public_hex(self) -> str:
        """``SRP_A`` as it is sent: lower-case hexadecimal without padding."""
        return f"{self.public:x}"


def begin(random_bytes: bytes) -> Ephemeral:
    """A new key pair.

    Args:
        random_bytes: At least 32 unpredictable bytes.
    """
    private = int.from_bytes(random_bytes, "big")
    return Ephemeral(private=private, public=power(G, private))


def session_key(
    ephemeral: Ephemeral, *, identity: str, password: str, salt: str, server_public: str
) -> bytes:
    """The 16-byte key that client and service share if the password is right.

    Args:
        ephemeral: The client's key pair, whose public half the service has.
        identity: ``poolName ‖ USER_ID_FOR_SRP`` for a user, ``DeviceGroupKey ‖ DeviceKey`` for a device.
        password: The user's, or the device's secret.
        salt: ``SALT``, hexadecimal.
        server_public: ``SRP_B``, hexadecimal.

    Raises:
        UnexpectedReply: The service sent something that is no number, or one that would give the password away.
    """
    b = number(server_public, "SRP_B")
    if b % N == 0:
        _refuse("SRP_B is a multiple of N: an answer to it would give the password away (RFC 5054 §2.5.3)")
    u = digest(pad(ephemeral.public), pad(b))
    if u == 0:
        _refuse("the scrambling parameter u is zero (RFC 5054 §2.6)")
    x = _private_key(identity, password, number(salt, "SALT"))
    base = (b - K * power(G, x)) % N
    shared = power(base, ephemeral.private + u * x)
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(extracted, _INFO, "sha256")[:16]


def signature(key: bytes, *, identity: str, secret_block: str, timestamp: str) -> str:
    """``PASSWORD_CLAIM_SIGNATURE``: the proof of knowing the key.

    Args:
        key: From :func:`session_key`.
        identity: As there.
        secret_block: ``SECRET_BLOCK`` as the service sent it (base64).
        timestamp: From :func:`timestamp`; the same text is sent as ``TIMESTAMP``.

    Raises:
        UnexpectedReply: The secret block is not base64.
    """
    try:
        # Not strictly: some emulators put an id with hyphens here. What is meant is the service's to check.
        block = base64.b64decode(secret_block)
    except ValueError:
        _refuse("SECRET_BLOCK is not base64")
    message = identity.encode() + block + timestamp.encode()
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def timestamp(now: float) -> str:
    """``TIMESTAMP``: English names, the day without a leading zero, UTC, such as ``Tue Jul 10 11:01:00 UTC 2018``.

    The service accepts it for a few seconds: ask just before sending.

    Args:
        now: Seconds since the epoch.
    """
    t = datetime.datetime.fromtimestamp(now, datetime.UTC)
    return f"{_DAYS[t.weekday()]} {_MONTHS[t.month - 1]} {t.day} {t:%H:%M:%S} UTC {t.year}"


def device_verifier(*, identity: str, password: str, salt: bytes) -> tuple[str, str]:
    """``Salt`` and ``PasswordVerifier`` of ``ConfirmDevice``, both base64.

    Args:
        identity: ``DeviceGroupKey ‖ DeviceKey``.
        password: The device's secret.
        salt: 16 unpredictable bytes.
    """
    salt_number = int.from_bytes(salt, "big")
    verifier = power(G, _private_key(identity, password, salt_number))
    return _base64(pad(salt_number)), _base64(pad(verifier))


def number(text: object, name: str) -> int:
    """A hexadecimal integer of the wire, of any length and sign.

    Raises:
        UnexpectedReply: It is none.
    """
    if not isinstance(text, str) or _HEX.fullmatch(text) is None:
        _refuse(f"{name} is not a hexadecimal number")
    return int(text, 16)


def _private_key(identity: str, password: str, salt: int) -> int:
    """``x``: what the password, the name and the salt make together."""
    return digest(pad(salt), hashlib.sha256(f"{identity}:{password}".encode()).digest())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refuse(why: str) -> NoReturn:
    raise UnexpectedReply(why, status=200)
