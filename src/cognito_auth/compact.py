"""The strict parser of compact JWTs (RFC 7515 §7.1, RFC 7519, RFC 8725).

What it returns is *unverified*: it says what a text claims, not that it is true. Anything at all may go in; the
parts or a :class:`~cognito_auth.errors.MalformedToken` come out, never another exception, and never slowly: every
step is linear in a text whose length is capped.

``parse`` is the whole parser. A verifier calls its steps one by one (``split``, ``read_header``, ``read_claims``),
because it remembers headers and can often refuse before the next step.
"""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn

import attrs

from cognito_auth.errors import MalformedToken

DEFAULT_MAX_BYTES: Final = 16 * 1024
MAX_DEPTH: Final = 16
"""How deep objects and lists may be nested; the tokens of Cognito need three levels."""

YEAR_10000: Final = 253_402_300_800
"""Where datetime ends, in seconds since the epoch."""


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
        MalformedToken: It is not a strict compact JWT, or a registered claim has the wrong type; the reason says
            where.
    """
    segments = split(token, max_bytes)
    return CompactToken(
        header=MappingProxyType(read_header(segments.header)),
        claims=MappingProxyType(read_claims(segments.payload)),
        signing_input=segments.signing_input,
        signature=decode(segments.signature, "signature"),
    )


class Segments(NamedTuple):
    """The three segments of a token as they stand in it, and what the signature is over."""

    header: bytes
    payload: bytes
    signature: bytes
    signing_input: bytes


def split(token: object, max_bytes: int = DEFAULT_MAX_BYTES) -> Segments:
    """The segments of a compact JWS, still encoded.

    Raises:
        MalformedToken: It is not a text of three segments in ASCII, or longer than ``max_bytes``.
    """
    if not isinstance(token, str):
        _refuse(f"a token is a text, not {type(token).__name__}")
    if len(token) > max_bytes:
        _refuse(f"the token is longer than {max_bytes} bytes")
    try:
        text = token.encode("ascii")
    except UnicodeEncodeError:
        text = b""
    if not text:
        _refuse("the token is empty or has characters outside of ASCII")
    segments = text.split(b".")
    if len(segments) != 3:
        _refuse(f"a compact JWT has three segments, this text has {len(segments)}")
    header, payload, signature = segments
    return Segments(header, payload, signature, text[: -len(signature) - 1])


def read_header(segment: bytes) -> dict[str, Any]:
    """The JOSE header of a token that can be verified at all.

    Keys and key addresses in it (``jwk``, ``jku``, ``x5c``, ``x5u``) mean nothing here: keys come from the issuer.

    Raises:
        MalformedToken: It is not a header, or asks for an extension: there is none that could be understood
            (RFC 7515 §4.1.11).
    """
    header = read_json(decode(segment, "header"), "header")
    for name in ("alg", "kid"):
        if not isinstance(header.get(name), str) or not header[name]:
            _refuse(f"the header's {name} is missing, empty or not a text")
    for name in ("crit", "b64"):
        if name in header:
            _refuse(f"the header has {name!r}, an extension that nobody here understands (RFC 7515 §4.1.11)")
    return header


def read_claims(segment: bytes) -> dict[str, Any]:
    """The payload, each claim that the RFCs or Cognito define of the right type.

    Raises:
        MalformedToken: It is not an object in JSON, or a claim has the wrong type.
    """
    claims = read_json(decode(segment, "payload"), "payload")
    type_of = _CLAIM_TYPES.get
    for name, value in claims.items():
        expected = type_of(name)
        if expected is not None and type(value) is not expected:
            _check_claim(name, value)
    return claims


# ── base64url ───────────────────────────────────────────────────────────────────────────────────────────

# From base64url's alphabet to the one that binascii reads. What only the standard alphabet has becomes invalid.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING: Final = (b"", None, b"==", b"=")

# The last character of a segment carries unused bits, which are zero in the one canonical spelling (RFC 4648 §3.5).
_CANONICAL_ENDS: Final = (None, None, b"AQgw", b"AEIMQUYcgkosw048")


def decode(segment: bytes, name: str) -> bytes:
    """What a segment of canonical base64url without padding (RFC 7515 §2) stands for.

    Args:
        segment: The encoded bytes.
        name: What to call it in an error.

    Raises:
        MalformedToken: It is empty, padded, not base64url, or not in the one canonical spelling.
    """
    over = len(segment) & 3
    padding = _PADDING[over]
    if padding is None or not segment:
        _refuse(f"the {name} is empty or cut off")
    ends = _CANONICAL_ENDS[over]
    if ends is not None and segment[-1] not in ends:
        _refuse(f"the {name} is not canonical base64url without padding")
    try:
        return binascii.a2b_base64(segment.translate(_TO_STANDARD) + padding, strict_mode=True)
    except binascii.Error:
        _refuse(f"the {name} has characters that base64url does not have")


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────


class _NotStrict(ValueError):
    """JSON that Python would read, and that no token may hold."""


def read_json(content: bytes, name: str) -> dict[str, Any]:
    """An object in strict JSON: UTF-8 without a mark, no member twice, no number that JSON does not have.

    Args:
        content: The encoded text.
        name: What to call it in an error.

    Raises:
        MalformedToken: It is anything else.
    """
    try:
        value = _DECODER.decode(content.decode())
    except _NotStrict as error:
        _refuse(f"the {name} is {error}")
    except (ValueError, RecursionError):
        _refuse(f"the {name} is not JSON in UTF-8")
    if type(value) is not dict:
        _refuse(f"the {name} is not a JSON object")
    if content.count(b"{") + content.count(b"[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        _refuse(f"the {name} is nested more than {MAX_DEPTH} levels deep")
    if b"\\u" in content and _has_lone_surrogates(value):
        _refuse(f"the {name} is not Unicode: it has half of a surrogate pair")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotStrict("ambiguous: a member stands in it twice (RFC 7519 §4)")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _NotStrict(f"not JSON: {name} is no number")


def _sane_int(digits: str) -> int:
    # 19 digits hold 64 bits; reading more takes time that grows with their square.
    if len(digits) > 19:
        raise _NotStrict("absurd: it has a number of more than 19 digits")
    return int(digits)


def _sane_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotStrict("absurd: it has a number beyond every range")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_sane_int, parse_float=_sane_float
)


def _deeper_than(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    members = value.values() if isinstance(value, dict) else value
    return any(_deeper_than(member, levels - 1) for member in members)


def _has_lone_surrogates(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


# ── claims ──────────────────────────────────────────────────────────────────────────────────────────────


def _is_moment(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < YEAR_10000


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(member, str) for member in value)


def _is_text_or_texts(value: object) -> bool:
    return isinstance(value, str) or (_are_texts(value) and bool(value))


def _is_flag(value: object) -> bool:
    return isinstance(value, (bool, str)) and value in {True, False, "true", "false"}


class _Never:
    """The type of no claim: every value goes to the claim's own check."""


