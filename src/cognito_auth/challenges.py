"""What a sign-in may ask before it gives tokens: one class for each challenge, each with its typed ``answer()``.

SRP and device steps are answered inside of ``sign_in`` and ``respond``; everything else comes out as one of these, any
number in a row. What ``answer()`` returns goes to ``respond``. A challenge whose name is new to this library is a plain
:class:`Challenge`, and ``answer_with`` answers it.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from cognito_auth import _checks
from cognito_auth._challenge import Answer, Challenge, answering
from cognito_auth._values import NO_STRINGS, redacted
from cognito_auth.errors import UsageError
from cognito_auth.users import CodeDelivery, otpauth_uri

__all__ = [
    "Answer",
    "Challenge",
    "CustomChallenge",
    "EmailOtp",
    "MfaSetup",
    "NewPasswordRequired",
    "Password",
    "PasswordSrp",
    "SelectChallenge",
    "SelectMfaType",
    "SmsMfa",
    "SmsOtp",
    "SoftwareTokenMfa",
    "TotpSetup",
    "WebAuthn",
]


def _names(text: str | None) -> tuple[str, ...]:
    """The service's names in a list: JSON from Cognito, a Python repr from some emulators."""
    return tuple(re.findall(r"[A-Z][A-Z_]+", text or ""))


def _checked_choice(choice: object, choices: tuple[str, ...]) -> str:
    if not isinstance(choice, str) or (choices and choice not in choices):
        raise UsageError(
            f"choice: got {choice!r}: expected one of {', '.join(choices) or 'the names of challenges'}"
        )
    return choice


def _json_object(text: str, name: str) -> dict[str, Any]:
    """A parameter that is JSON.

    Raises:
        ValueError: It is not an object.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{name} is not a JSON object")  # noqa: TRY004 - what the service sent, not what was passed
    return content


def _credential_text(credential: Mapping[str, Any] | str) -> str:
    return json.dumps(_checks.credential_document(credential), separators=(",", ":"))


@attrs.frozen(kw_only=True)
class _Code(Challenge):
    """A code was sent to the user."""

    @property
    def delivery(self) -> CodeDelivery:
        """Where the code was sent."""
        return CodeDelivery(
            destination=self.parameters.get("CODE_DELIVERY_DESTINATION"),
            medium=self.parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM"),
            attribute=None,
        )

    @answering
    def answer(self, *, code: str) -> Answer:
        """The code that the user was sent.

        Whether the challenge may be answered again after a wrong code (``CodeMismatch``) is not documented: try it,
        and sign in again where that is refused.

        Raises:
            UsageError: The code is empty, has spaces, or is not a text.
        """
        return self.answer_with({f"{self.name}_CODE": _checks.checked_code(code)})


@attrs.frozen(kw_only=True)
class SmsMfa(_Code):
    """``SMS_MFA``: a second factor, by text message."""


@attrs.frozen(kw_only=True)
class EmailOtp(_Code):
    """``EMAIL_OTP``: a code by e-mail, as the way to sign in or as a second factor."""


@attrs.frozen(kw_only=True)
class SmsOtp(_Code):
    """``SMS_OTP``: a code by text message, as the way to sign in."""


@attrs.frozen(kw_only=True)
class SoftwareTokenMfa(Challenge):
    """``SOFTWARE_TOKEN_MFA``: a second factor, from an authenticator."""

    @property
    def friendly_device_name(self) -> str | None:
        """What the user called the authenticator."""
        return self.parameters.get("FRIENDLY_DEVICE_NAME")

    @answering
    def answer(self, *, code: str) -> Answer:
        """The authenticator's present code.

        Raises:
            UsageError: It is not a text of six digits.
        """
        return self.answer_with({"SOFTWARE_TOKEN_MFA_CODE": _checks.checked_authenticator_code(code)})


@attrs.frozen(kw_only=True)
class SelectMfaType(Challenge):
    """``SELECT_MFA_TYPE``: the user has several second factors and chooses one."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The second factors, such as ``("SMS_MFA", "SOFTWARE_TOKEN_MFA")``."""
        return _names(self.parameters.get("MFAS_CAN_CHOOSE"))

    @answering
    def answer(self, *, choice: str) -> Answer:
        """One of the choices; its challenge comes next.

        Raises:
            UsageError: It is none of them.
        """
        return self.answer_with({"ANSWER": _checked_choice(choice, self.choices)})


