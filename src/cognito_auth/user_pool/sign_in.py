"""Signing in, on both faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cognito_auth._challenge import Answer, Challenge
from cognito_auth._runtime.operation import operation
from cognito_auth._values import NO_STRINGS
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool import conversation
from cognito_auth.user_pool.attempt import About
from cognito_auth.user_pool.base import Operations
from cognito_auth.user_pool.flows import Method
from cognito_auth.users import Device, UserContext


class SignIn(Operations):
    """Signing in and answering challenges."""

    @operation
    async def sign_in(
        self,
        username: str,
        password: str | None = None,
        *,
        method: Method = "srp",
        preferred: str | None = None,
        session: str | None = None,
        device: Device | None = None,
        acr_values: str | Iterable[str] = (),
        step_up_from: TokenSet | str | None = None,
        max_age: int | None = None,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> TokenSet | Challenge:
        """Tokens, or the first challenge that only the user can answer.

        Args:
            username: Any name that the pool lets users sign in with.
            password: The user's; ``method="custom"`` takes none, ``"choice"`` only with a preferred way that uses it.
            method: ``"srp"`` proves the password, which does not leave this process; ``"password"`` sends it,
                encrypted by TLS alone (user-migration triggers need that); ``"choice"`` lets the user or ``preferred``
                choose (``USER_AUTH``); ``"custom"`` asks what the pool's Lambda triggers ask, ``"custom-srp"`` the
                same after a proof of the password. It is never changed silently.
            preferred: For ``"choice"``: ``"PASSWORD_SRP"``, ``"PASSWORD"``, ``"EMAIL_OTP"``, ``"SMS_OTP"`` or
                ``"WEB_AUTHN"``.
            session: For ``"choice"``: what ``confirm_sign_up`` returned; it signs the user in at once.
            device: What ``confirm_device`` returned: it stands in for the second factor. If the user has forgotten it
                since, the sign-in begins again without it.
            acr_values: For ``"choice"``: the levels of authentication to reach, the strongest first.
            step_up_from: For ``"choice"``: the tokens, or the access token, of the sign-in that is to be stepped up.
            max_age: For ``"choice"``: seconds since the last sign-in after which its proofs count no more.
            client_metadata: For the pool's Lambda triggers; sent with the first request and with every answer.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            NotAuthorized: The name or the password is wrong.
            UserNotConfirmed: The user has signed up but not confirmed.
            PasswordResetRequired: An administrator asked for a new password.
            InvalidParameter: The app client does not allow the method; the text says both remedies.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
        """
        return await conversation.sign_in(
            self._wire,
            username,
            password,
            method=method,
            preferred=preferred,
            session=session,
            device=device,
            acr_values=acr_values,
            step_up_from=step_up_from,
            max_age=max_age,
            client_metadata=client_metadata,
            user_context=user_context,
            analytics_endpoint_id=analytics_endpoint_id,
        )

    @operation
    async def respond(
        self,
        answer: Answer,
        *,
        device: Device | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> TokenSet | Challenge:
        """Tokens, or the next challenge.

        An answer is sent once: its session may be used up although no reply came.

        Args:
            answer: What the challenge's own ``answer(…)`` returned.
            device: What ``confirm_device`` returned; the one that the sign-in began with, if not given.
            client_metadata: For the pool's Lambda triggers; what the sign-in said, if not given.
            user_context: For the pool's threat protection; what the sign-in said, if not given.
            analytics_endpoint_id: For Amazon Pinpoint; what the sign-in said, if not given.

        Raises:
            UsageError: This is no answer, or one of another app client's; nothing was sent.
            CodeMismatch: The code is wrong.
            ExpiredCode: The code is too old.
            EnableSoftwareTokenMFA: The code of an authenticator that is being set up is wrong.
            InvalidPassword: The new password does not meet the pool's policy.
            NotAuthorized: The session is used up or too old, or the proof is wrong: sign in again.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came: sign in again.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
        """
        return await conversation.respond(
            self._wire,
            answer,
            device=device,
            client_metadata=client_metadata,
            user_context=user_context,
            analytics_endpoint_id=analytics_endpoint_id,
        )

    @operation
    async def initiate_auth(
        self,
        flow: str,
        parameters: Mapping[str, str],
        *,
        session: str | None = None,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> TokenSet | Challenge:
        """What InitiateAuth answers, without any step done inside: for flows that ``sign_in`` does not know.

        Args:
            flow: ``AuthFlow``, such as ``"USER_SRP_AUTH"``.
            parameters: ``AuthParameters``. ``SECRET_HASH`` is added where ``USERNAME`` is there.
            session: ``Session``.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: ``parameters`` is no mapping of texts to texts.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
        """
        about = About(client_metadata, user_context, analytics_endpoint_id)
        return await conversation.initiate_auth(self._wire, flow, parameters, session=session, about=about)

    @operation
    async def respond_to_auth_challenge(
        self,
        name: str,
        responses: Mapping[str, str],
        *,
        session: str | None = None,
        client_metadata: Mapping[str, str] = NO_STRINGS,
        user_context: UserContext | None = None,
        analytics_endpoint_id: str | None = None,
    ) -> TokenSet | Challenge:
        """What RespondToAuthChallenge answers, without any step done inside.

        Args:
            name: ``ChallengeName``.
            responses: ``ChallengeResponses``, with ``USERNAME``. ``SECRET_HASH`` is added.
            session: ``Session``.
            client_metadata: For the pool's Lambda triggers.
            user_context: For the pool's threat protection.
            analytics_endpoint_id: For Amazon Pinpoint.

        Raises:
            UsageError: ``responses`` is no mapping of texts to texts, or has no ``USERNAME``.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
        """
        about = About(client_metadata, user_context, analytics_endpoint_id)
        return await conversation.respond_to_auth_challenge(
            self._wire, name, responses, session=session, about=about
        )
