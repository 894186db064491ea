"""`GET /oauth2/authorize` and `GET /logout`: where a browser comes in, and where it leaves.

What is wrong with the client or its address is told to the person on a page, since nobody can be trusted with an
answer; everything else goes back to the client (RFC 6749, section 4.1.2.1).
<https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>
<https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from cognito_auth.testing.fake_user_pool import oauth_pages
from cognito_auth.testing.fake_user_pool.oauth_state import Ask
from cognito_auth.testing.fake_user_pool.wire import Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import User
    from cognito_auth.testing.fake_user_pool.wire import Request

SESSION_COOKIE = "cognito"
PROMPTS = frozenset({"none", "login", "select_account", "consent"})


class UntrustedError(Exception):
    """The browser must not be sent back: the client or its address is not known."""


def authorize(pool: FakeUserPool, request: Request) -> Reply:
    """Send the browser to the login page; at once back to the client if somebody is signed in already."""
    try:
        ask = read(pool, request.parameters())
    except UntrustedError as error:
        return oauth_pages.problem(str(error))
    refusal = objection(ask)
    if refusal is not None:
        return Reply.redirect(ask.back(**refusal))
    user = pool.browsers.user_of(cookie(request, SESSION_COOKIE))
    if user is not None and not ask.prompts & {"login", "select_account"}:
        return grant(pool, ask, user)
    if "none" in ask.prompts:
        return Reply.redirect(ask.back(error="login_required"))
    return Reply.redirect(f"/login?{request.query}")


def without_a_browser(pool: FakeUserPool, url: str, user: User) -> str:
    """The address that a browser comes back to after this user has signed in at a login's address.

    Raises:
        ValueError: The login page would have said that the client or its address is not known.
    """
    fields = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    try:
        ask = read(pool, fields)
    except UntrustedError as error:
        raise ValueError(str(error)) from None
    refusal = objection(ask)
    return ask.back(**refusal) if refusal else ask.back(code=pool.browsers.issue_code(ask, user))


def read(pool: FakeUserPool, fields: Mapping[str, str]) -> Ask:
    """What the browser was sent to ask.

    Raises:
        UntrustedError: The client is unknown, or the address is not one of its callback addresses.
    """
    client = pool.clients.get(fields.get("client_id", ""))
    if client is None:
        raise UntrustedError("There is no such app client in this user pool.")
    redirect_uri = fields.get("redirect_uri", "")
    if redirect_uri not in client.callback_urls:
        raise UntrustedError("The redirect address is not registered with the app client.")
    return Ask(client=client, redirect_uri=redirect_uri, fields=fields)


def objection(ask: Ask) -> dict[str, str] | None:
    """What is told to the client by redirect, if something is wrong; the first rule that objects."""
    for wrong, error, description in _OBJECTIONS:
        if wrong(ask):
            return {"error": error, "error_description": description}
    return None


_OBJECTIONS: tuple[tuple[Callable[[Ask], bool], str, str], ...] = (
    (
        lambda ask: ask.fields.get("response_type") != "code",
        "invalid_request",
        "Only response_type=code is supported.",
    ),
    (
        lambda ask: "code" not in ask.client.oauth_flows,
        "unauthorized_client",
        "The code grant is not enabled for this client.",
    ),
    (
        lambda ask: not ask.scopes or not ask.scopes <= ask.client.scopes,
        "invalid_scope",
        "A scope is not enabled for this client.",
    ),
    (
        lambda ask: ("code_challenge" in ask.fields) is not ("code_challenge_method" in ask.fields),
        "invalid_request",
        "code_challenge and code_challenge_method go together.",
    ),
    (
        lambda ask: ask.fields.get("code_challenge_method", "S256") != "S256",
        "invalid_request",
        "code_challenge_method must be S256.",
    ),
    (
        lambda ask: not ask.prompts <= PROMPTS or ("none" in ask.prompts and len(ask.prompts) > 1),
        "invalid_request",
        "prompt has a value that is not supported.",
    ),
    (
        lambda ask: (
            ask.fields.get("identity_provider", "COGNITO") != "COGNITO" or "idp_identifier" in ask.fields
        ),
        "invalid_request",
        "The user pool has no such identity provider.",
    ),
    (
        lambda ask: "resource" in ask.fields and not _is_absolute(ask.fields["resource"]),
        "invalid_request",
        "resource must be an absolute address without a fragment.",
    ),
)


def _is_absolute(resource: str) -> bool:
    parts = urlsplit(resource)
    return bool(parts.scheme and parts.netloc) and "#" not in resource


def grant(pool: FakeUserPool, ask: Ask, user: User, **headers: str) -> Reply:
    """Back to the client with a code."""
    code = pool.browsers.issue_code(ask, user)
    return Reply.redirect(ask.back(code=code)).with_headers(Cache_Control="no-store", **headers)


def logout(pool: FakeUserPool, request: Request) -> Reply:
    """End the browser's session and send it on: to a sign-out address, or to the login page of a new login."""
    fields = request.parameters()
    client = pool.clients.get(fields.get("client_id", ""))
    if client is None:
        return oauth_pages.problem("There is no such app client in this user pool.")
    if "logout_uri" in fields:
        if fields["logout_uri"] not in client.logout_urls:
            return oauth_pages.problem("The sign-out address is not registered with the app client.")
        target = fields["logout_uri"]
    elif fields.get("redirect_uri", "") in client.callback_urls and "response_type" in fields:
        target = f"/oauth2/authorize?{request.query}"
    else:
        return oauth_pages.problem(
            "Where should the browser go? Give a registered logout_uri or redirect_uri."
        )
    pool.browsers.sign_out(cookie(request, SESSION_COOKIE))
    return Reply.redirect(target).with_headers(Set_Cookie=set_cookie(SESSION_COOKIE, "", seconds=0))


def cookie(request: Request, name: str) -> str:
    """The value of a cookie; empty where there is none."""
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


def set_cookie(name: str, value: str, *, seconds: int) -> str:
    """A `Set-Cookie` header that no script reads and no other site's form sends."""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"


ENDPOINTS = {
    ("GET", "/oauth2/authorize"): ("authorize", authorize),
    ("GET", "/logout"): ("logout", logout),
}
