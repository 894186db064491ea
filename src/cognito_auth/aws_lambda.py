"""AWS Lambda: authorizers for API Gateway, and decorators for handlers behind it.

::

    handler = authorizer(
        TokenVerifier(…),
        routes={
            "GET /orders/{id}": Requires(all_scopes="orders/read"),
            "POST /orders": Requires(all_scopes="orders/write"),
            "ANY /admin/{proxy+}": Requires(all_groups="admin"),
        },
    )

What an authorizer can answer, API Gateway turns into 401 (no good token), 403 (a good token that may not do this) or 500
(the keys cannot be had; nothing is cached, and the next request asks again). A handler that verifies by itself,
:func:`require_token`, answers 401, 403 and 503 as RFC 6750 has them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, Literal, TypeVar, Unpack, overload
from urllib.parse import urlencode

from cognito_auth._bearer import REFUSALS, BlockingVerifier, Guard, Judge, Options, Refused, plain
from cognito_auth._credentials import SAFE_METHODS, Names, NoToken, Places, RequestRefused, Seen
from cognito_auth._execute_api import Routes, nothing, stage_of
from cognito_auth._requires import Requires
from cognito_auth.claims import AccessClaims, Claims, IdClaims
from cognito_auth.errors import KeysUnavailable, TokenExpired, UsageError, WrongTokenUse

__all__ = ["Requires", "Unauthorized", "authorizer", "behind_authorizer", "claims_of", "require_token"]

C = TypeVar("C", bound=Claims)
R = TypeVar("R")

Event = dict[str, Any]
Scalar = str | int | float | bool
Handler = Callable[[Event, Any], Any]

_CLAIMS: Final = "claims_json"
"""Where the context of an authorizer holds all claims, as a JSON text: its values must be scalars."""

_KINDS: Final[Mapping[str, type[AccessClaims | IdClaims]]] = {"access": AccessClaims, "id": IdClaims}


class Unauthorized(Exception):
    """What an authorizer raises so that API Gateway answers 401. It is not cached."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


# ── authorizers ─────────────────────────────────────────────────────────────────────────────────────────


def authorizer(
    verifier: BlockingVerifier[C],
    *,
    routes: Mapping[str, Requires],
    simple: bool = False,
    header: str = "Authorization",
    scheme: str | None = "Bearer",
    context: Callable[[C], Mapping[str, Scalar]] | None = None,
) -> Callable[[Event, Any], dict[str, Any]]:
    """A Lambda handler that is a TOKEN or REQUEST authorizer, of payload format 1.0 or 2.0.

    Its policy lists every route of the stage that the token may call, and nothing else. API Gateway keeps a policy for
    300 seconds and asks it about other routes too, so ``routes`` names each route that this authorizer guards. A token
    in a cookie is not taken: a policy is kept for the cookie, whichever page sends it next.

    Args:
        verifier: A ``TokenVerifier``. Made outside of the handler, it keeps its keys from one invocation to the next.
        routes: What a token must have, by route key: ``"GET /orders/{id}"``, ``"ANY /admin/{proxy+}"``,
            ``"$default"``, or ``"$connect"`` of a WebSocket API.
        simple: Answer ``{"isAuthorized": …}`` (HTTP APIs, payload format 2.0, simple responses on). API Gateway keeps
            that answer for every route alike, unless ``$context.routeKey`` is one of the authorizer's identity
            sources; an event without it is refused.
        header: The header that holds the token, for REQUEST authorizers.
        scheme: What comes before the token in it; ``None`` where it holds the bare token.
        context: More values for the handlers behind: texts, numbers and truth values, by name.

    Raises:
        UsageError: An argument cannot be right; the routes, for instance, are such that no policy could be exact.
    """
    guard = Guard(verifier, places=Places(header=header, scheme=scheme)).blocking("an authorizer")
    table = Routes(routes)
    respond = _simply if simple else _with_policy

    def handler(event: Event, _: Any) -> dict[str, Any]:
        return respond(event, table, _identified(guard, event), context)

    return handler


