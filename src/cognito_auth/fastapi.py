"""FastAPI: a security dependency that gives the claims of a good token, and shows in the OpenAPI document.

::

    require = RequireToken(AsyncTokenVerifier(…))

    @app.get("/orders")
    async def orders(claims: Annotated[AccessClaims, require.with_(all_scopes="orders/read")]) -> …

It serves routes and WebSockets alike. Needs the extra ``fastapi``.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar, Unpack

from fastapi import HTTPException, Security, WebSocketException
from fastapi.openapi.models import APIKey, HTTPBearer
from fastapi.openapi.models import SecurityBase as SecurityModel
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from cognito_auth._bearer import REFUSALS, Answer, Guard, Options, Verifier
from cognito_auth._credentials import Names, Places
from cognito_auth._requires import Requires
from cognito_auth.asgi import POLICY_VIOLATION, seen
from cognito_auth.claims import Claims

__all__ = ["RequireToken"]

C = TypeVar("C", bound=Claims)

_NAME: Final = "Cognito"


class RequireToken(SecurityBase, Generic[C]):
    """A dependency whose result are the claims of the request's token; without a good one the request is refused.

    ``Depends(require)`` asks for any good token, ``Security(require, scopes=[…])`` for scopes as well, and
    :meth:`with_` for scopes and groups. The claims are also in ``request.state.claims``. Refusals are
    ``HTTPException``, so an application's own handlers see them.

    Args:
        verifier: An ``AsyncTokenVerifier``, which waits for keys without holding up anyone, or a ``TokenVerifier``,
            which is as good once its keys are warm.
        scheme_name: The security scheme's name in the OpenAPI document.
        description: What the document says of it.
        options: What a token must have (``all_scopes``, ``any_scopes``, ``all_groups``, ``any_groups``); where it may
            stand (``header``, ``scheme``, ``cookie`` and the ``origins`` that may send it); ``realm`` and
            ``resource_metadata`` for the challenge.

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        verifier: Verifier[C],
        *,
        scheme_name: str = _NAME,
        description: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._guard = Guard.of(verifier, options)
        self.scheme_name = scheme_name
        needs = self._needs()
        told = f"A token needs {', '.join(needs)}." if needs else None
        self.model = _model(self._guard.places, description or told)

    def with_(
        self,
        *,
        all_scopes: Names = (),
        any_scopes: Names = (),
        all_groups: Names = (),
        any_groups: Names = (),
    ) -> Any:
        """What one route asks for, beside what this dependency asks for anyway; it stands where ``Depends`` would.

        Args:
            all_scopes: Scopes that the token must all have.
            any_scopes: Scopes of which it must have one.
            all_groups: Groups that its user must all be in.
            any_groups: Groups of which its user must be in one.

        Raises:
            UsageError: A scope or a group cannot be one.
        """
        requires = Requires(
            all_scopes=all_scopes, any_scopes=any_scopes, all_groups=all_groups, any_groups=any_groups
        )
        narrowed = _Narrowed(self, requires)
        return Security(narrowed, scopes=narrowed.labels)

    def _needs(self) -> list[str]:
        """What every token must have, as the document lists it."""
        return [label for requires in self._guard.requires for label in _labels(requires)]

    async def __call__(self, connection: HTTPConnection, security_scopes: SecurityScopes) -> C:
        """The claims of the request's token.

        Raises:
            HTTPException: There is no good one; 401, 403 or 503, with the headers of RFC 6750.
        """
        return await self._admit(connection, (Requires(all_scopes=security_scopes.scopes),))

    async def _admit(self, connection: HTTPConnection, requires: Iterable[Requires]) -> C:
        guard = self._guard.requiring(*requires)
        try:
            claims = await guard.admit_awaiting(seen(connection.scope))
        except REFUSALS as error:
            answer = guard.answer(error)
        else:
            connection.state.claims = claims
            return claims
        raise _refusal(answer, connection)


class _Narrowed(SecurityBase, Generic[C]):
    """A :class:`RequireToken` that asks for more on one route, under the same name in the document."""

    def __init__(self, require: RequireToken[C], requires: Requires) -> None:
        self._require = require
        self._requires = requires
        self.scheme_name = require.scheme_name
        self.model = require.model
        self.labels = list(dict.fromkeys([*require._needs(), *_labels(requires)]))  # noqa: SLF001 - one thing in two classes

    async def __call__(self, connection: HTTPConnection, security_scopes: SecurityScopes) -> C:
        """The claims of the request's token."""
        # FastAPI hands over what stands above this dependency together with our own labels.
        above = [name for name in security_scopes.scopes if name not in self.labels]
        return await self._require._admit(connection, (self._requires, Requires(all_scopes=above)))  # noqa: SLF001 - one thing in two classes


def _labels(requires: Requires) -> list[str]:
    """The requirements as the document lists them: "role names which are required" (OpenAPI 3.1 §4.8.30).

    A scope stands as it is. The others have a space, which no scope can have.
    """
    labels = sorted(requires.all_scopes)
    if requires.any_scopes:
        labels.append(f"any of: {' '.join(sorted(requires.any_scopes))}")
    labels += [f"group: {group}" for group in sorted(requires.all_groups)]
    if requires.any_groups:
        labels.append(f"any group of: {' '.join(sorted(requires.any_groups))}")
    return labels


def _model(places: Places, description: str | None) -> SecurityModel:
    """The place of the token as the document describes it."""
    if places.header == "authorization" and places.scheme == "Bearer":
        return HTTPBearer(bearerFormat="JWT", description=description)
    if places.header is not None:
        return APIKey.model_validate({"in": "header", "name": places.header, "description": description})
    return APIKey.model_validate({"in": "cookie", "name": places.cookie, "description": description})


def _refusal(answer: Answer, connection: HTTPConnection) -> HTTPException | WebSocketException:
    extensions = connection.scope.get("extensions") or {}
    if connection.scope["type"] == "websocket" and "websocket.http.response" not in extensions:
        # A server that cannot answer the opening of a WebSocket can only close it.
        return WebSocketException(POLICY_VIOLATION, answer.description)
    return HTTPException(HTTPStatus(answer.status), answer.description, headers=dict(answer.headers))
