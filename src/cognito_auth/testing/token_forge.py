"""Tokens without a sign-in: good ones with the pool's own keys, and bad ones for everything that is refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from cognito_auth.testing import bad_tokens
from cognito_auth.testing.alb import BAD_ALB_TOKENS, LoadBalancerKey
from cognito_auth.testing.fake_user_pool import jws, tokens
from cognito_auth.testing.fake_user_pool.state import ADMIN_SCOPE, Client, User

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.refresh_tokens import Sitting

_NAMESPACE = uuid.UUID("5a0f4a4e-6f3e-4b0c-9d55-0a9b5f2f3f0e")


class TokenForge:
    """Makes tokens of a fake user pool.

    >>> from cognito_auth.testing import FakeUserPool
    >>> pool = FakeUserPool()
    >>> token = pool.forge.access_token("ann", scopes={"orders/read"})
    >>> expired = pool.forge.bad("expired")

    A name that is no user of the pool serves as well; the token's `sub` then follows from the name. Without `client`
    a token is for the pool's first client, which is made where there is none. `claims` are added last, and a claim
    given as `None` is left out.
    """

    def __init__(self, pool: FakeUserPool) -> None:
        self.pool: FakeUserPool = pool

    def access_token(
        self,
        username: str = "ann",
        *,
        scopes: Iterable[str] | str = (ADMIN_SCOPE,),
        groups: Iterable[str] | None = None,
        client: Client | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A user's access token."""
        made = self.access_claims(
            username, scopes=scopes, groups=groups, client=client, expires_in=expires_in
        )
        return self.sign(_with(made, claims))

    def id_token(
        self,
        username: str = "ann",
        *,
        groups: Iterable[str] | None = None,
        client: Client | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A user's ID token."""
        made = self.id_claims(username, groups=groups, client=client, expires_in=expires_in)
        return self.sign(_with(made, claims))

    def machine_token(
        self,
        *,
        scopes: Iterable[str] | str = (),
        client: Client | None = None,
        expires_in: int | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A machine's access token, as client credentials give it."""
        return self.sign(
            _with(self.machine_claims(scopes=scopes, client=client, expires_in=expires_in), claims)
        )

    def alb_token(
        self,
        username: str = "ann",
        *,
        load_balancer_arn: str,
        client: Client | None = None,
        expires_in: int = 120,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """What a load balancer puts in `x-amzn-oidc-data`; its key is at `/<kid>` of whatever host."""
        head, content = self._alb_parts(username, load_balancer_arn, client, expires_in)
        return self.alb_key.sign({**head, **(header or {})}, _with(content, claims))

    def bad_alb_token(
        self, kind: str, username: str = "ann", *, load_balancer_arn: str, client: Client | None = None
    ) -> str:
        """A load balancer's token that must be refused; `alb.BAD_ALB_TOKENS` lists the kinds with their errors.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in BAD_ALB_TOKENS:
            raise ValueError(f"{kind!r} is not a kind of bad token: {', '.join(BAD_ALB_TOKENS)}")
        return BAD_ALB_TOKENS[kind].make(
            self.alb_key, *self._alb_parts(username, load_balancer_arn, client, 120)
        )

    def bad(
        self,
        kind: str,
        username: str = "ann",
        *,
        token_use: Literal["access", "id", "machine"] = "access",  # noqa: S107  # no password, an OAuth word
        **options: Any,
    ) -> str:
        """A token that must be refused; `kinds` lists the names, and `refused_as` says with which error.

        Args:
            kind: What is wrong with it.
            username: Whose token it would be.
            token_use: Which of a user's tokens it would be, or a machine's.
            options: What `access_token`, `id_token` or `machine_token` takes.

        Raises:
            ValueError: There is no such kind.
        """
        if kind not in bad_tokens.BAD:
            raise ValueError(f"{kind!r} is not a kind of bad token: {', '.join(self.kinds)}")
        added = options.pop("claims", None)
        if token_use == "machine":
            claims = self.machine_claims(**options)
        else:
            claims = (self.access_claims if token_use == "access" else self.id_claims)(username, **options)
        return bad_tokens.BAD[kind].make(self, _with(claims, added))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of bad token."""
        return tuple(bad_tokens.BAD)

    def refused_as(self, kind: str) -> str:
        """The name of the class under `errors.TokenRejected` that a bad token of this kind meets."""
        return bad_tokens.BAD[kind].error

    def access_claims(
        self,
        username: str,
        *,
        scopes: Iterable[str] | str = (ADMIN_SCOPE,),
        groups: Iterable[str] | None = None,
        client: Client | None = None,
        expires_in: int | None = None,
    ) -> dict[str, Any]:
        """The claims of a user's access token, not signed yet."""
        user, sitting, chosen = self._sitting(username, groups, client)
        return _lasting(tokens.access_claims(self.pool, chosen, user, sitting, _words(scopes)), expires_in)

    def id_claims(
        self,
        username: str,
        *,
        groups: Iterable[str] | None = None,
        client: Client | None = None,
        expires_in: int | None = None,
    ) -> dict[str, Any]:
        """The claims of a user's ID token, not signed yet."""
        user, sitting, chosen = self._sitting(username, groups, client)
        return _lasting(tokens.id_claims(self.pool, chosen, user, sitting), expires_in)

    def machine_claims(
        self, *, scopes: Iterable[str] | str = (), client: Client | None = None, expires_in: int | None = None
    ) -> dict[str, Any]:
        """The claims of a machine's access token, not signed yet."""
        return _lasting(tokens.machine_claims(self.pool, client or self.client, _words(scopes)), expires_in)

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A token with these claims, signed with the pool's key for their use."""
        return jws.sign(
            self.pool.keys.signing("id" if claims.get("token_use") == "id" else "access"), claims, **header
        )

    @property
    def client(self) -> Client:
        """The pool's first client."""
        return next(iter(self.pool.clients.values()), None) or self.pool.add_client()

    @cached_property
    def alb_key(self) -> LoadBalancerKey:
        """The key of the load balancer."""
        return LoadBalancerKey()

    def _alb_parts(
        self, username: str, load_balancer_arn: str, client: Client | None, expires_in: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        user = self._user(username, None)
        issued = {"iss": self.pool.issuer, "exp": self.pool.clock.seconds() + expires_in}
        head = {"client": (client or self.client).client_id, "signer": load_balancer_arn, **issued}
        return head, {"sub": user.sub, **user.attributes, "username": user.username, **issued}

    def _sitting(
        self, username: str, groups: Iterable[str] | None, client: Client | None
    ) -> tuple[User, Sitting, Client]:
        chosen = client or self.client
        user = self._user(username, groups)
        return user, self.pool.sittings.begin(user, chosen), chosen

    def _user(self, username: str, groups: Iterable[str] | None) -> User:
        now = self.pool.clock.now()
        known = self.pool.users.find(username)
        wanted = None if groups is None else _words(groups)
        if known is not None and wanted is None:
            return known
        return User(
            username=username if known is None else known.username,
            sub=str(uuid.uuid5(_NAMESPACE, username)) if known is None else known.sub,
            password=None,
            attributes={} if known is None else known.attributes,
            groups=wanted or [],
            status="CONFIRMED",
            created=now,
            modified=now,
        )


def _words(given: Iterable[str] | str) -> list[str]:
    return given.split() if isinstance(given, str) else sorted(given)


def _lasting(claims: dict[str, Any], expires_in: int | None) -> dict[str, Any]:
    return claims if expires_in is None else {**claims, "exp": claims["iat"] + expires_in}


def _with(claims: Mapping[str, Any], added: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in {**claims, **(added or {})}.items() if value is not None}
