"""WSGI: a middleware that lets nobody in without a good token.

::

    app = BearerMiddleware(app, verifier, exempt="/health")

The claims are in ``environ["cognito_auth.claims"]``: ``request.environ`` in Flask, ``request.META`` in Django.

https://peps.python.org/pep-3333/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Unpack

from cognito_auth._bearer import REFUSALS, Guard, Options, PatientVerifier, checked_paths
from cognito_auth._credentials import SAFE_METHODS, Seen
from cognito_auth.claims import Claims

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

__all__ = ["CLAIMS", "BearerMiddleware"]

CLAIMS: Final = "cognito_auth.claims"
"""Where the environment of a request holds the claims."""


def seen(environ: dict[str, Any]) -> Seen:
    """What matters of a request. A server joins doubled headers with a comma, which no token has."""
    return Seen(
        headers=tuple(
            (name[5:].replace("_", "-").lower(), value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        ),
        query=environ.get("QUERY_STRING", ""),
        is_safe=environ["REQUEST_METHOD"] in SAFE_METHODS,
    )


class BearerMiddleware:
    """A WSGI application that passes on requests with a good token, and answers the others itself.

    Every path needs a token, unless it is exempt.

    Args:
        app: The application.
        verifier: A ``TokenVerifier``.
        exempt: Paths that need no token, exactly as they come; the application gets no claims for them.
        options: What a token must have (``all_scopes``, ``any_scopes``, ``all_groups``, ``any_groups``); where it may
            stand (``header``, ``scheme``, ``cookie`` and the ``origins`` that may send it); ``realm`` and
            ``resource_metadata`` for the challenge.

    Raises:
        UsageError: An argument cannot be right, or the verifier is to be awaited.
    """

    def __init__(
        self,
        app: WSGIApplication,
        verifier: PatientVerifier[Claims],
        *,
        exempt: str | Iterable[str] = (),
        **options: Unpack[Options],
    ) -> None:
        self._app = app
        self._guard = Guard.of(verifier, options).blocking("WSGI")
        self._exempt = checked_paths(exempt)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") in self._exempt:
            return self._app(environ, start_response)
        try:
            claims = self._guard.admit(seen(environ))
        except REFUSALS as error:
            answer = self._guard.answer(error)
        else:
            environ[CLAIMS] = claims
            return self._app(environ, start_response)
        start_response(f"{answer.status} {answer.phrase}", list(answer.all_headers))
        # Not every server leaves the body out where a client asked for the head alone (RFC 9110 §9.3.2).
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.content]
