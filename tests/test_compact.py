"""The strict parser: anything goes in; the parts or a MalformedToken come out."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_auth import compact, errors
from support.tokens import access_claims, base64url, id_claims, signed

HEADER = base64url(b'{"kid":"one","alg":"RS256"}')
PAYLOAD = base64url(b'{"sub":"1"}')
SIGNATURE = base64url(bytes(256))


def token(*, header: bytes | str = HEADER, payload: bytes | str = PAYLOAD, signature: str = SIGNATURE) -> str:
    """A token of these segments; bytes are encoded first."""
    segments = (base64url(part) if isinstance(part, bytes) else part for part in (header, payload, signature))
    return ".".join(segments)


def test_a_good_token_comes_apart() -> None:
    """Header, claims, signature, and what the signature is over."""
    parsed = compact.parse(token())
    assert {"kid": "one", "alg": "RS256"} == parsed.header
    assert {"sub": "1"} == parsed.claims
    assert bytes(256) == parsed.signature
    assert f"{HEADER}.{PAYLOAD}".encode() == parsed.signing_input


def test_the_parts_cannot_be_changed() -> None:
    """They are shared by whoever looks at the token."""
    parsed = compact.parse(token())
    with pytest.raises(TypeError):
        parsed.claims["sub"] = "2"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize("make", [access_claims, id_claims])
def test_what_cognito_issues_is_accepted(make: Any) -> None:
    """Both kinds of token, with every claim of the right type."""
    claims = make(time.time())
    assert claims == compact.parse(signed(claims)).claims


def test_white_space_around_an_object_is_json() -> None:
    """JSON allows it, and some issuers print it."""
    assert {"sub": "1"} == compact.parse(token(payload=b' \n{"sub": "1"}\t\r\n')).claims


TEXTS: dict[str, object] = {
    "nothing": None,
    "bytes": b"a.b.c",
    "a number": 7,
    "an empty text": "",
    "one segment": HEADER,
    "two segments": f"{HEADER}.{PAYLOAD}",
    "four segments": f"{token()}.{SIGNATURE}",
    "five segments, as an encrypted token has": f"{token()}.a.b",
    "an empty header": token(header=""),
    "an empty payload": token(payload=""),
    "an empty signature": token(signature=""),
    "white space before": f" {token()}",
    "white space after": f"{token()}\n",
    "the scheme before": f"Bearer {token()}",
    "more than 16 KiB": token(payload=b'{"a":"' + b"a" * 16384 + b'"}'),
    "a letter outside of ASCII": token().replace("e", "\u0435", 1),  # noqa: RUF100
    "half of a surrogate pair": token() + "\ud800",
    "padding": token(payload=PAYLOAD + "="),
    "the standard alphabet": token(signature="ab+/"),
    "a character that no base64 has": token(signature="ab!d"),
    "a line break inside": token(payload=PAYLOAD[:4] + "\n" + PAYLOAD[4:]),
    "a length that no bytes have": token(signature=SIGNATURE[:-1]),
    "unused bits that are set, of two": token(payload=base64url(b'{"a":1} ')[:-1] + "B"),
    "unused bits that are set, of four": token(signature="AB"),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])
def test_a_text_that_is_no_compact_jwt_is_refused(text: object) -> None:
    """Three segments of canonical base64url, in ASCII, of bounded length, and nothing else."""
    with pytest.raises(errors.MalformedToken):
        compact.parse(text)


OBJECTS: dict[str, bytes] = {
    "a byte order mark": b'\xef\xbb\xbf{"sub":"1"}',
    "Latin-1": b'{"sub":"\xe9"}',
    "UTF-16": '{"sub":"1"}'.encode("utf-16"),
    "an overlong zero": b'{"sub":"\xc0\x80"}',
    "half of a surrogate pair": b'{"sub":"\\ud800"}',
    "half of a surrogate pair in a name": b'{"\\udfff":"1"}',
    "half of a surrogate pair deep inside": b'{"a":[{"b":"\\ud800"}]}',
    "no JSON": b"{sub}",
    "a member without a value": b'{"sub":}',
    "half a JSON": b'{"sub":"1"',
    "JSON and more": b'{"sub":"1"}{}',
    "a control character in a text": b'{"sub":"a\x00"}',
    "a trailing comma": b'{"sub":"1",}',
    "a comment": b'{"sub":"1"/**/}',
    "white space of Unicode": '\u00a0{"sub":"1"}'.encode(),
    "white space alone": b"   ",
    "a list": b'[{"sub":"1"}]',
    "a list after white space": b' [{"sub":"1"}]',
    "a text": b'"sub"',
    "null": b"null",
    "a member twice": b'{"sub":"1","sub":"2"}',
    "a member twice by escapes": b'{"sub":"1","s\\u0075b":"2"}',
    "a member twice deep inside": b'{"a":{"b":1,"b":2}}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "minus Infinity": b'{"a":-Infinity}',
    "a float beyond every range": b'{"a":1e999}',
    "a float beyond every range deep inside": b'{"a":[1e999]}',
    "65 bits": b'{"a":9223372036854775808}',
    "a number of 5000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "65 bits deep inside": b'{"a":{"b":[-9223372036854775809]}}',
    "17 levels": b'{"a":' + b"[" * 16 + b"]" * 16 + b"}",
    "thousands of levels": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "thousands of open levels": b'{"a":' + b"[" * 8000,
}


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in OBJECTS.items()])
def test_json_that_is_not_strict_is_refused(content: bytes) -> None:
    """In the payload as in the header."""
    for part in ("payload", "header"):
        with pytest.raises(errors.MalformedToken) as caught:
            compact.parse(token(payload=content) if part == "payload" else token(header=content))
        assert part in caught.value.reason


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":' + b"[" * 15 + b"]" * 15 + b"}",
        b'{"a":{"b":[1,-2.5,true,null,{"c":"\\u00e9"}]}}',
        b'{"a":9223372036854775807}',
        '{"sub":"\U0001f600 \u00e9"}'.encode(),
        b'{"sub":"\\ud83d\\ude00"}',
    ],
)
def test_json_that_is_strict_is_accepted(content: bytes) -> None:
    """Up to the limits."""
    assert json.loads(content) == compact.parse(token(payload=content)).claims


HEADERS: dict[str, dict[str, object]] = {
    "no alg": {"kid": "one"},
    "no kid": {"alg": "RS256"},
    "an empty kid": {"alg": "RS256", "kid": ""},
    "a kid that is a number": {"alg": "RS256", "kid": 1},
    "a kid that is a list": {"alg": "RS256", "kid": ["one"]},
    "an alg that is null": {"alg": None, "kid": "one"},
    "an alg that is an object": {"alg": {"RS256": 1}, "kid": "one"},
    "crit": {"alg": "RS256", "kid": "one", "crit": ["exp"]},
    "an empty crit": {"alg": "RS256", "kid": "one", "crit": []},
    "b64": {"alg": "RS256", "kid": "one", "b64": False},
}


@pytest.mark.parametrize("header", [pytest.param(header, id=name) for name, header in HEADERS.items()])
def test_a_header_that_cannot_be_obeyed_is_refused(header: dict[str, object]) -> None:
    """An extension that is not understood must not be passed over (RFC 7515 §4.1.11)."""
    with pytest.raises(errors.MalformedToken):
        compact.parse(token(header=json.dumps(header).encode()))


WRONG_TYPES: dict[str, list[Any]] = {
    "exp": ["1", True, None, [1], -1, -0.5, 253_402_300_800, {"a": 1}],
    **{name: ["soon"] for name in ("nbf", "iat", "auth_time")},
    **{name: [7] for name in ("jti", "token_use", "username", "acr", "nonce")},
    **{name: [7, None] for name in ("iss", "sub", "origin_jti", "cognito:username")},
    **{name: [7, ["a"]] for name in ("scope", "client_id", "device_key", "email")},
    "cognito:groups": ["admin", [1], {"admin": True}, None, [["admin"]]],
    "cognito:roles": ["role", [None]],
    "aud": [7, [], [1], {"a": 1}, None, True],
    "act": ["ann", [], 1],
    "identities": ["[]", {"a": 1}, 3],
    "version": ["2", 2.5, True],
    "email_verified": [1, None, []],
    "amr": ["pwd"],
}
CLAIMS = [(name, value) for name, values in WRONG_TYPES.items() for value in values]


@pytest.mark.parametrize("name, value", CLAIMS)
def test_a_claim_of_the_wrong_type_is_refused(name: str, value: object) -> None:
    """Every registered claim, and every one of Cognito's."""
    with pytest.raises(errors.MalformedToken) as caught:
        compact.parse(token(payload=json.dumps({name: value}).encode()))
    assert repr(name) in caught.value.reason
    assert value == caught.value.actual
    assert caught.value.expected


