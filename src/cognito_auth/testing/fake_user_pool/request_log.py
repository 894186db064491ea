"""The log of what was asked and answered, without secrets, for a test to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.wire import Reply, Request

REDACTED = "***"

# What may be shown. Everything else in a request may be a secret, or hold one.
_SHOWN = frozenset({
    "AuthFlow", "ClientId", "client_id", "Username", "USERNAME", "ChallengeName", "CHALLENGE_NAME", "ANSWER",
    "PREFERRED_CHALLENGE", "DEVICE_KEY", "DeviceKey", "DeviceRememberedStatus", "DeviceName", "AttributeName", "Name",
    "UserAttributeNames", "UserPoolId", "grant_type", "scope", "Scopes", "response_type", "redirect_uri", "logout_uri",
    "code_challenge_method", "Enabled", "PreferredMfa", "Limit", "MaxResults", "MessageAction", "Permanent",
    "TIMESTAMP", "SubjectTokenType", "ActorTokenType", "Audiences", "Resources", "RevokeAssociatedSessions",
    "SessionId", "FeedbackValue", "EventId", "resource", "identity_provider", "lang", "prompt",
})  # fmt: skip


@attrs.frozen(kw_only=True)
class Recorded:
    """One request: the operation, what it was called with (secrets are `***`) and what came of it."""

    operation: str
    method: str
    path: str
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]
    status: int
    error: str | None
    request_id: str
    at: float


def record(name: str, request: Request, reply: Reply, request_id: str, *, at: float) -> Recorded:
    """The entry for a request and its answer."""
    return Recorded(
        operation=name,
        method=request.method,
        path=request.path,
        parameters=MappingProxyType(_redact(_parameters(request))),
        headers=MappingProxyType({key: _header(key, value) for key, value in request.headers.items()}),
        status=reply.status,
        error=_error(reply),
        request_id=request_id,
        at=at,
    )


def _parameters(request: Request) -> dict[str, Any]:
    if not request.body:
        return request.parameters()
    try:
        given = json.loads(request.body)
    except ValueError:
        return request.form()
    return given if isinstance(given, dict) else {}


def _redact(value: Any, *, shown: bool = False) -> Any:
    if isinstance(value, dict):
        return {name: _redact(each, shown=name in _SHOWN) for name, each in value.items()}
    if isinstance(value, list):
        return [_redact(each, shown=shown) for each in value]
    return value if shown else REDACTED


def _header(name: str, value: str) -> str:
    if name == "authorization":
        return f"{value.partition(' ')[0]} {REDACTED}"
    return REDACTED if name == "cookie" else value


def _error(reply: Reply) -> str | None:
    if reply.status < 400:
        return None
    try:
        content = json.loads(reply.body)
    except ValueError:
        return None
    found = (content.get("__type") or content.get("error")) if isinstance(content, dict) else None
    return None if found is None else str(found)
