"""Compact signed tokens: how the pool writes them and how it reads its own again (RFC 7515)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool.keys import b64url

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.keys import Keys, SigningKey


def encode(header: Mapping[str, Any], claims: Any) -> str:
    """The two signed segments."""
    return ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))


def sign(key: SigningKey, claims: Any, **header: Any) -> str:
    """A token signed with RS256; its header has `kid` and `alg` and, as Cognito's, no `typ`."""
    content = encode({"kid": key.kid, "alg": "RS256"} | header, claims)
    return f"{content}.{b64url(key.sign(content.encode()))}"


def read(keys: Keys, token: str) -> dict[str, Any] | None:
    """The claims of a token that one of these keys signed; nothing for any other text."""
    content, _, signature = token.rpartition(".")
    head, _, body = content.partition(".")
    try:
        header = json.loads(_decode(head))
        key = keys.find(str(header["kid"]))
        if key is None or not key.verifies(_decode(signature), content.encode()):
            return None
        claims = json.loads(_decode(body))
    except (ValueError, TypeError, LookupError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def _decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
