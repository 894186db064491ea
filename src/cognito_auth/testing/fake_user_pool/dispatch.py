"""From a request to the function that answers it, and what every answer has in common.

Three tables say what there is: `OPERATIONS` (the JSON API, by operation), `ENDPOINTS` (the OAuth pages, by method and
path) and `WELL_KNOWN` (keys and discovery, by the end of the path). A name from them is what faults are ordered for
and what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import (
    account,
    admin,
    challenges,
    devices,
    machine,
    mfa,
    oauth_authorize,
    oauth_login,
    oauth_resources,
    oauth_token,
    passkeys,
    recovery,
    refresh,
    sign_in,
    sign_up,
    sigv4,
    user_sessions,
    validation,
)
from cognito_auth.testing.fake_user_pool.request_log import record
from cognito_auth.testing.fake_user_pool.well_known import WELL_KNOWN, load_balancer_key
from cognito_auth.testing.fake_user_pool.wire import (
    JSON_API,
    OAuthRefusalError,
    RefusalError,
    Reply,
    Request,
    request_id,
)

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

Operation = Callable[["FakeUserPool", dict[str, Any]], dict[str, Any]]
Endpoint = Callable[["FakeUserPool", Request], Reply]

TARGET = "AWSCognitoIdentityProviderService."

OPERATIONS: dict[str, Operation] = {
    **sign_up.OPERATIONS,
    **sign_in.OPERATIONS,
    **challenges.OPERATIONS,
    **refresh.OPERATIONS,
    **recovery.OPERATIONS,
    **account.OPERATIONS,
    **mfa.OPERATIONS,
    **passkeys.OPERATIONS,
    **devices.OPERATIONS,
    **user_sessions.OPERATIONS,
    **machine.OPERATIONS,
    **admin.OPERATIONS,
}

ENDPOINTS: dict[tuple[str, str], tuple[str, Endpoint]] = {
    ("POST", "/oauth2/token"): ("token", oauth_token.token),
    **oauth_authorize.ENDPOINTS,
    **oauth_login.ENDPOINTS,
    **oauth_resources.ENDPOINTS,
    ("GET", "/confirmUser"): ("confirmUser", sign_up.confirm_by_link),
}

_CORS = {
    "Access_Control_Allow_Origin": "*",
    "Access_Control_Expose_Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}


def answer(pool: FakeUserPool, request: Request) -> Reply:
    """The whole way of a request: count it, let a fault happen, answer it, write it down."""
    name, serve = _route(pool, request)
    pool.count(name)

    def answered() -> Reply:
        with pool.lock:
            try:
                return serve()
            except (RefusalError, OAuthRefusalError) as refusal:
                return refusal.reply()

    reply = pool.faults.apply(name, answered)
    identity = request_id()
    pool.requests.append(record(name, request, reply, identity, at=pool.clock.now()))
    named = {"x_amzn_RequestId": identity, "x_amz_cognito_request_id": identity}
    return reply.with_headers(Date=pool.clock.http_date(), **named, **_CORS)


def _route(pool: FakeUserPool, request: Request) -> tuple[str, Callable[[], Reply]]:
    method, path = request.method, request.path
    if method == "OPTIONS":
        return "OPTIONS", _preflight
    if (method, path) in ENDPOINTS:
        name, endpoint = ENDPOINTS[method, path]
        return name, lambda: endpoint(pool, request)
    if method == "POST" and path == "/":
        name = request.headers.get("x-amz-target", "").removeprefix(TARGET)
        return name or "(no operation)", lambda: _call(pool, name, request)
    if method in {"GET", "HEAD"}:
        below = path.removeprefix(f"/{pool.pool_id}")
        if below in WELL_KNOWN:
            name, endpoint = WELL_KNOWN[below]
            return name, lambda: endpoint(pool, request)
        if path == f"/{pool.forge.alb_key.kid}":
            return "alb-key", lambda: load_balancer_key(pool, request)
    return "(not found)", lambda: Reply.json({"message": "Not Found"}, status=404)


def _preflight() -> Reply:
    return Reply().with_headers(
        Access_Control_Allow_Methods="GET, POST, OPTIONS",
        Access_Control_Allow_Headers="*, authorization, content-type, x-amz-target, x-amz-user-agent, cache-control",
        Access_Control_Max_Age="172800",
    )


def _call(pool: FakeUserPool, name: str, request: Request) -> Reply:
    operation = OPERATIONS.get(name)
    if operation is None or not request.headers.get("x-amz-target", "").startswith(TARGET):
        raise RefusalError("UnknownOperation", "")
    if request.headers.get("content-type", "").partition(";")[0].strip() != JSON_API:
        raise RefusalError("UnknownOperation", "")
    if name in admin.OPERATIONS:
        sigv4.check(pool, request)
    given = _body(request)
    validation.check(name, given)
    return Reply.json(operation(pool, given), kind=JSON_API)


def _body(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(request.body)
        json.dumps(given, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except ValueError:
        raise RefusalError("Serialization", "The request body is not JSON") from None
    if not isinstance(given, dict):
        raise RefusalError("Serialization", "The request body is not an object")
    return given
