"""Every way to reach a fake: in process for httpx and httpx2, as ASGI and WSGI application, as a real server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from cognito_auth.testing.asgi_app import AsgiApp
    from cognito_auth.testing.fake_user_pool.wire import Reply
    from cognito_auth.testing.transports import FakeTransport
    from cognito_auth.testing.transports_httpx2 import FakeTransport as Httpx2FakeTransport
    from cognito_auth.testing.wsgi_app import WsgiApp


class Mounts(ABC):
    """What answers requests with `handle`, and can be mounted in every way."""

    @abstractmethod
    def handle(self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Reply:
        """Answer one HTTP request."""

    @abstractmethod
    def moved_to(self, base_url: str) -> None:
        """A server has started here."""

    @abstractmethod
    def moved_from(self, base_url: str) -> None:
        """The server there has stopped."""

    def transport(self) -> FakeTransport:
        """A transport for `httpx.Client` and `httpx.AsyncClient` with the pool behind it, whatever the host."""
        from cognito_auth.testing.transports import FakeTransport  # one of several mounts

        return FakeTransport(self)

    def httpx2_transport(self) -> Httpx2FakeTransport:
        """The same for `httpx2`."""
        from cognito_auth.testing.transports_httpx2 import FakeTransport  # only where httpx2 is

        return FakeTransport(self)

    def asgi_app(self) -> AsgiApp:
        """An ASGI application with the pool behind it."""
        from cognito_auth.testing.asgi_app import AsgiApp  # one of several mounts

        return AsgiApp(self)

    def wsgi_app(self) -> WsgiApp:
        """A WSGI application with the pool behind it."""
        from cognito_auth.testing.wsgi_app import WsgiApp  # one of several mounts

        return WsgiApp(self)

    def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, beyond_loopback: bool = False
    ) -> AbstractContextManager[str]:
        """A real server in threads of this process, for as long as the context lasts; its address is given.

        The JSON API is at `/`, the keys are at `/<pool id>/.well-known/jwks.json`, OAuth is at `/oauth2/…`.

        Raises:
            ValueError: Others could reach this `host`, and `beyond_loopback` is not given.
        """
        from cognito_auth.testing.server import serve  # one of several mounts

        return serve(self, host=host, port=port, beyond_loopback=beyond_loopback)
