"""`/login`: a person signs in, step by step, and the browser goes back to the client with a code.

The steps are those of the JSON API: the same attempts, sessions and challenges stand behind both.
<https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html>
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool import challenges, mfa, oauth_pages, password_sign_in, passwords
from cognito_auth.testing.fake_user_pool.oauth_authorize import (
    SESSION_COOKIE,
    UntrustedError,
    cookie,
    grant,
    objection,
    read,
    set_cookie,
)
from cognito_auth.testing.fake_user_pool.oauth_state import BROWSER_SECONDS, Ask
from cognito_auth.testing.fake_user_pool.sessions import Attempt
from cognito_auth.testing.fake_user_pool.wire import RefusalError, Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Request

CSRF_COOKIE = "XSRF-TOKEN"


@attrs.frozen(kw_only=True)
class Visit:
    """One request of a browser to the login page."""

    pool: FakeUserPool
    ask: Ask
    query: str
    csrf: str

    def page(self, step: oauth_pages.Step, trouble: str | None = None, **hidden: str) -> Reply:
        """The page of a step, with the mark that its form must bring back."""
        reply = oauth_pages.show(
            self.pool, step, query=self.query, hidden={"_csrf": self.csrf, **hidden}, trouble=trouble
        )
        return reply.with_headers(Set_Cookie=set_cookie(CSRF_COOKIE, self.csrf, seconds=BROWSER_SECONDS))

    def password_page(self, username: str, trouble: str | None = None) -> Reply:
        """The first page."""
        return self.page(oauth_pages.password(self.ask, username), trouble)


def show(pool: FakeUserPool, request: Request) -> Reply:
    """The first page."""
    visit = _visit(pool, request)
    if isinstance(visit, Reply):
        return visit
    return visit.password_page(visit.ask.fields.get("login_hint", ""))


def submit(pool: FakeUserPool, request: Request) -> Reply:
    """Take what a page asked for: the next page, or back to the client."""
    visit = _visit(pool, request)
    if isinstance(visit, Reply):
        return visit
    form = request.form()
    mark = cookie(request, CSRF_COOKIE)
    if not mark or not hmac.compare_digest(mark.encode(), form.get("_csrf", "").encode()):
        return oauth_pages.problem(
            "The form did not come from this browser's own login page, or waited too long."
        )
    return _answer(visit, form) if "session" in form else _begin(visit, form)


def _visit(pool: FakeUserPool, request: Request) -> Visit | Reply:
    try:
        ask = read(pool, request.parameters())
    except UntrustedError as error:
        return oauth_pages.problem(str(error))
    refusal = objection(ask)
    if refusal is not None:
        return Reply.redirect(ask.back(**refusal))
    csrf = cookie(request, CSRF_COOKIE) or secrets.token_urlsafe(24)
    return Visit(pool=pool, ask=ask, query=request.query, csrf=csrf)


def _begin(visit: Visit, form: Mapping[str, str]) -> Reply:
    """The name and the password."""
    pool, client = visit.pool, visit.ask.client
    name = form.get("username", "").strip()
    try:
        user = passwords.user_for_sign_in(pool, client, name)
        attempt = Attempt(
            user=user,
            client=client,
            flow="USER_PASSWORD_AUTH",
            name=name,
            begun=pool.clock.now(),
            hosted=True,
        )
        result = password_sign_in.with_password(pool, attempt, form.get("password", ""))
    except RefusalError as refusal:
        return visit.password_page(name, refusal.message)
    return _next(visit, attempt, result)


def _answer(visit: Visit, form: Mapping[str, str]) -> Reply:
    """The answer to a challenge."""
    pool, session, name = visit.pool, form["session"], form.get("challenge", "")
    try:
        attempt = pool.sessions.take(session, visit.ask.client, name)
    except RefusalError as refusal:
        return visit.password_page("", refusal.message)
    try:
        result = ANSWERS[name](pool, attempt, _responses(name, form))
    except RefusalError as refusal:
        if refusal.code not in AGAIN:
            return visit.password_page("", refusal.message)
        pool.sessions.put_back(session, attempt)
        return _challenge_page(visit, attempt, session, refusal.message)
    return _next(visit, attempt, result)


def _next(visit: Visit, attempt: Attempt, result: Mapping[str, Any]) -> Reply:
    """The page of the next challenge; after the last one, back to the client."""
    if "Session" in result:
        return _challenge_page(visit, attempt, _with_key(visit.pool, attempt, result["Session"]))
    user = attempt.known_user
    mark = set_cookie(SESSION_COOKIE, visit.pool.browsers.sign_in(user), seconds=BROWSER_SECONDS)
    return grant(visit.pool, visit.ask, user, Set_Cookie=mark)


def _with_key(pool: FakeUserPool, attempt: Attempt, session: str) -> str:
    """Whoever has to set an authenticator app up is given a key for it."""
    if attempt.challenge != "MFA_SETUP" or "SOFTWARE_TOKEN_MFA" not in pool.settings.mfa_kinds:
        return session
    return str(mfa.associate(pool, {"Session": session})["Session"])


def _take_setup(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """A code shows that the user's app has the key; then the sign-in goes on."""
    session = pool.sessions.open(attempt, "MFA_SETUP")
    verified = mfa.verify(pool, {"Session": session, "UserCode": responses["MFA_SETUP_CODE"]})["Session"]
    attempt = pool.sessions.take(verified, attempt.client, "MFA_SETUP")
    return challenges.ANSWERS["MFA_SETUP"](pool, attempt, {})


ANSWERS = {**challenges.ANSWERS, "MFA_SETUP": _take_setup}
AGAIN = challenges.AGAIN | {"EnableSoftwareTokenMFA"}


def _challenge_page(visit: Visit, attempt: Attempt, session: str, trouble: str | None = None) -> Reply:
    step = oauth_pages.challenge(attempt)
    if step is None:
        return oauth_pages.problem(
            f"The login page of the fake user pool has no page for {attempt.challenge}."
        )
    return visit.page(step, trouble, challenge=attempt.challenge, session=session)


def _responses(name: str, form: Mapping[str, str]) -> dict[str, str]:
    """What a page was given, under the names that the JSON API has for it."""
    if name == "SELECT_MFA_TYPE":
        return {"ANSWER": form.get("choice", "")}
    if name == "NEW_PASSWORD_REQUIRED":
        attributes = {
            f"userAttributes.{each.removeprefix('attribute.')}": value
            for each, value in form.items()
            if each.startswith("attribute.")
        }
        return {"NEW_PASSWORD": form.get("new_password", ""), **attributes}
    return {f"{name}_CODE": form.get("code", "").strip()}


ENDPOINTS = {
    ("GET", "/login"): ("login page", show),
    ("POST", "/login"): ("login", submit),
}
