"""Second factors: setting up an authenticator, before or after a sign-in, and what is asked for first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

from cognito_auth import _checks
from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth.challenges import MfaSetup, TotpSetup
from cognito_auth.errors import EnableSoftwareTokenMFA, UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations
from cognito_auth.user_pool.fields import Fields
from cognito_auth.users import AuthenticatorSecret

if TYPE_CHECKING:
    from cognito_auth.user_pool.wire import Wire

MfaMethod = Literal["sms", "software_token", "email"]

_MEMBERS: Final = {
    "sms": "SMSMfaSettings",
    "software_token": "SoftwareTokenMfaSettings",
    "email": "EmailMfaSettings",
    "web_authn": "WebAuthnMfaSettings",
}


def verified(answer: Fields) -> None:
    """Nothing, if an answer of ``VerifySoftwareToken`` says that the authenticator is set up.

    Raises:
        EnableSoftwareTokenMFA: It says, with HTTP status 200, that it is not.
    """
    if answer.text("Status") != "SUCCESS":
        raise EnableSoftwareTokenMFA("The service did not accept the authenticator's code.", status=200)


async def verify_during_sign_in(
    wire: Wire, code: str, *, session: str | None, device_name: str | None
) -> str | None:
    """The session to go on with, after a new authenticator's code was accepted in the middle of a sign-in.

    Raises:
        EnableSoftwareTokenMFA: The code is wrong.
    """
    content = {"Session": session, "UserCode": code, "FriendlyDeviceName": device_name}
    answer = await wire.call("VerifySoftwareToken", content)
    verified(answer)
    return answer.optional_text("Session")


class Mfa(Operations):
    """Setting up an authenticator, and which second factor is asked for."""

    @operation
    async def begin_totp_setup(
        self, challenge: MfaSetup, *, issuer: str | None = None, account: str | None = None
    ) -> TotpSetup:
        """What to show to a user who must set up an authenticator to sign in; its ``answer(code=…)`` goes to ``respond``.

        Args:
            challenge: From ``sign_in`` or ``respond``.
            issuer: The application's name, to be shown in the authenticator.
            account: The user's name to be shown there; the user name, if not given.

        Raises:
            UsageError: This is no ``MFA_SETUP`` challenge.
            SoftwareTokenMFANotFound: The pool does not offer authenticators.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came: sign in again.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
        """
        if not isinstance(challenge, MfaSetup):
            raise UsageError(
                f"challenge: got {type(challenge).__name__}: expected the MfaSetup of a sign-in (for a user who has "
                "signed in, use associate_software_token)"
            )
        answer = await self._wire.call("AssociateSoftwareToken", {"Session": challenge.session})
        content = {field.name: getattr(challenge, field.name) for field in attrs.fields(MfaSetup)}
        content["session"] = answer.optional_text("Session") or challenge.session
        return TotpSetup(
            **content,
            secret=answer.text("SecretCode"),
            issuer=issuer,
            account=account or challenge.username,
        )

    @operation
    async def associate_software_token(self, tokens: TokenSet | str) -> AuthenticatorSecret:
        """The secret of a new authenticator app, in use once ``verify_software_token`` has seen a code from it.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            SoftwareTokenMFANotFound: The pool does not offer authenticators.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html
        """
        answer = await self._as_user("AssociateSoftwareToken", tokens)
        return AuthenticatorSecret(secret=answer.text("SecretCode"))

    @operation
    async def verify_software_token(
        self, tokens: TokenSet | str, code: str, *, device_name: str | None = None
    ) -> None:
        """Put the authenticator in use that ``associate_software_token`` has begun.

        Args:
            tokens: The user's tokens, or the access token alone.
            code: The six digits that it shows.
            device_name: What to call it.

        Raises:
            UsageError: The code is not six digits; nothing was sent.
            EnableSoftwareTokenMFA: The code is wrong.
            CodeMismatch: The code is wrong.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html
        """
        content = {"UserCode": _checks.checked_authenticator_code(code), "FriendlyDeviceName": device_name}
        verified(await self._as_user("VerifySoftwareToken", tokens, content, resend=Resend.NEVER))

    @operation
    async def set_user_mfa_preference(
        self,
        tokens: TokenSet | str,
        *,
        sms: bool | None = None,
        software_token: bool | None = None,
        email: bool | None = None,
        web_authn: bool | None = None,
        preferred: MfaMethod | None = None,
    ) -> None:
        """Switch second factors on and off, and say which one is asked for first.

        Args:
            tokens: The user's tokens, or the access token alone.
            sms: On or off; ``None`` leaves it as it is.
            software_token: The same, for an authenticator that is set up.
            email: The same.
            web_authn: The same; whether a passkey with user verification counts as both factors.
            preferred: The one that is asked for first; it is switched on.

        Raises:
            UsageError: Nothing is to change, or the preferred one is switched off; nothing was sent.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html
        """
        given = {"sms": sms, "software_token": software_token, "email": email, "web_authn": web_authn}
        wanted = {name: enabled for name, enabled in given.items() if enabled is not None}
        if preferred is not None and not wanted.setdefault(preferred, True):
            raise UsageError(
                f"preferred: {preferred!r} is switched off in the same call: expected one that is on"
            )
        if not wanted:
            raise UsageError(
                "sms, software_token, email, web_authn, preferred: all left out: expected at least one, such as "
                "software_token=True"
            )
        content: dict[str, dict[str, bool]] = {
            _MEMBERS[name]: {"Enabled": enabled} for name, enabled in wanted.items()
        }
        if preferred is not None:
            content[_MEMBERS[preferred]]["PreferredMfa"] = True
        await self._as_user("SetUserMFAPreference", tokens, content)
