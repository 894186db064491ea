"""What a load balancer says of a user: its own kind of token, each key at an address of its own."""

import base64
import json
import time
from functools import cache
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_auth import AlbClaims, AlbTokenVerifier, AsyncAlbTokenVerifier, errors
from support.faces import Face
from support.tokens import CLIENT, ISSUER, KeyEndpoint, base64url, private_key

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/my-alb/50dc6c495c0c9188"
KID = "a1b2c3d4-0000-1111-2222-333344445555"
HOST = "https://public-keys.auth.elb.eu-west-1.amazonaws.com"


@cache
def signing_key(name: str = KID) -> ec.EllipticCurvePrivateKey:
    """A load balancer's key."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> bytes:
    """Its public half, as AWS serves it."""
    content: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return content


def padded(content: bytes) -> str:
    """Base64url with padding, as load balancers write it."""
    return base64.urlsafe_b64encode(content).decode()


def header(**changes: Any) -> dict[str, Any]:
    """A good header; a field that is changed to `None` is left out."""
    fields = {
        "typ": "JWT",
        "kid": KID,
        "alg": "ES256",
        "iss": ISSUER,
        "client": CLIENT,
        "signer": ARN,
        "exp": int(time.time()) + 120,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def signed(
    fields: dict[str, Any] | None = None, *, encode: Any = padded, key: Any = None, **claims: Any
) -> str:
    """What a load balancer sends."""
    payload = {
        "sub": "s-1",
        "email": "ann@example.com",
        "email_verified": "true",
        "username": "ann",
        **claims,
    }
    text = ".".join(encode(json.dumps(part).encode()) for part in (fields or header(), payload))
    r, s = decode_dss_signature((key or signing_key()).sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@pytest.fixture
def endpoint() -> KeyEndpoint:
    """Where the keys are."""
    served = KeyEndpoint()
    served.answer = lambda request: (
        httpx.Response(200, content=pem(signing_key()))
        if request.url.path.endswith(KID)
        else httpx.Response(403)
    )
    return served


def verifier(face: Face, endpoint: KeyEndpoint, **settings: Any) -> Any:
    """A verifier for the one load balancer."""
    client = face.http_client(transport=endpoint.transport())
    arguments = {"client_id": CLIENT, "issuer": ISSUER, "http_client": client, **settings}
    return face.make("AlbTokenVerifier", arguments.pop("load_balancer_arn", ARN), **arguments)


@pytest.mark.parametrize("encode", [padded, base64url])
async def test_a_good_token_gives_its_claims(face: Face, endpoint: KeyEndpoint, encode: Any) -> None:
    """Padded, as AWS documents it, or not."""
    checked = verifier(face, endpoint)
    fillers = ("", "x", "xx")  # every length of padding
    *_, claims = [await face(checked.verify(signed(encode=encode, filler=filler))) for filler in fillers]
    assert isinstance(claims, AlbClaims)
    assert ("s-1", "ann", "ann@example.com", True) == (
        claims.sub,
        claims.username,
        claims.email,
        claims.email_verified,
    )
    assert (ISSUER, CLIENT, ARN) == (claims.issuer, claims.client_id, claims.signer)
    assert claims.expires_at.timestamp() > time.time()
    assert [f"{HOST}/{KID}"] == endpoint.calls


REFUSED: dict[str, tuple[type[errors.TokenRejected], dict[str, Any]]] = {
    "expired": (errors.TokenExpired, {"exp": 1}),
    "no exp": (errors.MalformedToken, {"exp": None}),
    "an exp that is a text": (errors.MalformedToken, {"exp": "1"}),
    "an exp that is true": (errors.MalformedToken, {"exp": True}),
    "an exp beyond every range": (errors.MalformedToken, {"exp": 10**15}),
    "another load balancer": (errors.WrongSigner, {"signer": ARN.replace("my-alb", "your-alb")}),
    "no signer": (errors.WrongSigner, {"signer": None}),
    "a signer that is a list": (errors.WrongSigner, {"signer": [ARN]}),
    "another issuer": (errors.WrongIssuer, {"iss": ISSUER + "X"}),
    "no issuer": (errors.WrongIssuer, {"iss": None}),
    "another client": (errors.WrongClient, {"client": "another"}),
    "no client": (errors.WrongClient, {"client": None}),
    "no algorithm": (errors.WrongAlgorithm, {"alg": "none"}),
    "another algorithm": (errors.WrongAlgorithm, {"alg": "RS256"}),
    "crit": (errors.MalformedToken, {"crit": ["exp"]}),
    "a key id that climbs": (errors.UnknownKey, {"kid": "../../evil"}),
    "a key id that is an address": (errors.UnknownKey, {"kid": "https://evil.example.com/key"}),
    "a key id and a line break": (errors.UnknownKey, {"kid": f"{KID}\n"}),
    "a key id in capitals": (errors.UnknownKey, {"kid": KID.upper()}),
}


@pytest.mark.parametrize("refusal, changes", [pytest.param(*case, id=name) for name, case in REFUSED.items()])
async def test_a_token_that_is_not_for_here_is_refused_before_any_fetch(
    face: Face, endpoint: KeyEndpoint, refusal: type[errors.TokenRejected], changes: dict[str, Any]
) -> None:
    """What stands in the header is judged first."""
    with pytest.raises(refusal):
        await face(verifier(face, endpoint).verify(signed(header(**changes))))
    assert [] == endpoint.calls


def resigned(signature: bytes) -> str:
    """A good token with another signature."""
    return f"{signed().rpartition('.')[0]}.{padded(signature)}"


@pytest.mark.parametrize(
    "token",
    [
        lambda: signed(key=ec.generate_private_key(ec.SECP256R1())),
        lambda: resigned(bytes(64)),
        lambda: resigned(b"\xff" * 64),
        lambda: resigned(bytes(63)),
        lambda: resigned(bytes(96)),
        lambda: resigned(signing_key().sign(b"", ec.ECDSA(SHA256()))),
    ],
)
async def test_a_signature_that_does_not_fit_is_refused(
    face: Face, endpoint: KeyEndpoint, token: Any
) -> None:
    """Another key's, zeros, too short, too long, or in another form."""
    with pytest.raises(errors.BadSignature):
        await face(verifier(face, endpoint).verify(token()))


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "a=.b.c", "ab=.cd.ef", "abc==.cd.ef", "YQ===.YQ==.YQ==", None, "=.=.="]
)
async def test_wrong_padding_is_refused(face: Face, endpoint: KeyEndpoint, token: Any) -> None:
    """There is one right length of it."""
    with pytest.raises(errors.MalformedToken):
        await face(verifier(face, endpoint).verify(token))


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"\xff", pem(private_key()), pem(ec.generate_private_key(ec.SECP384R1()))]
)
async def test_an_answer_that_is_no_such_key_is_no_fault_of_the_token(
    face: Face, endpoint: KeyEndpoint, content: bytes
) -> None:
    """503."""
    endpoint.answer = lambda _: httpx.Response(200, content=content)
    with pytest.raises(errors.KeysUnavailable):
        await face(verifier(face, endpoint).verify(signed()))