@attrs.frozen(kw_only=True)
class MfaSetup(Challenge):
    """``MFA_SETUP``: the user must set up a second factor.

    For an authenticator: ``setup = pool.begin_totp_setup(challenge)``, show ``setup.uri`` as a QR code, and
    ``pool.respond(setup.answer(code=…))``. For a text message, set the user's telephone number and sign in again.
    """

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be set up, such as ``("SOFTWARE_TOKEN_MFA", "EMAIL_OTP")``."""
        return _names(self.parameters.get("MFAS_CAN_SETUP"))

    @answering
    def answer(self, *, email: str) -> Answer:
        """An e-mail address to send codes to; the first code is asked for next.

        Raises:
            UsageError: It is empty, or not a text.
        """
        return self.answer_with({"EMAIL": _checks.checked_secret_text(email, "email")})


@attrs.frozen(kw_only=True)
class TotpSetup(Challenge):
    """An authenticator that is being set up during a sign-in (``begin_totp_setup``).

    Attributes:
        secret: What the authenticator needs (base32).
        issuer: The name to show in the authenticator.
        account: The user's name to show there.
    """

    secret: str = attrs.field(repr=redacted)
    issuer: str | None = None
    account: str

    @property
    def uri(self) -> str:
        """The ``otpauth://`` address to show as a QR code. It holds the secret."""
        return otpauth_uri(self.secret, account=self.account, issuer=self.issuer)

    @answering
    def answer(self, *, code: str, friendly_device_name: str | None = None) -> Answer:
        """The code that the new authenticator shows. A wrong one can be followed by another.

        Args:
            code: Six digits.
            friendly_device_name: What the user calls the authenticator.

        Raises:
            UsageError: The code is not a text of six digits.
        """
        return Answer(
            challenge=self,
            authenticator_code=_checks.checked_authenticator_code(code),
            authenticator_name=friendly_device_name,
        )


