"""The strict parser of compact JWTs (RFC 7515 §7.1, RFC 7519).

What it returns is *unverified*: it says what a text claims, not that it is true. Anything at all may go in; the
parts or a :class:`~cognito_auth.errors.MalformedToken` come out, never another exception.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

import attrs

from cognito_auth.errors import MalformedToken

DEFAULT_MAX_BYTES: Final = 16 * 1024
_MAX_DEPTH: Final = 16
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_TO_STANDARD: Final = str.maketrans("-_", "+/")


@attrs.frozen(kw_only=True)
class CompactToken:
    """The parts of a compact JWT, none of them verified.

    Attributes:
        header: The JOSE header.
        claims: The payload.
        signing_input: The bytes that the signature is over.
        signature: The signature's bytes.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes = attrs.field(repr=False)
    signature: bytes = attrs.field(repr=False)


def parse(token: object, *, max_bytes: int = DEFAULT_MAX_BYTES) -> CompactToken:
    """The parts of a compact JWT.

    Args:
        token: The text, ``header.payload.signature``.
        max_bytes: A longer text is refused unread.

    Raises:
        MalformedToken: It is not a strict compact JWT; the reason says where.
    """
    if not isinstance(token, str):
        _refuse(f"a token is a text, not {type(token).__name__}")
    if len(token) > max_bytes:
        _refuse(f"the token is longer than {max_bytes} bytes")
    segments = token.split(".")
    if len(segments) != 3:
        _refuse(f"a compact JWT has three segments, this text has {len(segments)}")
    header, payload, signature = segments
    return CompactToken(
        header=_json_object(_decode(header, "header"), "header"),
        claims=_json_object(_decode(payload, "payload"), "payload"),
        signing_input=f"{header}.{payload}".encode("ascii"),
        signature=_decode(signature, "signature"),
    )


def _refuse(reason: str) -> NoReturn:
    raise MalformedToken(reason)


def _decode(segment: str, name: str) -> bytes:
    """Canonical base64url without padding (RFC 7515 §2)."""
    if _SEGMENT.fullmatch(segment) is None:
        _refuse(f"the {name} is empty or has characters that base64url does not have")
    try:
        decoded = binascii.a2b_base64(
            segment.translate(_TO_STANDARD) + "=" * (-len(segment) % 4), strict_mode=True
        )
    except binascii.Error:
        _refuse(f"the {name} is not base64url")
    if binascii.b2a_base64(decoded, newline=False).decode().rstrip("=") != segment.translate(_TO_STANDARD):
        _refuse(f"the {name} is not canonical base64url: unused bits are set")
    return decoded


def _json_object(text: bytes, name: str) -> Mapping[str, Any]:
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_sane_int
        )
    except MalformedToken as error:
        _refuse(f"the {name}: {error.reason}")
    except (ValueError, RecursionError):
        _refuse(f"the {name} is not JSON in UTF-8")
    if not isinstance(value, dict):
        _refuse(f"the {name} is not a JSON object")
    if _deeper_than(value, _MAX_DEPTH):
        _refuse(f"the {name} is nested more than {_MAX_DEPTH} levels deep")
    return MappingProxyType(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("a member stands twice (RFC 7519 §4)")
    return members


def _no_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON")


def _sane_int(digits: str) -> int:
    if len(digits) > 19:
        _refuse("a number is absurdly long")
    return int(digits)


def _deeper_than(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    members = value.values() if isinstance(value, dict) else value
    return any(_deeper_than(member, levels - 1) for member in members)
