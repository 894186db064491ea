"""ASGI: a middleware that lets nobody in without a good token, over HTTP and WebSockets alike.

::

    app = BearerMiddleware(app, verifier, exempt="/health")

The claims are in ``scope["state"]["claims"]``, which is ``request.state.claims`` in Starlette, FastAPI and Litestar.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, Unpack

from cognito_auth._bearer import REFUSALS, Answer, Guard, Options, Verifier, checked_paths
from cognito_auth._credentials import SAFE_METHODS, Seen
from cognito_auth.claims import Claims

__all__ = ["BearerMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY_VIOLATION: Final = 1008
"""The code of a WebSocket that is closed because of a token (RFC 6455 §7.4.1)."""


def seen(scope: Scope) -> Seen:
    """What matters of a request or of the opening of a WebSocket."""
    return Seen(
        headers=tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ),
        query=scope.get("query_string", b"").decode("latin-1"),
        is_safe=scope["type"] == "http" and scope["method"] in SAFE_METHODS,
    )


class BearerMiddleware:
    """An ASGI application that passes on requests with a good token, and answers the others itself.

    Every path and every WebSocket needs a token, unless its path is exempt. A WebSocket is refused before it is
    accepted: with the same answer as a request where the server can send one, closed with code 1008 otherwise. A
    browser's preflight carries no token: put CORS middleware outside of this one.

    Args:
        app: The application.
        verifier: An ``AsyncTokenVerifier``, which waits for keys without holding up anyone, or a ``TokenVerifier``,
            which is as good once its keys are warm.
        exempt: Paths that need no token, exactly as they come; the application gets no claims for them.
        options: What a token must have (``all_scopes``, ``any_scopes``, ``all_groups``, ``any_groups``); where it may
            stand (``header``, ``scheme``, ``cookie`` and the ``origins`` that may send it); ``realm`` and
            ``resource_metadata`` for the challenge.

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        app: App,
        verifier: Verifier[Claims],
        *,
        exempt: str | Iterable[str] = (),
        **options: Unpack[Options],
    ) -> None:
        self._app = app
        self._guard = Guard.of(verifier, options)
        self._exempt = checked_paths(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = scope["type"]
        if kind == "lifespan" or (kind in _REFUSE and scope["path"] in self._exempt):
            await self._app(scope, receive, send)
            return
        refuse = _REFUSE.get(kind)
        if refuse is None:
            raise RuntimeError(f"a connection of the unknown type {kind!r} is let through to nobody")
        try:
            claims = await self._guard.admit_awaiting(seen(scope))
        except REFUSALS as error:
            answer = self._guard.answer(error)
        else:
            scope.setdefault("state", {})["claims"] = claims
            await self._app(scope, receive, send)
            return
        await refuse(answer, scope, receive, send)


async def _refuse_request(answer: Answer, _: Scope, __: Receive, send: Send) -> None:
    await _respond("http.response", answer, send)


async def _refuse_websocket(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Before it is accepted: https://asgi.readthedocs.io/en/latest/extensions.html#websocket-denial-response."""
    if (await receive())["type"] != "websocket.connect":
        return  # gone already
    if "websocket.http.response" in (scope.get("extensions") or {}):
        await _respond("websocket.http.response", answer, send)
    else:
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": answer.description})


async def _respond(prefix: str, answer: Answer, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.all_headers
    ]
    await send({"type": f"{prefix}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{prefix}.body", "body": answer.content})


_REFUSE: Final = {"http": _refuse_request, "websocket": _refuse_websocket}
