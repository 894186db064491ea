"""The OAuth wire: forms out, JSON objects or typed errors back (RFC 6749, RFC 6750).

Pure functions over :class:`~cognito_auth._runtime.http.Reply`. An error is typed by its ``error`` alone: Cognito's
``error_description`` is for people, and its statuses (400 or 401 for the same error) differ by endpoint and year.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NoReturn
from urllib.parse import quote_plus, urlencode

from cognito_auth._runtime import http
from cognito_auth._runtime.http import Reply
from cognito_auth._values import is_unicode
from cognito_auth.errors import THROTTLING, OAuthError, UnexpectedReply, UsageError, oauth_error

ClientAuthentication = Literal["basic", "body"]
"""Where the client secret goes: an ``Authorization`` header, or the form (RFC 6749 §2.3.1)."""

FORM: Final = "application/x-www-form-urlencoded"

_LONGEST_DESCRIPTION: Final = 500
_PASSING: Final = frozenset({"temporarily_unavailable", "slow_down", "too_many_requests"})
_AUTH_PARAM: Final = re.compile(r'([a-z_]+)\s*=\s*"((?:[^"\\]|\\.)*)"', re.ASCII | re.IGNORECASE)


def checked_client_authentication(value: object) -> ClientAuthentication:
    """The value itself.

    Raises:
        UsageError: It is neither ``"basic"`` nor ``"body"``.
    """
    if value == "basic":
        return "basic"
    if value == "body":
        return "body"
    raise UsageError(f"client_authentication: {value!r}: expected 'basic' (a header) or 'body' (the form)")


def encoded(fields: Mapping[str, str | None]) -> bytes:
    """The fields as a form; those that are ``None`` are left out.

    Raises:
        UsageError: A field has half of a surrogate pair. Python's own error would hold the field, which may be a token.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    for name, value in given.items():
        if not is_unicode(value):
            raise UsageError(f"{name}: has half of a surrogate pair: expected a text that UTF-8 can hold")
    return urlencode(given).encode("ascii")


def basic(client_id: str, client_secret: str) -> str:
    """The ``Authorization`` header of a confidential client.

    Both halves are form-encoded first, as RFC 6749 §2.3.1 asks: a ``:`` or ``+`` in a secret would otherwise be
    read as something else.
    """
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")


def identified(
    client_id: str, client_secret: str | None, how: ClientAuthentication
) -> tuple[dict[str, str], dict[str, str | None]]:
    """The headers and the form fields that say which client asks. A public client sends its id alone."""
    fields: dict[str, str | None] = {"client_id": client_id}
    if client_secret is None:
        return {}, fields
    if how == "body":
        return {}, {**fields, "client_secret": client_secret}
    return {"authorization": basic(client_id, client_secret)}, fields


def document(reply: Reply) -> Mapping[str, Any]:
    """The JSON object of a good answer.

    Raises:
        OAuthError: The answer is an error.
        UnexpectedReply: It is neither: HTML, half a JSON text, a JSON list.
    """
    content = json_object(reply)
    error = _error_of(reply, content)
    if error is not None:
        raise error
    if content is None or not 200 <= reply.status < 300:
        unexpected(reply, "the answer is neither a JSON object nor an OAuth error")
    return content


def accepted(reply: Reply) -> None:
    """Nothing, if the answer is good; its body may be empty.

    Raises:
        OAuthError: The answer is an error.
        UnexpectedReply: It is neither.
    """
    error = _error_of(reply, json_object(reply))
    if error is not None:
        raise error
    if not 200 <= reply.status < 300:
        unexpected(reply, "the answer is not an OAuth error")


def says_later(reply: Reply) -> bool:
    """Whether an answer says that the service did nothing, and to come again later."""
    if reply.status < 400:
        return False
    content = json_object(reply) or {}
    code = _text(content.get("__type")).rpartition("#")[2].removesuffix("Exception")
    return _text(content.get("error")) in _PASSING or code in THROTTLING


def text_member(reply: Reply, content: Mapping[str, Any], name: str) -> str | None:
    """A member that is a non-empty text, or missing.

    Raises:
        UnexpectedReply: It is anything else.
    """
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        unexpected(reply, f"{name!r} is not a non-empty text")
    return value


def unexpected(reply: Reply, why: str) -> NoReturn:
    """Raise an UnexpectedReply that tells what came without quoting it: a body may hold tokens."""
    kind = reply.headers.get("content-type", "no content type").partition(";")[0][:100]
    raise UnexpectedReply(
        f"{why} ({len(reply.content)} bytes, {kind})", status=reply.status, request_id=reply.request_id
    )


def json_object(reply: Reply) -> Mapping[str, Any] | None:
    """The body as a JSON object, where it is one."""
    return http.json_object(reply.content)


def _error_of(reply: Reply, content: Mapping[str, Any] | None) -> OAuthError | None:
    """The error that the body names, or the ``WWW-Authenticate`` header of a protected endpoint (RFC 6750 §3)."""
    if reply.status < 400:
        return None
    said: Mapping[str, Any] = content if content and _text(content.get("error")) else _challenge(reply)
    code = _text(said.get("error"))
    if not code:
        return None
    description = _text(said.get("error_description"))[:_LONGEST_DESCRIPTION]
    return oauth_error(code, description, status=reply.status, request_id=reply.request_id)


def _challenge(reply: Reply) -> Mapping[str, str]:
    return {
        name.lower(): value for name, value in _AUTH_PARAM.findall(reply.headers.get("www-authenticate", ""))
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
