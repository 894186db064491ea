"""Tokens in exchange for tokens (RFC 8693): for an API downstream, and on somebody's behalf."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import scope_set
from cognito_auth.errors import UsageError
from cognito_auth.tokens import aware
from cognito_auth.user_pool.base import Operations
from cognito_auth.users import DerivedToken

SourceTokenType = Literal["ACCESS_TOKEN", "ID_TOKEN", "SAML2"]


class Delegation(Operations):
    """Exchanging a token for a narrower one."""

    @operation
    async def get_derived_token(
        self,
        subject_token: str,
        *,
        subject_token_type: SourceTokenType = "ACCESS_TOKEN",  # noqa: S107 - its type, not a token
        subject_token_provider: str | None = None,
        actor_token: str | None = None,
        actor_token_type: SourceTokenType | None = None,
        actor_token_provider: str | None = None,
        scopes: str | Iterable[str] = (),
        audience: str | None = None,
        resource: str | None = None,
        requested_token_type: Literal["ACCESS_TOKEN", "ID_TOKEN"] | None = None,
    ) -> DerivedToken:
        """A token for an audience downstream, with an ``act`` claim where an actor's token is given.

        Args:
            subject_token: Whose authority is passed on.
            subject_token_type: What it is.
            subject_token_provider: The pool's identity provider that issued it, if not the pool itself.
            actor_token: Who acts for the subject.
            actor_token_type: What that is; needed with ``actor_token``.
            actor_token_provider: The identity provider that issued it.
            scopes: What to ask for; ``DerivedToken.scopes`` has what was granted.
            audience: Whom the token is for; not together with ``resource``.
            resource: Which resource server the token is for.
            requested_token_type: What to ask for.

        Raises:
            UsageError: Arguments do not go together; nothing was sent.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetDerivedToken.html
        """
        if (actor_token is None) is not (actor_token_type is None):
            raise UsageError(
                "actor_token, actor_token_type: one without the other: expected both, or neither"
            )
        if audience is not None and resource is not None:
            raise UsageError("audience, resource: both given: expected one of them, or neither")
        content = {
            "SubjectToken": _checks.checked_secret_text(subject_token, "subject_token"),
            "SubjectTokenType": subject_token_type,
            "SubjectTokenProviderName": subject_token_provider,
            "ActorToken": None
            if actor_token is None
            else _checks.checked_secret_text(actor_token, "actor_token"),
            "ActorTokenType": actor_token_type,
            "ActorTokenProviderName": actor_token_provider,
            "Scopes": sorted(scope_set(scopes)) or None,
            "Audiences": None if audience is None else [audience],
            "Resources": None if resource is None else [resource],
            "RequestedTokenType": requested_token_type,
        }
        answer = await self._wire.call_as_client(
            "GetDerivedToken",
            lambda proof: {"ClientSecret": proof.secret, **content},
            resend=Resend.UNANSWERED,
        )
        lasts = answer.number("ExpiresIn")
        return DerivedToken(
            token=answer.text("IssuedToken"),
            kind=answer.text("IssuedTokenType"),
            token_type=answer.text("TokenType"),
            expires_at=None if lasts is None else aware(self._runtime.now() + lasts),
            scopes=frozenset(answer.texts("Scopes")),
        )
