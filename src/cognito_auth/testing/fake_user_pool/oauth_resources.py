"""`POST /oauth2/revoke` and `/oauth2/userInfo`: what a client does with the tokens that it has.

<https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>
<https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.oauth_client import authenticate
from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError, RefusalError, Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Request

_REFUSALS = {"UnsupportedTokenType": "unsupported_token_type", "Unauthorized": "unauthorized_client"}
# Which attributes a scope opens; `openid` alone opens them all.
_OPENED = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
}
_NARROWING = frozenset({"email", "phone", "profile"})


def revoke(pool: FakeUserPool, request: Request) -> Reply:
    """End the sign-in of a refresh token; one that is unknown or ended already is no error (RFC 7009)."""
    form = request.form()
    client = authenticate(pool, request, form)
    if not form.get("token") or not client.revocation:
        raise OAuthRefusalError("invalid_request")
    try:
        pool.sittings.revoke(form["token"], client)
    except RefusalError as refusal:
        raise OAuthRefusalError(_REFUSALS[refusal.code]) from None
    return Reply()


def user_info(pool: FakeUserPool, request: Request) -> Reply:
    """The attributes of the user whose access token comes along, as far as its scopes open them.

    Cognito writes the verification flags as texts here, unlike in ID tokens.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _refused("invalid_request", "The request has no bearer token.", status=400)
    try:
        caller = checks.caller_of(pool, token.strip(), scope="openid")
    except RefusalError as refusal:
        return _refused("invalid_token", refusal.message, status=401)
    user, asked = caller.user, caller.scopes & _NARROWING
    shown = {
        name: value
        for name, value in user.attributes.items()
        if not asked or any(_opens(scope, name) for scope in asked)
    }
    return Reply.json({"sub": user.sub, **shown, "username": user.username}, Cache_Control="no-store")


def _opens(scope: str, attribute: str) -> bool:
    if scope == "profile":
        return not any(attribute in opened for opened in _OPENED.values())
    return attribute in _OPENED[scope]


def _refused(error: str, description: str, *, status: int) -> Reply:
    challenge = f'Bearer error="{error}", error_description="{description}"'
    reply = OAuthRefusalError(error, description, status=status).reply()
    return reply.with_headers(WWW_Authenticate=challenge)


ENDPOINTS = {
    ("POST", "/oauth2/revoke"): ("revoke", revoke),
    ("GET", "/oauth2/userInfo"): ("userInfo", user_info),
    ("POST", "/oauth2/userInfo"): ("userInfo", user_info),
}