@pytest.mark.parametrize(
    "name, value",
    [
        ("exp", 1_767_225_600.5),
        ("exp", 0),
        ("aud", "abc"),
        ("aud", ["abc", "def"]),
        ("email_verified", "true"),
        ("email_verified", False),
        ("cognito:groups", []),
        ("act", {"sub": "robot", "act": {"sub": "other"}}),
        ("identities", [{"userId": "1", "primary": "true"}]),
        ("custom:anything", {"a": [1, None, False]}),
        ("custom:negative", -5),
        ("custom:null", None),
    ],
)
def test_a_claim_of_its_type_is_accepted(name: str, value: object) -> None:
    """Custom claims may hold anything."""
    assert {name: value} == compact.parse(token(payload=json.dumps({name: value}).encode())).claims


def test_a_shorter_limit_can_be_set() -> None:
    """Some gateways know how long their tokens are."""
    with pytest.raises(errors.MalformedToken, match="longer than 100 bytes"):
        compact.parse(token(), max_bytes=100)


def outcome(text: object) -> object:
    """The parsed token, or that it was refused; any other error fails the test."""
    try:
        return compact.parse(text)
    except errors.MalformedToken as refusal:
        return refusal.reason


@given(
    st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.from_regex(r"[\w.=-]*", fullmatch=True))
)
def test_anything_may_go_in(text: object) -> None:
    """Texts that were never near a token."""
    assert outcome(text)