async def test_made_up_key_ids_are_worth_few_requests(face: Face, endpoint: KeyEndpoint) -> None:
    """Ten new ones a minute; the known key goes on serving."""
    checked = verifier(face, endpoint)
    await face(checked.verify(signed()))
    for last in "012346789":
        for _ in range(2):
            with pytest.raises(errors.UnknownKey):
                await face(checked.verify(signed(header(kid=KID[:-1] + last))))
    made_up = "ffffffff-0000-1111-2222-33334444555"
    with pytest.raises(errors.KeysUnavailable, match="within a minute"):
        await face(checked.verify(signed(header(kid=f"{made_up}0"))))
    await face(checked.verify(signed()))
    checked._runtime.monotonic = lambda: time.monotonic() + 60
    with pytest.raises(errors.UnknownKey):
        await face(checked.verify(signed(header(kid=f"{made_up}0"))))


async def test_the_good_key_survives_any_number_of_made_up_ones(face: Face, endpoint: KeyEndpoint) -> None:
    """What holds no key makes room first."""
    checked = verifier(face, endpoint)
    await face(checked.verify(signed()))
    ticks = time.monotonic()
    for number in range(70):
        checked._runtime.monotonic = lambda number=number: ticks + number * 7
        with pytest.raises(errors.UnknownKey):
            await face(checked.verify(signed(header(kid=f"{KID[:-2]}{number:02x}"[:36]))))
    calls = len(endpoint.calls)
    await face(checked.verify(signed()))
    assert calls == len(endpoint.calls)
    assert len(checked._keys._sources) <= 64


@pytest.mark.parametrize(
    "region, host",
    [
        ("us-gov-west-1", "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1"),
        ("us-east-1", "https://public-keys.auth.elb.us-east-1.amazonaws.com"),
        ("cn-north-1", "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn"),
    ],
)
async def test_keys_are_where_the_load_balancer_is(
    face: Face, endpoint: KeyEndpoint, region: str, host: str
) -> None:
    """Its ARN says where; several load balancers may be named."""
    arn = ARN.replace("eu-west-1", region)
    checked = verifier(face, endpoint, load_balancer_arn=[ARN, arn], client_id=None)
    await face(checked.verify(signed(header(signer=arn))))
    assert [f"{host}/{KID}"] == endpoint.calls


async def test_keys_may_be_elsewhere(face: Face, endpoint: KeyEndpoint) -> None:
    """Behind a private endpoint, or in a test."""
    checked = verifier(face, endpoint, keys_url="http://127.0.0.1:9000/keys/", leeway=1)
    await face(checked.verify(signed()))
    assert [f"http://127.0.0.1:9000/keys/{KID}"] == endpoint.calls


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"load_balancer_arn": "my-alb"}, "load_balancer_arn"),
        ({"load_balancer_arn": ARN + "\n"}, "load_balancer_arn"),
        ({"load_balancer_arn": ARN.replace("/app/", "/net/")}, "load_balancer_arn"),
        ({"load_balancer_arn": []}, "load_balancer_arn"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": []}, "client_id"),
        ({"issuer": ""}, "issuer"),
        ({"leeway": -1}, "leeway"),
        ({"keys_url": "http://keys.example.com"}, "keys_url"),
    ],
)
@pytest.mark.parametrize("cls", [AlbTokenVerifier, AsyncAlbTokenVerifier])
def test_settings_that_cannot_be_right_are_refused_at_once(
    cls: Any, settings: dict[str, Any], argument: str
) -> None:
    """Naming the argument."""
    arguments = {"load_balancer_arn": ARN, "client_id": CLIENT, "issuer": ISSUER, **settings}
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        cls(arguments.pop("load_balancer_arn"), **arguments)