_MOMENT: Final = ("a number of seconds since the epoch", _is_moment)
_TEXTS: Final = ("a list of texts", _are_texts)
_FLAG: Final = ("true or false", _is_flag)
_TEXT_NAMES: Final = (
    # RFC 7519 §4.1, OpenID Connect Core §2 and §5.1
    *("iss", "sub", "jti", "nonce", "acr", "azp", "at_hash", "c_hash", "sid"),
    *("name", "given_name", "family_name", "email", "phone_number", "locale"),
    # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    *("token_use", "client_id", "scope", "username", "origin_jti", "event_id", "device_key"),
    *("cognito:username", "cognito:preferred_role"),
)
_CLAIM_TYPES: Final[Mapping[str, type]] = {
    **dict.fromkeys(_TEXT_NAMES, str),
    "act": dict,
    "version": int,
    **dict.fromkeys(
        ("exp", "nbf", "iat", "auth_time", "aud", "amr", "cognito:groups", "cognito:roles", "identities"),
        _Never,
    ),
    **dict.fromkeys(("email_verified", "phone_number_verified"), bool),
}
_CLAIM_CHECKS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    **dict.fromkeys(("exp", "nbf", "iat", "auth_time"), _MOMENT),
    **dict.fromkeys(("amr", "cognito:groups", "cognito:roles"), _TEXTS),
    **dict.fromkeys(("email_verified", "phone_number_verified"), _FLAG),
    "aud": ("a text or a list of texts", _is_text_or_texts),
    "identities": ("a list", lambda value: isinstance(value, list)),
}


def _check_claim(name: str, value: object) -> None:
    """Look again at a claim whose type is not the plain one."""
    expected, holds = _CLAIM_CHECKS.get(name, (f"of type {_CLAIM_TYPES[name].__name__}", None))
    if holds is None or not holds(value):
        raise MalformedToken(f"the claim {name!r} has the wrong type", expected=expected, actual=value)


def _refuse(reason: str) -> NoReturn:
    raise MalformedToken(reason)


__all__ = ["DEFAULT_MAX_BYTES", "CompactToken", "parse"]