@given(header=st.binary(max_size=200), payload=st.binary(max_size=200), signature=st.binary(max_size=64))
def test_any_bytes_may_stand_in_the_segments(header: bytes, payload: bytes, signature: bytes) -> None:
    """Well encoded, whatever they say."""
    assert outcome(token(header=header, payload=payload, signature=base64url(signature)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(sorted(WRONG_TYPES)) | st.text(max_size=8)


@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json_may_stand_in_the_payload(claims: dict[str, object]) -> None:
    """Accepted means understood: what comes out is what json.loads reads."""
    content = json.dumps(claims).encode()
    result = outcome(token(payload=content))
    assert isinstance(result, str) or json.loads(content) == getattr(result, "claims", None)


@given(st.data())
def test_one_changed_character_never_breaks_the_parser(data: st.DataObject) -> None:
    """Starting from a good token."""
    good = signed(access_claims())
    place = data.draw(st.integers(0, len(good) - 1))
    character = data.draw(st.characters())
    assert outcome(good[:place] + character + good[place + 1 :])


HEADERS_OF_ANY_KIND = st.just({"alg": "RS256", "kid": "one"}) | st.fixed_dictionaries(
    {"alg": st.just("RS256") | st.just(7), "kid": st.just("one") | st.just("")},
    optional={"crit": JSON, "b64": JSON, "typ": JSON},
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
NESTED = st.integers(0, 20).map(lambda depth: json.loads("[" * depth + "]" * depth or "0"))
PAYLOADS = st.dictionaries(
    NAMES, JSON | NUMBERS | NESTED | st.lists(st.text(max_size=4), max_size=3), max_size=5
)
SPOILED = st.sampled_from(
    ["", " ", "\n", "\ufeff", '{"a":1,"a":2}', '{"a":NaN}', '{"a":1e999}', '{"a":"\\ud800"}', "[1]", "{"]
)
CONTENTS = (
    st.tuples(SPOILED, PAYLOADS).map(lambda parts: (parts[0] + json.dumps(parts[1])).encode())
    | SPOILED.map(str.encode)
    | st.binary(max_size=20)
)
DAMAGE = st.sampled_from(["", "", "", "B", "=", "A", "!", ".", "\u00e9", "A" * 17000])


@given(
    header=HEADERS_OF_ANY_KIND,
    payload=CONTENTS,
    signature=st.binary(max_size=3),
    damage=DAMAGE,
)
@settings(max_examples=400)
def test_what_looks_like_a_token_may_go_in(
    header: dict[str, object], payload: bytes, signature: bytes, damage: str
) -> None:
    """Structure first: it reaches every branch of the parser."""
    text = token(
        header=json.dumps(header).encode(),
        payload=payload,
        signature=base64url(signature),
    )
    assert outcome(text + damage)
