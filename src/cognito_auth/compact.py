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
from json.scanner import make_scanner
from types import MappingProxyType
from typing import Any, Final, NoReturn, cast

import attrs

from cognito_auth.errors import MalformedToken

DEFAULT_MAX_BYTES: Final = 16 * 1024
MAX_DEPTH: Final = 16
"""How deep objects and lists may be nested; the tokens of Cognito need three levels."""

MAX_INT: Final = 0x7FFF_FFFF_FFFF_FFFF
"""64 bits hold every number that a token can mean."""

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
    header, payload, signature, signing_input = split(token, max_bytes)
    return CompactToken(
        header=MappingProxyType(read_header(header)),
        claims=MappingProxyType(read_claims(payload)),
        signing_input=signing_input,
        signature=decode(signature, "signature"),
    )


def split(token: object, max_bytes: int = DEFAULT_MAX_BYTES) -> tuple[bytes, bytes, bytes, bytes]:
    """The three segments of a compact JWS, still encoded, and what its signature is over.

    Raises:
        MalformedToken: It is not a text of three segments in ASCII, or longer than ``max_bytes``.
    """
    if not isinstance(token, str):
        raise MalformedToken(f"a token is a text, not {type(token).__name__}")
    if len(token) > max_bytes:
        raise MalformedToken(f"the token is longer than {max_bytes} bytes")
    if not token.isascii():
        raise MalformedToken("the token has characters outside of ASCII")
    text = token.encode("ascii")
    segments = text.split(b".")
    if len(segments) != 3:
        raise MalformedToken(f"a compact JWT has three segments, this text has {len(segments)}")
    header, payload, signature = segments
    return header, payload, signature, text[: -len(signature) - 1]


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
            raise MalformedToken(f"the header's {name} is missing, empty or not a text")
    for name in ("crit", "b64"):
        if name in header:
            raise MalformedToken(
                f"the header has {name!r}, an extension that nobody here understands (RFC 7515 §4.1.11)"
            )
    return header


def read_claims(segment: bytes) -> dict[str, Any]:
    """The payload, each claim that the RFCs or Cognito define of the right type.

    Raises:
        MalformedToken: It is not an object in JSON, or a claim has the wrong type.
    """
    if not segment or segment[0] not in _OBJECTS_BEGIN:
        raise MalformedToken("the payload is not a JSON object")
    claims = _read_object(decode(segment, "payload"), "payload")
    # For each token: the usual types first, and without a call.
    for name, value in claims.items():
        kind = value.__class__
        if kind is str:
            if name not in _NOT_TEXTS:
                continue
        elif (kind is int and 0 <= value < YEAR_10000 and name not in _NOT_NUMBERS) or _holds(name, value):
            continue
        expected = _EXPECTED.get(name, "a text")
        raise MalformedToken(f"the claim {name!r} has the wrong type", expected=expected, actual=value)
    return claims


# ── base64url ───────────────────────────────────────────────────────────────────────────────────────────

# From base64url's alphabet to the one that binascii reads. What only the standard alphabet has becomes invalid.
_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING: Final = (b"", None, b"==", b"=")

# The last character of a segment carries unused bits, which are zero in the one canonical spelling (RFC 4648 §3.5).
_CANONICAL_ENDS: Final = (None, None, b"AQgw", b"AEIMQUYcgkosw048")

# How "{", or the white space before one, begins in base64url: most of what is no token is known by one character.
_OBJECTS_BEGIN: Final = frozenset(b"eICD")


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
        raise MalformedToken(f"the {name} is empty or cut off")
    ends = _CANONICAL_ENDS[over]
    if ends is not None and segment[-1] not in ends:
        raise MalformedToken(f"the {name} is not canonical base64url without padding")
    try:
        return binascii.a2b_base64(segment.translate(_TO_STANDARD) + padding, strict_mode=True)
    except binascii.Error:
        raise MalformedToken(f"the {name} has characters that base64url does not have") from None


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────────────


