"""Values that travel through the user's hands between two requests, sealed.

AES-GCM (NIST SP 800-38D) under a key of the caller's, bound to what the value is and to whom it belongs: a value
that was altered, made elsewhere, or made for another pool or client does not open.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cognito_auth.app_client import AppClient
from cognito_auth.errors import SealExpired, SealRejected, UsageError

SealKey = bytes | Sequence[bytes]
"""One AES key (16, 24 or 32 bytes), or several: the first seals, all of them open."""

_VERSION: Final = "c1"
_NONCE_BYTES: Final = 12


def wall_clock() -> float:
    """Seconds since the epoch."""
    return datetime.datetime.now(datetime.UTC).timestamp()


def owner_of(app: AppClient) -> str:
    """To whom a value of this app client belongs: its user pool and itself."""
    return f"{app.pool_id or app.region}/{app.client_id}"


def seal(content: Mapping[str, Any], *, key: SealKey, kind: str, bound_to: str) -> str:
    """The content as an opaque text that is safe in a cookie, a form or an address.

    Args:
        content: What JSON can hold.
        key: The key, or the key ring.
        kind: What is sealed; another kind does not open as this one.
        bound_to: To whom it belongs (pool, client); elsewhere it does not open.

    Raises:
        UsageError: A key is not 16, 24 or 32 bytes.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    plain = json.dumps(content, separators=(",", ":")).encode()
    box = nonce + AESGCM(_ring(key)[0]).encrypt(nonce, plain, _context(kind, bound_to))
    return f"{_VERSION}.{base64.urlsafe_b64encode(box).decode().rstrip('=')}"


def unseal(text: str, *, key: SealKey, kind: str, bound_to: str, lifetime: float | None) -> dict[str, Any]:
    """What :func:`seal` was given.

    Args:
        text: The sealed text.
        key: The key, or the key ring.
        kind: As it was sealed.
        bound_to: As it was sealed.
        lifetime: Seconds since the content's ``"at"`` after which it is refused; ``None`` for never.

    Raises:
        SealRejected: It was altered, sealed with another key, or belongs elsewhere.
        SealExpired: It is too old.
        UsageError: A key is not 16, 24 or 32 bytes.
    """
    content = _open(text, _ring(key), _context(kind, bound_to), kind)
    if lifetime is not None and wall_clock() - float(content["at"]) > lifetime:
        raise SealExpired(f"this {kind} was made more than {lifetime / 60:.0f} minutes ago: begin again")
    return content


def _open(text: str, ring: tuple[bytes, ...], context: bytes, kind: str) -> dict[str, Any]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    version, _, body = text.partition(".") if isinstance(text, str) else ("", "", "")
    try:
        box = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        box = b""
    if version == _VERSION and len(box) > _NONCE_BYTES:
        for key in ring:
            try:
                plain = AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], context)
            except InvalidTag:
                continue
            content: dict[str, Any] = json.loads(plain)
            return content
    raise SealRejected(
        f"this is not a {kind} of this app client sealed with any of the keys given: it was altered, cut short, "
        "sealed with another key, or made for another user pool or client"
    )


def _ring(key: SealKey) -> tuple[bytes, ...]:
    ring = (key,) if isinstance(key, bytes) or not isinstance(key, Iterable) else tuple(key)
    if not ring or any(not isinstance(each, bytes) or len(each) not in {16, 24, 32} for each in ring):
        raise UsageError(
            "key: expected 16, 24 or 32 random bytes, or several such keys, the newest first; make one with os.urandom(32)"
        )
    return ring


def _context(kind: str, bound_to: str) -> bytes:
    return json.dumps([_VERSION, kind, bound_to]).encode()
