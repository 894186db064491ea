"""An auth flow for httpx and httpx2, without importing either.

httpx asks an auth object for a generator: each request that it yields is sent, and it gets the response back.
Redirects are followed in between, out of its sight. What follows from that:

- Tokens are fetched by the source's own client, never by yielding the token request: a yielded one lands in the
  response's ``history``, runs the user's event hooks, and has no timeout of its own.
- No lock is held across a ``yield``: a flow that is abandoned there would hold it for ever.
- httpx drops ``Authorization`` on a redirect to another origin and forwards every other header, so any other header
  is put where copies do not reach it (:class:`OneHopHeaders`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from functools import cache
from types import ModuleType
from typing import Any, Final, Literal

from cognito_auth._runtime.operation import run
from cognito_auth._values import checked_url, is_loopback
from cognito_auth.errors import CognitoAuthError, UsageError
from cognito_auth.token_source.held import Use
from cognito_auth.token_source.source import AsyncTokenSource, TokenSource
from cognito_auth.tokens import TokenSet

_MARK: Final = "cognito_auth"
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class AnyOrigin:
    """The type of :data:`ANY_ORIGIN`."""

    def __repr__(self) -> str:
        return "ANY_ORIGIN"


ANY_ORIGIN: Final = AnyOrigin()
"""Every origin may receive the token: on purpose, and seldom wise."""


Place = tuple[bytes, bytes, int | None]
"""Scheme, host and port of an address, as both libraries have them; ``None`` for the scheme's own port."""


def _places(origins: str | Iterable[str] | AnyOrigin) -> frozenset[Place] | None:
    """Where the token may go; ``None`` for everywhere."""
    if isinstance(origins, AnyOrigin):
        return None
    allowed = [origins] if isinstance(origins, str) else list(origins)
    if not allowed:
        raise UsageError(
            "origins: none is given: expected the API's, such as 'https://api.example.com', or ANY_ORIGIN"
        )
    return frozenset(map(_place, allowed))


def _place(address: str) -> Place:
    parts = checked_url(address, "origins")
    if parts.path not in {"", "/"}:
        raise UsageError(
            f"origins: {address!r} has a path: expected scheme, host and port alone, such as 'https://api.example.com'"
        )
    port = None if parts.port == _DEFAULT_PORTS[parts.scheme] else parts.port
    return parts.scheme.encode(), (parts.hostname or "").lower().encode(), port


@cache
def one_hop_headers(library: ModuleType) -> type:
    """A library's ``Headers`` with one more header that goes out, and that no copy has.

    A redirect's request is made from a copy of the headers. The transport takes ``raw``, and so has the one more; who
    asks for it by its name gets it. Whatever copies or lists headers in any other way does not: should a library
    begin to send something else than ``raw``, the token stays at home.
    """

    class OneHopHeaders(library.Headers):  # type: ignore[name-defined, misc]
        _own: tuple[str, str] | None = None

        def __init__(self, headers: Any, name: str, value: str) -> None:
            super().__init__(headers)
            self.pop(name, None)
            self._own = (name, value)

        @property
        def raw(self) -> list[tuple[bytes, bytes]]:
            listed: list[tuple[bytes, bytes]] = super().raw
            return listed if self._own is None else [*listed, (self._own[0].encode(), self._own[1].encode())]

        def _is_own(self, key: object) -> bool:
            return self._own is not None and isinstance(key, str) and key.lower() == self._own[0].lower()

        def __getitem__(self, key: str) -> str:
            return self._own[1] if self._own and self._is_own(key) else str(super().__getitem__(key))

        def __contains__(self, key: object) -> bool:
            return self._is_own(key) or super().__contains__(key)

        def __setitem__(self, key: str, value: str) -> None:
            if self._is_own(key):
                self._own = None
            super().__setitem__(key, value)

        def __delitem__(self, key: str) -> None:
            if self._is_own(key):
                self._own = None
            else:
                super().__delitem__(key)

    return OneHopHeaders