class _NotStrict(ValueError):
    """JSON that Python would read, and that no token may hold."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotStrict("ambiguous: a member stands in it twice (RFC 7519 §4)")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _NotStrict(f"not JSON: {name} is no number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_BACKSLASH: Final = ord("\\")
_scan: Final[Callable[[str, int], tuple[Any, int]]] = make_scanner(cast("Any", _DECODER))


def read_json(content: bytes, name: str) -> dict[str, Any]:
    """An object in strict JSON: UTF-8 without a mark, no member twice, no number that JSON does not have.

    Args:
        content: The encoded text.
        name: What to call it in an error.

    Raises:
        MalformedToken: It is anything else.
    """
    value = _read_object(content, name)
    for member in value.values():
        _check_value(member, MAX_DEPTH - 1, name)
    return value


def _read_object(content: bytes, name: str) -> dict[str, Any]:
    """The object, numbers and depth not looked at yet."""
    try:
        text = content.decode()
        try:
            value, end = _scan(text, 0)
        except StopIteration:
            value, end = None, -1
        if end != len(text):  # white space around it, which is allowed, or something that is not
            value = _DECODER.decode(text)
        if _BACKSLASH in content and b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode()
    except _NotStrict as error:
        reason = str(error)
    except UnicodeEncodeError:
        reason = "not Unicode: it has half of a surrogate pair"
    except (ValueError, RecursionError):
        reason = "not JSON in UTF-8"
    else:
        if isinstance(value, dict):
            return value
        reason = "not a JSON object"
    raise MalformedToken(f"the {name} is {reason}")


def _check_value(value: Any, levels: int, name: str) -> None:
    """Refuse numbers that no token means, and what is nested too deep."""
    kind = value.__class__
    if kind is int:
        absurd = not -MAX_INT <= value <= MAX_INT
    elif kind is float:
        absurd = not math.isfinite(value)
    elif kind is list or kind is dict:
        absurd = levels == 0
        for member in () if absurd else value if kind is list else value.values():
            _check_value(member, levels - 1, name)
    else:
        return
    if absurd:
        raise MalformedToken(
            f"the {name} has a number beyond every range, or is nested beyond {MAX_DEPTH} levels"
        )


# ── claims ──────────────────────────────────────────────────────────────────────────────────────────────


def _is_moment(value: object) -> bool:
    kind = value.__class__
    return (kind is int or kind is float) and 0 <= cast("float", value) < YEAR_10000


def _are_texts(value: object) -> bool:
    if not isinstance(value, list):
        return False
    for member in value:  # noqa: SIM110 - twice as fast as all(…), for each token
        if member.__class__ is not str:
            return False
    return True


def _are_some_texts(value: object) -> bool:
    return _are_texts(value) and bool(value)


def _is_number(value: object) -> bool:
    return value.__class__ is int


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_custom(_: object) -> bool:
    """A claim that nobody defined may hold anything."""
    return True


_MOMENTS: Final = frozenset(["exp", "nbf", "iat", "auth_time"])
_EXPECTED: Final = {
    **dict.fromkeys(_MOMENTS, "a number of seconds since the epoch"),
    **dict.fromkeys(("amr", "cognito:groups", "cognito:roles"), "a list of texts"),
    **dict.fromkeys(("email_verified", "phone_number_verified"), "true or false"),
    "act": "an object",
    "aud": "a text, or a list of texts",
    "identities": "a list",
    "version": "a whole number",
}
_CHECKS: Final[Mapping[str, Callable[[object], bool]]] = {
    "a number of seconds since the epoch": _is_moment,
    "a list of texts": _are_texts,
    "true or false": _is_flag,
    "an object": _is_object,
    "a text, or a list of texts": _are_some_texts,
    "a list": _is_list,
    "a whole number": _is_number,
}
_CHECK_OF: Final = {name: _CHECKS[expected] for name, expected in _EXPECTED.items()}
_TEXTS: Final = frozenset(
    [
        # RFC 7519 §4.1, OpenID Connect Core §2 and §5.1
        *("iss", "sub", "jti", "nonce", "acr", "azp", "at_hash", "c_hash", "sid"),
        *("name", "given_name", "family_name", "email", "phone_number", "locale"),
        # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
        *("token_use", "client_id", "scope", "username", "origin_jti", "event_id", "device_key"),
        *("cognito:username", "cognito:preferred_role"),
    ]
)
# Some claims may be a text as well: one audience, and flags that come from user attributes, which are texts.
_NOT_TEXTS: Final = frozenset(_EXPECTED) - {"aud", "email_verified", "phone_number_verified"}


_NOT_NUMBERS: Final = (_TEXTS | _EXPECTED.keys()) - _MOMENTS - {"version"}


def _holds(name: str, value: object) -> bool:
    """Whether a value that is no text has the type of its claim.

    Raises:
        MalformedToken: It is too deep, or has a number beyond every range.
    """
    check = _CHECK_OF.get(name, _is_custom)
    if name in _TEXTS or not check(value):
        return False
    if check is not _are_texts:
        _check_value(value, MAX_DEPTH - 1, "payload")
    return True
