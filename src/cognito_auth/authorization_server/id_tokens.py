"""The ID tokens of one app client, verified over any runtime. Loaded when the first one comes: cryptography is heavy."""

from __future__ import annotations

from cognito_auth._runtime.runtime import Runtime
from cognito_auth.app_client import AppClient
from cognito_auth.claims import IdClaims
from cognito_auth.token_verifier.verifying import Verifying, of_app


class IdTokens(Verifying[IdClaims]):
    """A token verifier without a face: whoever converses with a runtime already asks it directly."""

    def __init__(self, runtime: Runtime, app: AppClient) -> None:
        self._set_up(
            runtime,
            **of_app(app),
            token_use="id",  # noqa: S106 - which tokens, not a token
            jwks=None,
            offline=False,
            check=None,
            is_revoked=None,
            key_policy=None,
        )

    async def claims(self, token: str) -> IdClaims:
        """What a good ID token says.

        Raises:
            TokenRejected: It must not be trusted.
            KeysUnavailable: The pool's keys could not be had.
        """
        claims: IdClaims = await Verifying.verify.conversation(self, token)
        return claims