@attrs.frozen(kw_only=True)
class NewPasswordRequired(Challenge):
    """``NEW_PASSWORD_REQUIRED``: the password was a temporary one."""

    def __attrs_post_init__(self) -> None:
        """What the service sent is read once, so that it can be refused where it came in."""
        _ = self.required_attributes, self.attributes

    @property
    def required_attributes(self) -> tuple[str, ...]:
        """Attributes that the pool requires and the user does not have, such as ``("email",)``."""
        listed = _json_object(
            f'{{"names":{self.parameters.get("requiredAttributes") or "[]"}}}', "requiredAttributes"
        )
        names = listed["names"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("requiredAttributes is not a list of texts")
        return tuple(name.removeprefix("userAttributes.") for name in names)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes that the user has."""
        return _json_object(self.parameters.get("userAttributes") or "{}", "userAttributes")

    @answering
    def answer(self, *, new_password: str, attributes: Mapping[str, str] = NO_STRINGS) -> Answer:
        """A new password, and the attributes that are missing.

        Args:
            new_password: To replace the temporary one.
            attributes: Values for ``required_attributes``, and for others that the user does not have yet. The service
                refuses a required attribute that has a value already.

        Raises:
            UsageError: A required attribute is missing, or an argument cannot be right.
        """
        given = _checks.checked_attributes(attributes)
        missing = [name for name in self.required_attributes if name not in {*given, *self.attributes}]
        if missing:
            raise UsageError(
                f"attributes: missing: {', '.join(missing)}: expected a value for each required attribute"
            )
        return self.answer_with(
            {
                "NEW_PASSWORD": _checks.checked_secret_text(new_password, "new_password"),
                **{f"userAttributes.{name}": value for name, value in given.items()},
            }
        )


@attrs.frozen(kw_only=True)
class CustomChallenge(Challenge):
    """``CUSTOM_CHALLENGE``: what the pool's Lambda triggers ask; ``parameters`` is theirs."""

    @answering
    def answer(self, answer: str) -> Answer:
        """What the triggers are to judge; a text, perhaps an empty one.

        Raises:
            UsageError: It is not a text.
        """
        if not isinstance(answer, str):
            raise UsageError(f"answer: got {type(answer).__name__}: expected a text")
        return self.answer_with({"ANSWER": answer})


def _passkey_options(parameters: Mapping[str, str]) -> dict[str, Any] | None:
    """``PublicKeyCredentialRequestOptionsJSON`` (WebAuthn Level 3 §5.1.8)."""
    text = parameters.get("CREDENTIAL_REQUEST_OPTIONS")
    return None if text is None else _json_object(text, "CREDENTIAL_REQUEST_OPTIONS")


@attrs.frozen(kw_only=True)
class SelectChallenge(Challenge):
    """``SELECT_CHALLENGE``: the user chooses how to sign in."""

    def __attrs_post_init__(self) -> None:
        """What the service sent is read once, so that it can be refused where it came in."""
        _ = self.options

    @property
    def choices(self) -> tuple[str, ...]:
        """The ways, such as ``("PASSWORD_SRP", "PASSWORD", "WEB_AUTHN", "EMAIL_OTP")``."""
        return self.available

    @property
    def options(self) -> dict[str, Any] | None:
        """What a browser needs to use a passkey, where the service has sent it with the choice."""
        return _passkey_options(self.parameters)

    @answering
    def answer(
        self,
        choice: str,
        *,
        password: str | None = None,
        credential: Mapping[str, Any] | str | None = None,
    ) -> Answer:
        """One of the ways, with its proof at once or without; then the way's own challenge comes next.

        Args:
            choice: One of ``choices``.
            password: For ``"PASSWORD"``, which sends it, and ``"PASSWORD_SRP"``, which proves it.
            credential: For ``"WEB_AUTHN"``: what the browser's passkey gave.

        Raises:
            UsageError: It is none of the ways, or its proof is of another kind.
        """
        chosen = {"ANSWER": _checked_choice(choice, self.choices)}
        if password is not None and choice not in {"PASSWORD", "PASSWORD_SRP"}:
            raise UsageError(f"password: {choice} takes none: leave it out")
        if credential is not None and choice != "WEB_AUTHN":
            raise UsageError(f"credential: {choice} takes none: leave it out")
        if credential is not None:
            chosen["CREDENTIAL"] = _credential_text(credential)
        if password is None:
            return self.answer_with(chosen)
        if choice == "PASSWORD":
            return self.answer_with({**chosen, "PASSWORD": _checks.checked_secret_text(password, "password")})
        return Answer(
            challenge=self, responses=chosen, proving=_checks.checked_secret_text(password, "password")
        )


@attrs.frozen(kw_only=True)
class Password(Challenge):
    """``PASSWORD``: the user chose to sign in with the plain password."""

    @answering
    def answer(self, *, password: str) -> Answer:
        """The password, which is sent, encrypted by TLS alone.

        Raises:
            UsageError: It is empty, or not a text.
        """
        return self.answer_with({"PASSWORD": _checks.checked_secret_text(password, "password")})


@attrs.frozen(kw_only=True)
class PasswordSrp(Challenge):
    """``PASSWORD_SRP``: the user chose to prove the password by SRP."""

    @answering
    def answer(self, *, password: str) -> Answer:
        """The password, which is proved and does not leave this process.

        Raises:
            UsageError: It is empty, or not a text.
        """
        return Answer(challenge=self, proving=_checks.checked_secret_text(password, "password"))


@attrs.frozen(kw_only=True)
class WebAuthn(Challenge):
    """``WEB_AUTHN``: the user signs in with a passkey."""

    def __attrs_post_init__(self) -> None:
        """What the service sent is read once, so that it can be refused where it came in."""
        _ = self.options

    @property
    def options(self) -> dict[str, Any]:
        """What a browser needs: ``PublicKeyCredential.parseRequestOptionsFromJSON`` reads it."""
        return _passkey_options(self.parameters) or {}

    @answering
    def answer(self, *, credential: Mapping[str, Any] | str) -> Answer:
        """What the browser's passkey gave: ``credential.toJSON()``, or its JSON text.

        Raises:
            UsageError: It is neither.
        """
        return self.answer_with({"CREDENTIAL": _credential_text(credential)})


CHALLENGES: Final[Mapping[str, type[Challenge]]] = {
    "SMS_MFA": SmsMfa,
    "EMAIL_OTP": EmailOtp,
    "SMS_OTP": SmsOtp,
    "SOFTWARE_TOKEN_MFA": SoftwareTokenMfa,
    "SELECT_MFA_TYPE": SelectMfaType,
    "MFA_SETUP": MfaSetup,
    "NEW_PASSWORD_REQUIRED": NewPasswordRequired,
    "CUSTOM_CHALLENGE": CustomChallenge,
    "SELECT_CHALLENGE": SelectChallenge,
    "PASSWORD": Password,
    "PASSWORD_SRP": PasswordSrp,
    "WEB_AUTHN": WebAuthn,
}
"""The service's name → the class of the challenge."""
