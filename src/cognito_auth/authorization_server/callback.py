"""What the browser brought back: checked against its login before anything is sent (RFC 6749 §4.1.2, RFC 9207)."""

from __future__ import annotations

import hmac
from urllib.parse import SplitResult, parse_qsl, urlsplit

from cognito_auth._values import origin_of
from cognito_auth.app_client import AppClient, issuers_of
from cognito_auth.authorization_server.login import Login
from cognito_auth.errors import (
    CognitoAuthError,
    IssuerMismatch,
    LoginRefused,
    RedirectMismatch,
    StateMismatch,
    UsageError,
    oauth_error,
)

_LONGEST_DESCRIPTION = 500


def code_in(login: Login, callback_url: str, app: AppClient) -> str:
    """The authorization code in a callback's address.

    Args:
        login: What the browser was sent out with.
        callback_url: The whole address that it came back to, as the browser sees it.
        app: The app client, which says whose issuer is expected.

    Raises:
        RedirectMismatch: The address is not the login's redirect address.
        StateMismatch: The ``state`` is missing or another login's.
        IssuerMismatch: There is an ``iss``, and it is another issuer's.
        OAuthError: The service sent an error.
        LoginRefused: A parameter stands twice, or there is neither a code nor an error.
    """
    parts = _split(callback_url)
    _check_address(login.redirect_uri, parts)
    fields = _fields(parts)
    if not same(fields.get("state", ""), login.state):
        raise StateMismatch("the callback's 'state' is not the one that this login was sent out with")
    if "iss" in fields and fields["iss"] not in expected_issuers(app):
        raise IssuerMismatch("the callback's 'iss' is not this user pool's issuer")
    if "error" in fields:
        raise refusal(fields)
    if not fields.get("code"):
        raise LoginRefused("the callback has neither a 'code' nor an 'error'")
    return fields["code"]


def refusal(fields: dict[str, str]) -> CognitoAuthError:
    """The error that the service sent back by redirect."""
    return oauth_error(fields["error"], fields.get("error_description", "")[:_LONGEST_DESCRIPTION])


def same(given: str, expected: str) -> bool:
    """Whether two texts are equal; the time that this takes says nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def expected_issuers(app: AppClient) -> frozenset[str]:
    """The issuer that the app client names, or both forms that AWS has for the pool."""
    if app.issuer is not None:
        return frozenset({app.issuer})
    return frozenset(issuers_of(app.required_pool_id("a login")))


def _split(callback_url: object) -> SplitResult:
    if not isinstance(callback_url, str):
        raise UsageError(
            f"callback_url: got {type(callback_url).__name__}: expected the whole address as a text"
        )
    try:
        parts = urlsplit(callback_url)
        _ = parts.port
    except ValueError:
        raise RedirectMismatch("the callback's address cannot be read") from None
    return parts


def _check_address(redirect_uri: str, came: SplitResult) -> None:
    """The same scheme, host, port and path; what the redirect address has as its query is still there."""
    sent = urlsplit(redirect_uri)
    kept = set(parse_qsl(sent.query, keep_blank_values=True)) <= set(
        parse_qsl(came.query, keep_blank_values=True)
    )
    if (_place(sent), sent.path or "/") != (_place(came), came.path or "/") or not kept:
        raise RedirectMismatch(
            f"the browser came back to {_place(came)}{came.path}, not to this login's {redirect_uri}: behind a proxy, "
            "pass the address that the browser sees"
        )


def _place(parts: SplitResult) -> str:
    return origin_of(parts) if parts.scheme in {"http", "https"} else f"{parts.scheme}://{parts.netloc}"


def _fields(parts: SplitResult) -> dict[str, str]:
    """The parameters; RFC 6749 §3.1 allows each of them once."""
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise LoginRefused("a parameter stands twice in the callback's address")
    return fields
