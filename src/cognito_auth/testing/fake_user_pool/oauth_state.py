"""What the authorization server remembers: what a browser came to ask, codes that wait, browsers that are signed in.

<https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import attrs

from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client, User

CODE_SECONDS = 300
BROWSER_SECONDS = 3600


@attrs.frozen(kw_only=True)
class Ask:
    """What a browser was sent to ask for, checked as far as the answer may go back to the client."""

    client: Client
    redirect_uri: str
    fields: Mapping[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that were asked for; without any, all of the client's."""
        return frozenset(self.fields.get("scope", "").split()) or self.client.scopes

    @property
    def prompts(self) -> frozenset[str]:
        """What the client wants the user to be asked (OpenID Connect Core, section 3.1.2.1)."""
        return frozenset(self.fields.get("prompt", "").split())

    def back(self, **fields: str) -> str:
        """The address that leads back to the client, with these fields and the client's own `state`."""
        if "state" in self.fields:
            fields["state"] = self.fields["state"]
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode(fields)}"


@attrs.frozen(kw_only=True)
class Code:
    """A code that waits to be exchanged."""

    ask: Ask
    user: User
    issued_at: float

    def check(self, client: Client, form: Mapping[str, str], now: float) -> None:
        """Refuse an exchange that is not by the client that began, with the address and the verifier of its login.

        Raises:
            OAuthRefusalError: `invalid_grant`.
        """
        right = (
            self.ask.client is client
            and now < self.issued_at + CODE_SECONDS
            and form.get("redirect_uri") == self.ask.redirect_uri
            and _proves(form.get("code_verifier"), self.ask.fields.get("code_challenge"))
        )
        if not right:
            raise OAuthRefusalError("invalid_grant")


def _proves(verifier: str | None, challenge: str | None) -> bool:
    """PKCE (RFC 7636, section 4.6): a verifier is needed exactly where there was a challenge."""
    if verifier is None or challenge is None:
        return verifier is None and challenge is None
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, challenge.encode())


@attrs.frozen(kw_only=True)
class _SignedIn:
    user: User
    until: float


class Browsers:
    """Codes by their text, and the browsers that have a cookie of a user's sign-in."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool
        self._codes: dict[str, Code] = {}
        self._signed_in: dict[str, _SignedIn] = {}

    def issue_code(self, ask: Ask, user: User) -> str:
        """A new code for what was asked."""
        text = secrets.token_urlsafe(24)
        self._codes[text] = Code(ask=ask, user=user, issued_at=self._pool.clock.now())
        return text

    def take_code(self, text: str) -> Code:
        """The code, which is used up by this.

        Raises:
            OAuthRefusalError: `invalid_grant` for one that is unknown or used.
        """
        code = self._codes.pop(text, None)
        if code is None:
            raise OAuthRefusalError("invalid_grant")
        return code

    def sign_in(self, user: User) -> str:
        """The cookie of a browser in which the user has just signed in; it lasts an hour."""
        cookie = secrets.token_urlsafe(32)
        self._signed_in[cookie] = _SignedIn(user=user, until=self._pool.clock.now() + BROWSER_SECONDS)
        return cookie

    def user_of(self, cookie: str) -> User | None:
        """Who is signed in in the browser with this cookie."""
        found = self._signed_in.get(cookie)
        if found is None or self._pool.clock.now() >= found.until or not found.user.enabled:
            return None
        return self._pool.users.by_sub(found.user.sub)

    def sign_out(self, cookie: str) -> None:
        """Nobody is signed in there any more."""
        self._signed_in.pop(cookie, None)