def _identified(guard: Guard[C], event: Event) -> C | None:
    """The claims of the event's token; ``None`` for a good token that the verifier holds too poor (403)."""
    stage_of(_arn(event))
    try:
        return guard.admit(_seen_by_authorizer(event, guard.places))
    except KeysUnavailable:
        raise
    except REFUSALS as error:
        if not isinstance(error, RequestRefused) and error.http_status == 403:
            return None
    raise Unauthorized


def _arn(event: Event) -> str:
    return str(event.get("methodArn") or event.get("routeArn") or "")


def _seen_by_authorizer(event: Event, places: Places) -> Seen:
    if event.get("type") == "TOKEN":
        return Seen(headers=((str(places.header), event.get("authorizationToken") or ""),))
    return _seen(event)


def _with_policy(
    event: Event, table: Routes, claims: C | None, context: Callable[[C], Mapping[str, Scalar]] | None
) -> dict[str, Any]:
    arn = _arn(event)
    statements = [nothing(arn)] if claims is None else table.statements(claims, arn)
    return {
        "principalId": claims.sub if claims is not None else "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
        "context": _context(claims, context),
    }


def _simply(
    event: Event, table: Routes, claims: C | None, context: Callable[[C], Mapping[str, Scalar]] | None
) -> dict[str, Any]:
    key = str(event.get("routeKey"))
    if event.get("version") != "2.0":
        raise UsageError(
            "simple: API Gateway reads simple answers in payload format 2.0 only: leave simple= out"
        )
    if key not in (event.get("identitySource") or ()):
        raise UsageError(
            "simple: the answer would be kept for every route: add $context.routeKey to the authorizer's identity sources"
        )
    requires = table.by_key.get(key)
    is_authorized = claims is not None and requires is not None and requires.is_met_by(claims)
    return {"isAuthorized": is_authorized, "context": _context(claims, context)}


def _context(claims: C | None, more: Callable[[C], Mapping[str, Scalar]] | None) -> dict[str, Scalar]:
    """What handlers behind the authorizer get: scalars only, as API Gateway demands."""
    if claims is None:
        return {}
    named = {
        "sub": claims.sub,
        "token_use": claims.raw.get("token_use"),
        "client_id": getattr(claims, "client_id", None),
        "username": getattr(claims, "username", None),
        "scope": claims.raw.get("scope"),
        "groups": " ".join(sorted(claims.groups)) or None,
        _CLAIMS: json.dumps(plain(claims.raw), separators=(",", ":")),
    }
    context = {name: value for name, value in named.items() if isinstance(value, str)}
    return {**context, **_scalars(more(claims) if more else {})}


def _scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    for name, value in values.items():
        if not isinstance(value, (str, int, float)):
            raise UsageError(
                f"context: {name!r} is {type(value).__name__}: expected a text, a number or a truth value"
            )
    return dict(values)


# ── handlers ────────────────────────────────────────────────────────────────────────────────────────────


def require_token(
    verifier: BlockingVerifier[C], **options: Unpack[Options]
) -> Callable[[Callable[[Event, Any, C], R]], Callable[[Event, Any], R | dict[str, Any]]]:
    """A decorator for handlers that API Gateway or a function URL calls with no authorizer before them.

    The handler gets the claims as its third argument. A request without a good token is answered in its place.

    Args:
        verifier: A ``TokenVerifier``. Made outside of the handler, it keeps its keys from one invocation to the next.
        options: What a token must have (``all_scopes``, ``any_scopes``, ``all_groups``, ``any_groups``); where it may
            stand (``header``, ``scheme``, ``cookie`` and the ``origins`` that may send it); ``realm`` and
            ``resource_metadata`` for the challenge.

    Raises:
        UsageError: An argument cannot be right.
    """
    guard = Guard.of(verifier, options).blocking("a Lambda handler")
    return _decorator(guard, lambda event: guard.admit(_seen(event)))


