"""Time-based one-time passwords (RFC 6238 with SHA-1, 30 seconds, six digits, as authenticator apps have them)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

STEP = 30


def new_secret() -> str:
    """A new secret in base32, 52 characters as Cognito's."""
    return base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226, section 5.3)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def step_of(secret: str, code: str, now: float) -> int | None:
    """The time step that a code belongs to: this one, the one before or the one after."""
    this = int(now) // STEP
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None
