"""Verifiers and tokens for the hosts' tests, and what a challenge says."""

import re
import time
from typing import Any

import httpx

from cognito_auth import AccessClaims, AsyncTokenVerifier, Retry, TokenVerifier
from support.tokens import CLIENT, POOL, access_claims, key_set, signed

ORDERS = {"orders/read", "orders/write"}
"""The scopes of `good_token()`."""


def verifier(**settings: Any) -> TokenVerifier[AccessClaims]:
    """A verifier whose keys are here already."""
    return TokenVerifier(POOL, client_id=CLIENT, token_use="access", jwks=key_set(), offline=True, **settings)


def async_verifier(**settings: Any) -> AsyncTokenVerifier[AccessClaims]:
    """The same, to be awaited."""
    return AsyncTokenVerifier(
        POOL, client_id=CLIENT, token_use="access", jwks=key_set(), offline=True, **settings
    )


def _no_keys(_: httpx.Request) -> httpx.Response:
    return httpx.Response(500)


def blind_verifier(client: httpx.Client) -> TokenVerifier[AccessClaims]:
    """A verifier whose keys cannot be had."""
    return TokenVerifier(
        POOL, client_id=CLIENT, token_use="access", http_client=client, retry=Retry(attempts=1)
    )


def no_keys() -> httpx.MockTransport:
    """A key endpoint that is down."""
    return httpx.MockTransport(_no_keys)


def good_token(**changes: Any) -> str:
    """An access token of ann, who is an admin, valid for an hour."""
    return signed(access_claims(time.time(), **changes))


def expired_token() -> str:
    """The same, an hour old."""
    return signed(access_claims(time.time() - 3660))


def challenge(value: str) -> dict[str, str]:
    """The parameters of a Bearer challenge; anything else fails."""
    scheme, _, parameters = value.partition(" ")
    assert scheme == "Bearer"
    found = dict(re.findall(r'([a-z_]+)="([^"]*)"', parameters))
    assert parameters == ", ".join(f'{name}="{text}"' for name, text in found.items())
    return found