@overload
def behind_authorizer(
    *,
    token_use: Literal["access"],
    all_scopes: Names = (),
    any_scopes: Names = (),
    all_groups: Names = (),
    any_groups: Names = (),
    leeway: float = 0,
) -> Callable[[Callable[[Event, Any, AccessClaims], R]], Callable[[Event, Any], R | dict[str, Any]]]: ...
@overload
def behind_authorizer(
    *, token_use: Literal["id"], all_groups: Names = (), any_groups: Names = (), leeway: float = 0
) -> Callable[[Callable[[Event, Any, IdClaims], R]], Callable[[Event, Any], R | dict[str, Any]]]: ...
def behind_authorizer(
    *, token_use: Literal["access", "id"], leeway: float = 0, **requires: Any
) -> Callable[[Callable[[Event, Any, Any], Any]], Handler]:
    """A decorator for handlers behind an :func:`authorizer`; nothing is verified twice.

    The handler gets the claims as its third argument. An event that no authorizer has seen is answered with 401, and so
    is a token that has expired meanwhile: API Gateway keeps what an authorizer said for longer than a token may live.
    Anybody who may invoke the function itself can make an event up: see to it that only API Gateway may.

    Args:
        token_use: ``"access"`` or ``"id"``: which tokens the authorizer's verifier takes.
        leeway: Seconds by which clocks may differ, as the authorizer's verifier has it.
        requires: What a token must have for this handler: ``all_scopes``, ``any_scopes``, ``all_groups``,
            ``any_groups``.

    Raises:
        UsageError: An argument cannot be right.
    """
    if token_use not in _KINDS:
        raise UsageError(f"token_use: {token_use!r} is not one: expected 'access' or 'id'")
    judge = Judge(requires=(Requires(**requires),))
    grace = datetime.timedelta(seconds=leeway)

    def admit(event: Event) -> Claims:
        claims = claims_of(event)
        if claims is None:
            raise NoToken("no authorizer has seen the request")
        if claims.token_use != token_use:
            raise WrongTokenUse("the token is for another use", expected=token_use, actual=claims.token_use)
        now = datetime.datetime.now(datetime.UTC)
        if now >= claims.expires_at + grace:
            raise TokenExpired("the token has expired", expected=f"exp after {now}", actual=claims.expires_at)
        return judge.permit(claims)

    return _decorator(judge, admit)


def claims_of(event: Event) -> AccessClaims | IdClaims | None:
    """The claims that an :func:`authorizer` left in the event; ``None`` where none did.

    Args:
        event: Of a handler behind a REST, HTTP or WebSocket API, of either payload format.
    """
    found = (event.get("requestContext") or {}).get("authorizer") or {}
    text = (found.get("lambda") or found).get(_CLAIMS)
    if not isinstance(text, str):
        return None
    claims = json.loads(text)
    return _KINDS[claims["token_use"]](claims)


def _decorator(judge: Judge, admit: Callable[[Event], Any]) -> Callable[[Callable[..., Any]], Handler]:
    def decorate(handler: Callable[..., Any]) -> Handler:
        @wraps(handler)
        def guarded(event: Event, context: Any) -> Any:
            try:
                claims = admit(event)
            except REFUSALS as error:
                return _proxy_response(judge, error)
            return handler(event, context, claims)

        return guarded

    return decorate


def _proxy_response(judge: Judge, error: Refused) -> dict[str, Any]:
    """A refusal as API Gateway takes answers, in either payload format."""
    answer = judge.answer(error)
    return {
        "statusCode": answer.status,
        "headers": {**dict(answer.headers), "Content-Type": "application/json"},
        "body": answer.content.decode(),
        "isBase64Encoded": False,
    }


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────


def _seen(event: Event) -> Seen:
    """What matters of a request, in either payload format."""
    several: Mapping[str, list[str]] = event.get("multiValueHeaders") or {}
    single: Mapping[str, str] = event.get("headers") or {}
    found = [(name, value) for name, values in several.items() for value in values or ()]
    if not found:
        found = list(single.items())
    # Format 2.0 takes cookies out of the headers; in 1.0 they stay there.
    cookies = [("cookie", pair) for pair in event.get("cookies") or ()]
    method = event.get("httpMethod") or (event.get("requestContext") or {}).get("http", {}).get("method")
    return Seen(
        headers=tuple((name.lower(), value) for name, value in [*found, *cookies]),
        query=_query(event),
        is_safe=method in SAFE_METHODS,
    )


def _query(event: Event) -> str:
    several = event.get("multiValueQueryStringParameters")
    raw: str | None = event.get("rawQueryString")
    return (
        raw if raw is not None else urlencode(several or event.get("queryStringParameters") or {}, doseq=True)
    )
