"""Several user pools at one address, as at AWS: each request goes to the pool that it is about."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool.wire import Request
from cognito_auth.testing.mounts import Mounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Reply


class FakeCognito(Mounts):
    """Several fake user pools behind one transport, server or application.

    A request goes to the pool whose id is in its path or body, whose client it names, or whose token it brings; one that
    says nothing of the kind goes to the first pool.

    >>> from cognito_auth.testing import FakeCognito, FakeUserPool
    >>> cognito = FakeCognito(FakeUserPool("eu-west-1_Fake00001"), FakeUserPool("eu-west-1_Fake00002"))

    Args:
        pools: The pools, each with an id of its own.

    Raises:
        ValueError: There is no pool, or two have the same id.
    """

    def __init__(self, *pools: FakeUserPool) -> None:
        if not pools or len({pool.pool_id for pool in pools}) != len(pools):
            raise ValueError("give one pool or several, each with a pool_id of its own")
        self.pools = pools

    def handle(self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Reply:
        """Answer one HTTP request from the pool that it is about."""
        given = list(headers)
        return self._pool_for(Request.of(method, url, given, body)).handle(method, url, given, body)

    def moved_to(self, base_url: str) -> None:
        """A server has started here."""
        for pool in self.pools:
            pool.moved_to(base_url)

    def moved_from(self, base_url: str) -> None:
        """The server there has stopped."""
        for pool in self.pools:
            pool.moved_from(base_url)

    def _pool_for(self, request: Request) -> FakeUserPool:
        hints = set(_hints(request))
        for pool in self.pools:
            if not hints.isdisjoint({pool.pool_id, pool.issuer, *pool.clients}):
                return pool
        return self.pools[0]


def _hints(request: Request) -> Iterator[str]:
    """Everything in a request that may be a pool's id, a client's id or an issuer."""
    yield request.path.split("/")[1]
    named = {**request.parameters(), **request.form(), **_object(request.body)}
    for name in ("client_id", "ClientId", "UserPoolId"):
        if isinstance(named.get(name), str):
            yield named[name]
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        yield _decoded(credentials).partition(":")[0]
    for token in (credentials, named.get("AccessToken"), named.get("token")):
        issuer = (
            _object(_decoded(str(token).split(".")[1]).encode()).get("iss")
            if str(token).count(".") == 2
            else None
        )
        if isinstance(issuer, str):
            yield issuer


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
