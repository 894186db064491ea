"""Tokens and keys built by hand, the good ones and the hostile ones, and an endpoint that serves the keys."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

POOL = "eu-west-1_AbCdEfGhI"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
NEW_ISSUER = f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}"
CLIENT = "1h57kf5cpq17m0eml12EXAMPLE"
NOW = 1_767_225_600


def private_key(name: str = "one", bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key pair, made once for each name and length."""
    return _made(name, bits)


@cache
def _made(_: str, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def base64url(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int) -> str:
    """A number as key sets have it."""
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(kid: str = "one", *, bits: int = 2048, **members: Any) -> dict[str, Any]:
    """The public key of this name as an entry of a key set; a member that is `None` is left out."""
    numbers = private_key(kid, bits).public_key().public_numbers()
    entry = {
        "kid": kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": number(numbers.n),
        "e": number(numbers.e),
        **members,
    }
    return {name: value for name, value in entry.items() if value is not None}


def key_set(*kids: str) -> dict[str, Any]:
    """A key set with these keys."""
    return {"keys": [jwk(kid) for kid in kids or ("one",)]}


def access_claims(now: float = NOW, **changes: Any) -> dict[str, Any]:
    """The payload of a good access token; a claim that is changed to `None` is left out."""
    claims = {
        "sub": "a1b2c3d4-0000-1111-2222-333344445555",
        "cognito:groups": ["admin", "staff"],
        "iss": ISSUER,
        "client_id": CLIENT,
        "origin_jti": "b1b2c3d4-0000-1111-2222-333344445555",
        "event_id": "c1b2c3d4-0000-1111-2222-333344445555",
        "token_use": "access",
        "scope": "orders/read orders/write",
        "auth_time": int(now) - 60,
        "exp": int(now) + 3600,
        "iat": int(now),
        "jti": "d1b2c3d4-0000-1111-2222-333344445555",
        "username": "ann",
        "version": 2,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def id_claims(now: float = NOW, **changes: Any) -> dict[str, Any]:
    """The payload of a good ID token; a claim that is changed to `None` is left out."""
    claims = {
        "sub": "a1b2c3d4-0000-1111-2222-333344445555",
        "cognito:groups": ["admin", "staff"],
        "email_verified": True,
        "iss": ISSUER,
        "cognito:username": "ann",
        "origin_jti": "b1b2c3d4-0000-1111-2222-333344445555",
        "aud": CLIENT,
        "token_use": "id",
        "auth_time": int(now) - 60,
        "exp": int(now) + 3600,
        "iat": int(now),
        "jti": "e1b2c3d4-0000-1111-2222-333344445555",
        "email": "ann@example.com",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(
    claims: Mapping[str, Any] | bytes,
    *,
    kid: str = "one",
    header: Mapping[str, Any] | bytes | None = None,
    key: rsa.RSAPrivateKey | None = None,
    bits: int = 2048,
) -> str:
    """A token over these claims, or over exactly these bytes."""
    fields = {"kid": kid, "alg": "RS256"} if header is None else header
    head = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(claims, separators=(",", ":")).encode()
    signing_input = f"{base64url(head)}.{base64url(body)}"
    signature = (key or private_key(kid, bits)).sign(signing_input.encode(), PKCS1v15(), SHA256())
    return f"{signing_input}.{base64url(signature)}"


class KeyEndpoint:
    """Serves key sets at any address, and can be told to fail."""

    def __init__(self, *kids: str) -> None:
        self.calls: list[str] = []
        """The addresses that were asked for, in order."""
        self.keys = key_set(*kids)
        """What every address answers."""
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None
        """What answers instead, if it is set."""

    def transport(self) -> httpx.MockTransport:
        """The endpoint as the transport of a client of either face."""
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(str(request.url))
        return httpx.Response(200, json=self.keys) if self.answer is None else self.answer(request)
