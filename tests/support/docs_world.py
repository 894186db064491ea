"""The world that the documentation speaks of, so that its snippets are what a user would type, and run.

- the user pool `eu-west-1_AbCdEfGhI`, with the domain prefix `my-prefix`
- its app client `1h57kf5cpq17m0eml12EXAMPLE`, which has no secret, and which the environment names too
- its machine client `5machine7client9EXAMPLE` with the secret `9dn2s0t4r1ngEXAMPLEsecret` and the scope `orders/read`
- the user `ann@example.com` with the password `correct horse`; every code that is sent is `123456`
- the browser of this machine, in which Ann signs in at once
- an API at `https://api.example.com`: `/orders` wants an access token of either client

A fake user pool answers in the place of AWS. Whatever is sent elsewhere meets the guard of the network.
"""

from typing import Any

import httpx
import httpx2
import pytest
from respx.mocks import HTTPCoreMocker

from cognito_auth import TokenVerifier, errors
from cognito_auth.testing import FakeUserPool
from support.guards import is_loopback

POOL_ID = "eu-west-1_AbCdEfGhI"
CLIENT_ID = "1h57kf5cpq17m0eml12EXAMPLE"
MACHINE_ID = "5machine7client9EXAMPLE"
MACHINE_SECRET = "9dn2s0t4r1ngEXAMPLEsecret"
SCOPE = "orders/read"
CODE = "123456"


def the_pool() -> FakeUserPool:
    """The user pool of the documentation."""
    pool = FakeUserPool(pool_id=POOL_ID)
    pool.add_client(
        client_id=CLIENT_ID,
        callback_urls=["https://me/callback", "http://localhost:8400/callback"],
        logout_urls=["https://me/"],
        scopes={"openid", "email"},
    )
    pool.add_client(client_id=MACHINE_ID, secret=MACHINE_SECRET, scopes={SCOPE})
    pool.add_user("ann@example.com", "correct horse", attributes={"email": "ann@example.com"})
    return pool


def send_the_same_code(pool: FakeUserPool, patch: pytest.MonkeyPatch) -> None:
    """Let every message hold the code that the documentation types."""
    send = pool.outbox.send

    def send_it(*arguments: Any) -> Any:
        message = send(*arguments)
        message.code = CODE
        return message

    patch.setattr(pool.outbox, "send", send_it)


class Api:
    """The API at `https://api.example.com`, for a client of httpx or httpx2."""

    def __init__(self, verifier: TokenVerifier[Any]) -> None:
        self._verifier = verifier

    def answer(self, library: Any, request: Any) -> Any:
        """One protected resource; everything else is not there."""
        if request.url.path != "/orders":
            return library.Response(404)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = self._verifier.verify(token)
        except errors.TokenRejected as rejected:
            challenge = f'{scheme or "Bearer"} error="invalid_token"'
            return library.Response(rejected.http_status, headers={"www-authenticate": challenge})
        return library.Response(200, json={"orders": [1, 2, 3], "for": claims.sub})


class World:
    """Stands in the place of the network for the default transports of httpx and httpx2."""

    def __init__(self) -> None:
        self.pool = the_pool()
        self.verifier = TokenVerifier(POOL_ID, client_id={CLIENT_ID, MACHINE_ID}, token_use="access")
        self._api = Api(self.verifier)

    def mount(self, patch: pytest.MonkeyPatch) -> None:
        """Take over what goes to AWS and to the API; loopback stays as it is."""
        send_the_same_code(self.pool, patch)
        patch.setattr("webbrowser.open", self.browse)
        self._mount_on(patch, httpx, self.pool.transport())
        self._mount_on(patch, httpx2, self.pool.httpx2_transport())

    def browse(self, url: str) -> bool:
        """Ann signs in, and her browser goes back to where the login began."""
        came = self.pool.log_in(url, "ann@example.com")
        with httpx.Client(trust_env=False) as browser:
            return browser.get(came).is_success

    def _mount_on(self, patch: pytest.MonkeyPatch, library: Any, pool: Any) -> None:
        api = library.MockTransport(lambda request: self._api.answer(library, request))
        places = {"api.example.com": api}
        for kind, method in (
            ("HTTPTransport", "handle_request"),
            ("AsyncHTTPTransport", "handle_async_request"),
        ):
            self._mount_one(patch, getattr(library, kind), method, places, pool)

    def _mount_one(
        self, patch: pytest.MonkeyPatch, transport: Any, method: str, places: dict[str, Any], pool: Any
    ) -> None:
        original = getattr(transport, method)

        def handle(this: Any, request: Any) -> Any:
            if HTTPCoreMocker.routers and isinstance(this, (httpx.HTTPTransport, httpx.AsyncHTTPTransport)):
                return original(this, request)  # a snippet uses respx, which stands behind httpx
            host = request.url.host
            if host.endswith((".amazonaws.com", ".amazoncognito.com")):
                return getattr(pool, method)(request)
            if host in places:
                return getattr(places[host], method)(request)
            assert is_loopback(host), f"the documentation's world has no {host}"
            return original(this, request)

        patch.setattr(transport, method, handle)
