"""The fake user pool: what tests hold in their hands."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from cognito_auth.testing.clock import Clock
from cognito_auth.testing.fake_user_pool import dispatch, totp
from cognito_auth.testing.fake_user_pool.callbacks import Callbacks
from cognito_auth.testing.fake_user_pool.directory import Directory
from cognito_auth.testing.fake_user_pool.keys import Keys
from cognito_auth.testing.fake_user_pool.oauth_state import Browsers
from cognito_auth.testing.fake_user_pool.outbox import Codes, Outbox
from cognito_auth.testing.fake_user_pool.refresh_tokens import Sittings
from cognito_auth.testing.fake_user_pool.sessions import Sessions
from cognito_auth.testing.fake_user_pool.settings import Settings
from cognito_auth.testing.fake_user_pool.state import (
    AuthEvent,
    Client,
    User,
    new_client_id,
    new_secret,
    random_text,
)
from cognito_auth.testing.fake_user_pool.wire import Reply, Request
from cognito_auth.testing.faults import Faults
from cognito_auth.testing.mounts import Mounts

if TYPE_CHECKING:
    from cognito_auth.app_client import AppClient
    from cognito_auth.testing.fake_user_pool.request_log import Recorded
    from cognito_auth.testing.token_forge import TokenForge

NOWHERE = "https://fake-user-pool.invalid"
KEPT_REQUESTS = 1000


class FakeUserPool(Mounts):
    """A user pool in this process that speaks Cognito's protocol, strictly.

    >>> pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
    >>> client = pool.add_client()
    >>> user = pool.add_user("ann", "correct horse")

    Args:
        pool_id: The pool's id; the part before the underscore is its Region.
        issuer_form: Which of AWS's two forms the tokens' issuer has.
        issuer: An issuer of one's own, in place of both.
        settings: What an administrator decides once: password policy, MFA, devices, aliases, passkeys.
        callbacks: Functions in the place of Lambda triggers.

    Attributes:
        clock: The time as the pool sees it; `clock.advance(3600)` moves it.
        faults: Trouble on order: `faults.throttle("InitiateAuth", times=2)`.
        keys: The signing keys; `keys.rotate()` replaces them.
        calls: How often each operation was called, by name; also `"jwks"`, `"token"` and the other endpoints.
        requests: The last thousand requests, with secrets redacted.
        users: The users; `users["ann"]` finds one by any name that signs in.
        clients: The app clients by id.
        forge: Tokens without a sign-in.
        aws_credentials: The AWS access keys, with their secrets, that the admin operations accept.
        outbox: The messages that would have been sent.
        codes: The latest code that each user was sent: `codes["ann"]`.
    """

    def __init__(
        self,
        pool_id: str = "eu-west-1_Fake00001",
        *,
        issuer_form: Literal["original", "updated"] = "original",
        issuer: str | None = None,
        settings: Settings | None = None,
        callbacks: Callbacks | None = None,
    ) -> None:
        self.pool_id = pool_id
        self.region, _, self.name = pool_id.rpartition("_")
        self.issuer_form = issuer_form
        self.own_issuer = issuer
        self.issuer: str = issuer or _ISSUERS[issuer_form].format(region=self.region, pool_id=pool_id)
        self.settings = settings or Settings()
        self.callbacks = callbacks or Callbacks()
        self.lock = threading.RLock()
        self.clock = Clock()
        self.faults = Faults()
        self.keys = Keys()
        self.calls: Counter[str] = Counter()
        self.requests: deque[Recorded] = deque(maxlen=KEPT_REQUESTS)
        self.users = Directory(self)
        self.clients: dict[str, Client] = {}
        self.outbox = Outbox(self)
        self.codes = Codes(self)
        self.sittings = Sittings(self)
        self.sessions = Sessions(self)
        self.browsers = Browsers(self)
        self.auth_events: dict[str, AuthEvent] = {}
        self.secret = random_text(32)
        self.device_group_key = f"-{random_text(8)}"
        self.aws_credentials = {"test": "test"}
        self._bases = [NOWHERE]

    def __repr__(self) -> str:
        return f"FakeUserPool({self.pool_id!r}, {len(self.users)} users, {len(self.clients)} clients)"

    def add_client(
        self,
        name: str = "client",
        *,
        client_id: str | None = None,
        secret: bool | str = False,
        scopes: Iterable[str] | str = (),
        refresh_rotation: int | None = None,
        flows: Iterable[str] | None = None,
        oauth_flows: Iterable[str] = ("code", "client_credentials"),
        callback_urls: Iterable[str] = (),
        logout_urls: Iterable[str] = (),
        access_seconds: int = 3600,
        id_seconds: int = 3600,
        refresh_seconds: int = 30 * 86_400,
        session_seconds: int = 180,
        prevent_user_existence_errors: bool = True,
        revocation: bool = True,
    ) -> Client:
        """A new app client.

        Args:
            name: What the login page shows.
            client_id: An id of one's own.
            secret: Whether the client has a secret, or the secret itself.
            scopes: Its scopes, OpenID's and custom ones.
            refresh_rotation: Rotate refresh tokens, with this grace period in seconds (0 to 60).
            flows: The flows that it may use (`"ALLOW_USER_SRP_AUTH"`, …); all of them if not given.
            oauth_flows: What it may do at the authorization server.
            callback_urls: Where the login page may send people back to.
            logout_urls: Where the logout page may.
            access_seconds: The lifetime of an access token.
            id_seconds: The lifetime of an ID token.
            refresh_seconds: The lifetime of a refresh token.
            session_seconds: The lifetime of the session of an unfinished sign-in.
            prevent_user_existence_errors: Whether it hides which users exist.
            revocation: Whether its tokens can be revoked.
        """
        client = Client(
            client_id=client_id or new_client_id(),
            name=name,
            secrets=_secrets(secret),
            flows=None if flows is None else frozenset(flows),
            oauth_flows=frozenset(oauth_flows),
            scopes=frozenset(scopes.split() if isinstance(scopes, str) else scopes),
            callback_urls=tuple(callback_urls),
            logout_urls=tuple(logout_urls),
            refresh_rotation=refresh_rotation,
            access_seconds=access_seconds,
            id_seconds=id_seconds,
            refresh_seconds=refresh_seconds,
            session_seconds=session_seconds,
            prevent_user_existence_errors=prevent_user_existence_errors,
            revocation=revocation,
        )
        self.clients[client.client_id] = client
        return client

    def add_user(
        self,
        username: str,
        password: str | None = None,
        *,
        attributes: Mapping[str, str] | None = None,
        groups: Iterable[str] = (),
        mfa: Literal["totp", "sms", "email"] | None = None,
        status: Literal["CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"] = "CONFIRMED",
    ) -> User:
        """A new user, confirmed unless `status` says otherwise; the password policy is not asked.

        Args:
            username: The name to sign in with.
            password: The password; without one, only passwordless ways lead in.
            attributes: E-mail address and the like. Addresses count as verified unless `email_verified` says
                otherwise.
            groups: The groups of the user, in order of precedence.
            mfa: The kind of MFA that the user has set up; `totp` gives the code of an authenticator app.
            status: Where the user stands, for example `"FORCE_CHANGE_PASSWORD"` to meet NEW_PASSWORD_REQUIRED.
        """
        with self.lock:
            user = self.users.add(username, password, attributes or {}, status)
            for name in ("email", "phone_number"):
                if name in user.attributes and status != "UNCONFIRMED":
                    user.attributes.setdefault(f"{name}_verified", "true")
            user.groups.extend([groups] if isinstance(groups, str) else groups)
            if mfa is not None:
                user.mfa.append(_MFA[mfa])
                user.preferred_mfa = _MFA[mfa]
                user.totp_secret = totp.new_secret() if mfa == "totp" else None
            return user

    def totp(self, username: str) -> str:
        """The code that the user's authenticator app shows: the next one, if the present one was used already.

        Raises:
            ValueError: The user has set up no authenticator app.
        """
        user = self.users[username]
        secret = user.pending_totp or user.totp_secret
        if secret is None:
            raise ValueError(f"{username!r} has no authenticator app: add_user(…, mfa='totp') gives one")
        return totp.code_at(secret, max(self.clock.seconds() // totp.STEP, user.used_totp + 1))

    def suspect(self, username: str) -> AuthEvent:
        """A sign-in of this user looked suspicious: the event whose token UpdateAuthEventFeedback takes."""
        event = AuthEvent(
            event_id=str(uuid.uuid4()), sub=self.users[username].sub, feedback_token=random_text(60)
        )
        self.auth_events[event.event_id] = event
        return event

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, callbacks: Callbacks | None = None) -> FakeUserPool:
        """The pool that `dump` wrote to a file; functions cannot be written, and are given again.

        Raises:
            ValueError: The file is no such dump.
        """
        from cognito_auth.testing.fake_user_pool import dump  # needs what stands on the pool

        state = dump.read(path)
        pool = cls(**dump.arguments(state), callbacks=callbacks)
        dump.restore(pool, state)
        return pool

    def dump(self, path: str | os.PathLike[str]) -> None:
        """Write the pool's state to a file that only its owner can read (0600)."""
        from cognito_auth.testing.fake_user_pool import dump  # as above

        with self.lock:
            dump.dump(self, path)

    def log_in(self, url: str, username: str) -> str:
        """The address that a browser comes back to when this user has signed in at the login page; no browser is needed.

        Args:
            url: The address of a login, as `AuthorizationServer.authorize` makes it.
            username: Who signs in; neither a password nor MFA is asked for.

        Raises:
            KeyError: Nobody has this name.
            ValueError: The client or its redirect address is not known: a browser would see a page that says so.
        """
        from cognito_auth.testing.fake_user_pool.oauth_authorize import (
            without_a_browser,
        )  # it needs the pool too

        with self.lock:
            return without_a_browser(self, url, self.users[username])

    def app_client(self, client: Client) -> AppClient:
        """The settings of a client, for this library: inside `serve()` they lead to the server.

        Outside they name an address that does not exist, for use with `transport()`.
        """
        from cognito_auth.app_client import AppClient  # the pool itself serves others too

        return AppClient(
            client_id=client.client_id,
            pool_id=self.pool_id,
            client_secret=client.client_secret,
            endpoint=self.base_url,
            domain=self.base_url,
            issuer=self.own_issuer,
            jwks_uri=f"{self.base_url}/{self.pool_id}/.well-known/jwks.json",
        )

    @property
    def base_url(self) -> str:
        """Where the pool is: the newest server, or an address that does not exist."""
        return self._bases[-1]

    def handle(self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Reply:
        """Answer one HTTP request; every mount goes through here."""
        return dispatch.answer(self, Request.of(method, url, headers, body))

    @cached_property
    def forge(self) -> TokenForge:
        """Tokens without a sign-in, good and bad."""
        from cognito_auth.testing.token_forge import TokenForge  # stands on the pool

        return TokenForge(self)

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in of a token is over, as a `TokenVerifier`'s `is_revoked=` may ask."""
        sitting = self.sittings.find(str(claims.get("event_id", "")))
        return sitting is not None and sitting.revoked

    def count(self, name: str) -> None:
        """One more call of this operation."""
        with self.lock:
            self.calls[name] += 1

    def moved_to(self, base_url: str) -> None:
        """A server has started here."""
        self._bases.append(base_url)

    def moved_from(self, base_url: str) -> None:
        """The server there has stopped."""
        self._bases.remove(base_url)


def _secrets(secret: bool | str) -> list[str]:  # noqa: FBT001  # as add_client takes it
    if isinstance(secret, str):
        return [secret]
    return [new_secret()] if secret else []


_MFA = {"totp": "SOFTWARE_TOKEN_MFA", "sms": "SMS_MFA", "email": "EMAIL_OTP"}
_ISSUERS = {
    "original": "https://cognito-idp.{region}.amazonaws.com/{pool_id}",
    "updated": "https://issuer-cognito-idp.{region}.amazonaws.com/{pool_id}",
}