class AuthFlow:
    """What ``CognitoAuth`` of either library does."""

    _library: ModuleType

    def __init__(
        self,
        source: TokenSource | AsyncTokenSource,
        origins: str | Iterable[str] | AnyOrigin,
        *,
        token: Literal["access", "id"] = "access",  # noqa: S107 - which of the tokens
        header: str = "Authorization",
        scheme: str | None = "Bearer",
        retry_on_401: bool = True,
        buffer_streams: bool = False,
    ) -> None:
        if not isinstance(source, (TokenSource, AsyncTokenSource)):
            raise UsageError(
                f"source: got {type(source).__name__}: expected a TokenSource or an AsyncTokenSource"
            )
        if token not in {"access", "id"}:
            raise UsageError(f"token: {token!r} is unknown: expected 'access' or 'id'")
        # A thread waits as the source does; a task never waits but in its own loop.
        self._keeper, self._from_loops = source._keeper, source._from_loops  # noqa: SLF001 - one design, two modules
        self._from_threads = source._runtime if isinstance(source, TokenSource) else None  # noqa: SLF001 - the same
        self._places = _places(origins)
        self._use: Use = token
        self._header = header
        self._prefix = "" if scheme is None else f"{scheme} "
        self._last: tuple[TokenSet | None, str] = (None, "")
        self._retries = retry_on_401
        self._buffers = buffer_streams
        # httpx takes this one alone off a request that is redirected to another origin.
        self._is_taken_off = header.lower() == "authorization"

    def __repr__(self) -> str:
        """Which token goes into which header."""
        return f"<{type(self).__name__} {self._use} token in {self._header}>"

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """For ``Client``."""
        keeper, waiting = self._keeper, self._from_threads
        if waiting is None:
            raise UsageError("an AsyncTokenSource needs an AsyncClient: make CognitoAuth from a TokenSource")
        if not self._may_have(request):
            yield request
            return
        if self._buffers:
            request.read()
        replayable = self._is_replayable(request)
        tokens = keeper.at_hand(self._use) or run(keeper.current(waiting, self._use))
        self._attach(request, tokens)
        response = yield request
        following = self._to_replay(response, replayable=replayable)
        if following is None:
            return
        if self._header not in following.headers:
            self._attach(following, tokens)  # a redirect led here, and took the token off
            yield following
            return
        try:
            renewed = run(keeper.current(waiting, self._use, tokens.access_token))
        except CognitoAuthError:
            return  # the original 401 says more than the failed refresh
        if self._value(renewed) != self._value(tokens):
            self._attach(following, renewed)
            yield following

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """For ``AsyncClient``, on asyncio and trio."""
        keeper, waiting = self._keeper, self._from_loops
        if not self._may_have(request):
            yield request
            return
        if self._buffers:
            await request.aread()
        replayable = self._is_replayable(request)
        tokens = keeper.at_hand(self._use) or await keeper.current(waiting, self._use)
        self._attach(request, tokens)
        response = yield request
        following = self._to_replay(response, replayable=replayable)
        if following is None:
            return
        if self._header not in following.headers:
            self._attach(following, tokens)  # a redirect led here, and took the token off
            yield following
            return
        try:
            renewed = await keeper.current(waiting, self._use, tokens.access_token)
        except CognitoAuthError:
            return
        if self._value(renewed) != self._value(tokens):
            self._attach(following, renewed)
            yield following

    # -- the rules, without any waiting ------------------------------------------------------------------------

    def _may_have(self, request: Any) -> bool:
        """Whether this request goes to an origin that may see the token, and has no such header of its own."""
        if not self._is_allowed(request.url):
            return False
        headers = request.headers
        # Usually there is none: to look first costs half of asking for it in vain.
        return self._header not in headers or request.extensions.get(_MARK) == hash(headers[self._header])

    def _is_allowed(self, url: Any) -> bool:
        if self._places is None:
            return url.raw_scheme == b"https" or is_loopback(url.host)
        return (url.raw_scheme, url.raw_host, url.port) in self._places

    def _is_replayable(self, request: Any) -> bool:
        """Whether the whole body is in memory. Iterators, files and multipart would be sent again as nothing."""
        return self._retries and isinstance(request.stream, self._library.ByteStream)

    def _value(self, tokens: TokenSet) -> str:
        made_of, value = self._last
        if made_of is tokens:
            return value
        token = tokens.access_token if self._use == "access" else tokens.id_token
        value = f"{self._prefix}{token}"
        self._last = tokens, value
        return value

    def _attach(self, request: Any, tokens: TokenSet) -> None:
        value = self._value(tokens)
        # Not on an upgrade from http to https at the schemes' own ports, though.
        if self._is_taken_off and (request.url.raw_scheme == b"https" or request.url.port is not None):
            request.headers[self._header] = value
        else:
            request.headers = one_hop_headers(self._library)(request.headers, self._header, value)
        request.extensions[_MARK] = hash(
            value
        )  # salted: it tells our header from the user's, and nothing else

    def _to_replay(self, response: Any, *, replayable: bool) -> Any:
        """The request to send once more, if this is a 401 of an API that may see the token."""
        if response.status_code != 401 or not replayable:
            return None
        following = response.request
        is_whole = isinstance(following.stream, self._library.ByteStream)
        return following if is_whole and self._is_allowed(following.url) else None
