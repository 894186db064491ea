"""The ID tokens of one app client, verified over any runtime. Loaded when the first one comes: cryptography is heavy."""

from __future__ import annotations

from cognito_auth._runtime.runtime import Runtime
from cognito_auth.app_client import AppClient
from cognito_auth.claims import Claims
from cognito_auth.token_verifier.settings import of_app, realms
from cognito_auth.token_verifier.verification import Verification


class IdTokens:
    """What a token verifier does, without a face: whoever asks it converses with a runtime already."""

    def __init__(self, runtime: Runtime, app: AppClient) -> None:
        use = "id"
        self._verification = Verification(realms(runtime, **of_app(app), token_use=use))

    async def claims(self, token: str) -> Claims:
        """What a good ID token says.

        Raises:
            TokenRejected: It must not be trusted.
            KeysUnavailable: The pool's keys could not be had.
        """
        return await self._verification.in_full(token, self._verification.at_once(token))
