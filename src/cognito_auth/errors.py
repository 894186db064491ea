"""Everything that this library raises, in one tree.

::

    CognitoAuthError
    ├── UsageError                 also a ValueError: the call is wrong, nothing was sent
    ├── TransportError             no whole answer: connection, timeout, redirect, size
    ├── ServiceError               the service answered with an error
    │   ├── UnexpectedReply        … or with something that is not an answer at all (HTML, half a JSON)
    │   └── NotAuthorized, CodeMismatch, …   one class for each code, its "Exception" dropped
    ├── OAuthError                 an OAuth endpoint answered with an error (RFC 6749 §5.2, §4.1.2.1)
    │   └── InvalidClient, InvalidGrant, …   one class for each ``error``
    ├── LoginRefused               a browser came back with something that is not this login's answer
    │   └── StateMismatch, NonceMismatch, IssuerMismatch, RedirectMismatch, LoginExpired, LoginReplayed
    ├── ScopeNotGranted            tokens were issued, but for less than was asked
    ├── DiscoveryRejected          an OpenID configuration is another issuer's, or leads to a strange host
    ├── TokenRejected              a token must not be trusted; one class for each reason
    │   └── MalformedToken, WrongAlgorithm, BadSignature, TokenExpired, WrongClient, MissingScope, …
    ├── KeysUnavailable            keys could not be had: not the token's fault, try again
    ├── SignInRequired             a token source can go no further without its user
    ├── SealRejected               a sealed challenge, login or device is altered, foreign or too old
    │   └── SealExpired
    └── CacheError                 a shared cache cannot be reached or read

Errors can be pickled and copied, and carry evidence as attributes. None ever carries a secret.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Self


class Remedy(StrEnum):
    """What a caller can do about an error."""

    RETRY = "retry"
    SIGN_IN_AGAIN = "sign in again"
    ASK_THE_USER = "ask the user"
    FIX_THE_CONFIGURATION = "fix the configuration"


def _rebuild(cls: type[CognitoAuthError], args: tuple[Any, ...], state: dict[str, Any]) -> CognitoAuthError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class CognitoAuthError(Exception):
    """The base of every error that this library raises."""

    remedy: ClassVar[Remedy] = Remedy.FIX_THE_CONFIGURATION

    def __reduce__(self) -> tuple[Any, ...]:
        """Keyword-only evidence survives copying and pickling."""
        return _rebuild, (type(self), self.args, self.__dict__.copy())


class UsageError(CognitoAuthError, ValueError):
    """The call cannot be right: the text names the argument, what was expected and what to do."""


class TransportError(CognitoAuthError):
    """No whole answer came: no connection, a timeout, a redirect, or more bytes than allowed.

    Attributes:
        phase: ``"connecting"`` (nothing was sent), ``"waiting"`` (sent, perhaps; no answer had begun) or
            ``"reading"`` (an answer had begun).
        status: The HTTP status, where an answer had begun.
        request_id: The service's id of the request, where one was given.
    """

    remedy = Remedy.RETRY

    def __init__(
        self,
        message: str,
        *,
        phase: str = "waiting",
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.phase = phase
        self.status = status
        self.request_id = request_id


# ── what the service answers ────────────────────────────────────────────────────────────────────────────


class ServiceError(CognitoAuthError):
    """The service answered with an error. Codes without a class of their own are this class itself.

    Attributes:
        code: The service's code without its ``Exception`` suffix, such as ``"NotAuthorized"``.
        message: The service's own text.
        status: The HTTP status. Cognito throttles with 400: look at the class or ``code``, never at this.
        request_id: ``x-amzn-RequestId``, to quote to AWS's support.
        remedy: What the caller can do.
        advice: The same in a sentence, which an operation that knows more may replace.
    """

    advice: str = ""

    def __init__(
        self, message: str, *, code: str | None = None, status: int = 400, request_id: str | None = None
    ) -> None:
        self.code = code or type(self).__name__
        self.message = message
        self.status = status
        self.request_id = request_id
        super().__init__(message)

    def __str__(self) -> str:
        """The code, the service's text, the evidence, and what to do."""
        evidence = f"status {self.status}" + (f", request id {self.request_id}" if self.request_id else "")
        said = f"{self.code}: {self.message}" if self.message else self.code
        return f"{said} ({evidence})" + (f" {self.advice}" if self.advice else "")


class UnexpectedReply(ServiceError):
    """The answer is not one of the service's: HTML from a proxy or firewall, a truncated JSON text, wrong types."""

    remedy = Remedy.RETRY
    advice = (
        "A proxy, a firewall or an emulator may have answered in the service's place: check the endpoint."
    )


class AliasExists(ServiceError):
    """The e-mail address or telephone number already belongs to another user."""

    remedy = Remedy.ASK_THE_USER


class CodeDeliveryFailure(ServiceError):
    """The code could not be delivered."""

    remedy = Remedy.ASK_THE_USER
    advice = "Ask for another address, or resend the code."


class CodeMismatch(ServiceError):
    """The code is not the one that the service sent."""

    remedy = Remedy.ASK_THE_USER
    advice = "Ask for the code again."


class ConcurrentModification(ServiceError):
    """Somebody else is changing the same thing at this moment."""

    remedy = Remedy.RETRY


class DeviceKeyExists(ServiceError):
    """The device is confirmed already."""


class EnableSoftwareTokenMFA(ServiceError):
    """The authenticator's code is wrong, so the authenticator was not set up."""

    remedy = Remedy.ASK_THE_USER
    advice = "Ask for the authenticator's present code."


class ExpiredCode(ServiceError):
    """The code is too old."""

    remedy = Remedy.ASK_THE_USER
    advice = "Send a new code."


class FeatureUnavailableInTier(ServiceError):
    """The user pool's feature plan does not include this."""

    advice = "Choose a feature plan that includes it (Essentials or Plus)."


class Forbidden(ServiceError):
    """A web ACL (AWS WAF) of the pool refused the request."""


class InternalError(ServiceError):
    """The service failed."""

    remedy = Remedy.RETRY


class InvalidEmailRoleAccessPolicy(ServiceError):
    """The pool may not use its e-mail identity."""


class InvalidLambdaResponse(ServiceError):
    """A Lambda trigger of the pool answered nonsense."""


class InvalidParameter(ServiceError):
    """The service refuses an argument, or the app client does not allow what was asked."""


class InvalidPassword(ServiceError):
    """The new password does not meet the pool's policy."""

    remedy = Remedy.ASK_THE_USER


class InvalidSmsRoleAccessPolicy(ServiceError):
    """The pool's role may not send text messages."""


class InvalidSmsRoleTrustRelationship(ServiceError):
    """The pool's role for text messages does not trust the service."""


class InvalidUserPoolConfiguration(ServiceError):
    """The pool is not configured for this."""


class LimitExceeded(ServiceError):
    """An hourly cap of this user is reached. It is never retried: it lasts."""

    remedy = Remedy.ASK_THE_USER
    advice = "Wait; the cap is counted by the hour."


class MFAMethodNotFound(ServiceError):
    """The user has no such second factor."""


class NotAuthorized(ServiceError):
    """Wrong user name or password, or a token or session that is no longer good.

    Never retried: repeated failures lock the user for a while.
    """

    remedy = Remedy.SIGN_IN_AGAIN


class OperationNotEnabled(ServiceError):
    """The operation is not available in this Region or pool."""

    advice = "Use the pool's primary Region."


class PasswordHistoryPolicyViolation(ServiceError):
    """The new password was used before."""

    remedy = Remedy.ASK_THE_USER


class PasswordResetRequired(ServiceError):
    """An administrator asked for a new password."""

    remedy = Remedy.ASK_THE_USER
    advice = "Use forgot_password and confirm_forgot_password."


class PreconditionNotMet(ServiceError):
    """The pool's state does not allow this."""


class RefreshTokenReuse(ServiceError):
    """A refresh token that rotation has replaced was used again; the whole session is revoked."""

    remedy = Remedy.SIGN_IN_AGAIN


class ResourceNotFound(ServiceError):
    """There is no such user pool, app client or device here."""

    advice = "Check the pool id, the client id and the Region."


class SoftwareTokenMFANotFound(ServiceError):
    """The pool or the user has no authenticator set up."""


class TooManyFailedAttempts(ServiceError):
    """Too many wrong codes or passwords in a row."""

    remedy = Remedy.ASK_THE_USER
    advice = "Wait before the next attempt."


class TooManyRequests(ServiceError):
    """The service throttles (with HTTP 400). It has been retried where that was safe."""

    remedy = Remedy.RETRY


class Unauthorized(ServiceError):
    """The request is not authorised, for instance by a wrong client secret."""


class UnexpectedLambda(ServiceError):
    """A Lambda trigger of the pool failed."""


class UnsupportedOperation(ServiceError):
    """The app client has this operation switched off."""


class UnsupportedTokenType(ServiceError):
    """The operation takes another kind of token, such as a refresh token."""


class UnsupportedUserState(ServiceError):
    """The user's state does not allow this."""


class UserLambdaValidation(ServiceError):
    """A Lambda trigger of the pool refused; the message is the trigger's own."""

    remedy = Remedy.ASK_THE_USER


class UserNotConfirmed(ServiceError):
    """The user has signed up but not confirmed."""

    remedy = Remedy.ASK_THE_USER
    advice = "Use confirm_sign_up, or resend_confirmation_code for a new code."


class UserNotFound(ServiceError):
    """There is no such user."""

    remedy = Remedy.ASK_THE_USER


class UserPoolAddOnNotEnabled(ServiceError):
    """Threat protection is not switched on in this pool."""


class UsernameExists(ServiceError):
    """The user name is taken."""

    remedy = Remedy.ASK_THE_USER


class WebAuthnChallengeNotFound(ServiceError):
    """The passkey registration took too long, or was never begun."""

    remedy = Remedy.ASK_THE_USER
    advice = "Begin the registration again."


class WebAuthnClientMismatch(ServiceError):
    """The registration was begun with a token of another app client."""


class WebAuthnConfigurationMissing(ServiceError):
    """The pool has no relying-party id and no domain."""


class WebAuthnCredentialNotSupported(ServiceError):
    """The passkey's device or provider is not supported."""

    remedy = Remedy.ASK_THE_USER


class WebAuthnNotEnabled(ServiceError):
    """The pool does not offer passkeys."""


class WebAuthnOriginNotAllowed(ServiceError):
    """The page's origin does not match the pool's relying-party id."""


class WebAuthnRelyingPartyMismatch(ServiceError):
    """The passkey belongs to another relying party."""


SERVICE_ERRORS: dict[str, type[ServiceError]] = {
    cls.__name__: cls for cls in ServiceError.__subclasses__() if cls is not UnexpectedReply
}
"""Service code without its ``Exception`` suffix → class."""

THROTTLING: frozenset[str] = frozenset({"TooManyRequests", "Throttling", "Throttled", "RequestThrottled"})
"""Codes by which the service says "later". ``LimitExceeded`` is not one: it is an hourly cap of one user."""


def service_error(code: str, message: str, *, status: int, request_id: str | None) -> ServiceError:
    """The error of this code's class; of :class:`ServiceError` itself where the code is new.

    Args:
        code: As the service wrote it, with or without the ``Exception`` suffix.
        message: The service's text.
        status: The HTTP status.
        request_id: The service's id of the request.
    """
    name = code.removesuffix("Exception")
    return SERVICE_ERRORS.get(name, ServiceError)(message, code=name, status=status, request_id=request_id)


# ── what the OAuth endpoints answer ─────────────────────────────────────────────────────────────────────


class OAuthError(CognitoAuthError):
    """An OAuth endpoint answered with an error (RFC 6749 §5.2 and §4.1.2.1).

    Attributes:
        error: The registered error code; classes are chosen by it alone.
        description: The service's free text, for people.
        status: The HTTP status; ``None`` where the error came back by redirect.
        request_id: ``x-amz-cognito-request-id``, where one was given.
    """

    wire_name: ClassVar[str] = ""

    def __init__(
        self,
        description: str = "",
        *,
        error: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.error = error or self.wire_name
        self.description = description
        self.status = status
        self.request_id = request_id
        super().__init__(description)

    def __str__(self) -> str:
        """The error, the service's text and the evidence."""
        facts = [f"status {self.status}"] if self.status else []
        facts += [f"request id {self.request_id}"] if self.request_id else []
        said = f"{self.error}: {self.description}" if self.description else self.error
        return f"{said} ({', '.join(facts)})" if facts else said


class InvalidRequest(OAuthError):
    """A parameter is missing, doubled or wrong."""

    wire_name = "invalid_request"


class InvalidClient(OAuthError):
    """The client id is unknown or its secret is wrong."""

    wire_name = "invalid_client"


class InvalidGrant(OAuthError):
    """The code or refresh token is used, expired, revoked or another client's."""

    wire_name = "invalid_grant"
    remedy = Remedy.SIGN_IN_AGAIN


class UnauthorizedClient(OAuthError):
    """The app client may not use this grant, or this redirect address."""

    wire_name = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """The server does not know the grant."""

    wire_name = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """The server does not know the response type."""

    wire_name = "unsupported_response_type"


class InvalidScope(OAuthError):
    """A scope is unknown, or not the app client's."""

    wire_name = "invalid_scope"


class UnsupportedRevocation(OAuthError):
    """Only refresh tokens can be revoked (``unsupported_token_type``, RFC 7009 §2.2.1)."""

    wire_name = "unsupported_token_type"


class InvalidToken(OAuthError):
    """The access token is expired, revoked, or without the scope that the endpoint needs (RFC 6750 §3.1)."""

    wire_name = "invalid_token"
    remedy = Remedy.SIGN_IN_AGAIN


class AccessDenied(OAuthError):
    """The user, or the identity provider, said no."""

    wire_name = "access_denied"
    remedy = Remedy.ASK_THE_USER


class LoginRequired(OAuthError):
    """``prompt="none"`` was asked, and nobody is signed in."""

    wire_name = "login_required"
    remedy = Remedy.ASK_THE_USER


class ServerError(OAuthError):
    """The authorization server failed."""

    wire_name = "server_error"
    remedy = Remedy.RETRY


class TemporarilyUnavailable(OAuthError):
    """The authorization server is overloaded."""

    wire_name = "temporarily_unavailable"
    remedy = Remedy.RETRY


OAUTH_ERRORS: dict[str, type[OAuthError]] = {cls.wire_name: cls for cls in OAuthError.__subclasses__()}
"""``error`` → class."""


def oauth_error(
    error: str, description: str = "", *, status: int | None = None, request_id: str | None = None
) -> OAuthError:
    """The error of this ``error``'s class; of :class:`OAuthError` itself where it is not a registered one."""
    return OAUTH_ERRORS.get(error, OAuthError)(description, error=error, status=status, request_id=request_id)


class LoginRefused(CognitoAuthError):
    """What came back from the browser is not the answer to this login; no token was accepted."""

    remedy = Remedy.SIGN_IN_AGAIN


class StateMismatch(LoginRefused):
    """The ``state`` is not this login's (RFC 6749 §10.12): perhaps a forged or an old link."""


class NonceMismatch(LoginRefused):
    """The ID token's ``nonce`` is not this login's: the token was made for another one."""


class IssuerMismatch(LoginRefused):
    """The answer names another issuer (RFC 9207)."""


class RedirectMismatch(LoginRefused):
    """The address that came back is not the redirect address of this login."""


class LoginExpired(LoginRefused):
    """The login was begun too long ago."""


class LoginReplayed(LoginRefused):
    """This login was exchanged already."""


class ScopeNotGranted(CognitoAuthError):
    """The token that was issued lacks scopes that were asked for.

    Attributes:
        missing: The scopes that were asked for and not granted.
        granted: The scopes of the token.
    """

    def __init__(self, missing: frozenset[str], granted: frozenset[str]) -> None:
        self.missing = missing
        self.granted = granted
        super().__init__(missing, granted)

    def __str__(self) -> str:
        """The missing scopes, the granted ones, and where to allow more."""
        return (
            f"not granted: {' '.join(sorted(self.missing))}; granted: {' '.join(sorted(self.granted)) or 'none'}. "
            "Allow the missing scopes in the app client's settings, or do not ask for them."
        )


class DiscoveryRejected(CognitoAuthError):
    """The OpenID configuration is another issuer's, or one of its endpoints is on a host that nobody named.

    Attributes:
        member: Which member of the configuration.
        expected: The issuers, or the origins, that the app client names.
        actual: What the member says.
    """

    def __init__(self, member: str, *, expected: frozenset[str], actual: str) -> None:
        self.member = member
        self.expected = expected
        self.actual = actual
        super().__init__(member)

    def __str__(self) -> str:
        """The member, what it says, and what would have been accepted."""
        return (
            f"the OpenID configuration's {self.member!r} is {_shown(self.actual)}: expected one of, or on one of, "
            f"{_shown(self.expected)}. If it is right, name it in the AppClient."
        )


# ── what a verifier refuses ─────────────────────────────────────────────────────────────────────────────


class TokenRejected(CognitoAuthError):
    """The token must not be trusted.

    Attributes:
        reason: A sentence.
        expected: What the verifier wanted, where that can be said.
        actual: What the token has, where that can be said.
        http_status: What a protected API answers: 401, or 403 for a good token that may not do this.
    """

    http_status: ClassVar[int] = 401
    remedy = Remedy.SIGN_IN_AGAIN

    def __init__(self, reason: str, *, expected: object = None, actual: object = None) -> None:
        self.reason = reason
        self.expected = expected
        self.actual = actual
        super().__init__(reason)

    def __str__(self) -> str:
        """The reason, with what was expected and what was found."""
        if self.expected is None and self.actual is None:
            return self.reason
        return f"{self.reason}: expected {_shown(self.expected)}, got {_shown(self.actual)}"

    @classmethod
    def because(cls, reason: str, expected: object = None, actual: object = None) -> Self:
        """The error, with its evidence given by position."""
        return cls(reason, expected=expected, actual=actual)


def _shown(value: object) -> str:
    """Evidence in a line: hostile tokens may hold anything of any length."""
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=str)
    text = "none" if value is None else repr(value)
    return text if len(text) <= 200 else text[:200] + "…"


class MalformedToken(TokenRejected):
    """The text is not a compact JWT, or a claim has the wrong type."""


class WrongAlgorithm(TokenRejected):
    """The header's ``alg`` is not the one that this issuer signs with."""


class UnknownKey(TokenRejected):
    """The issuer publishes no key with the token's ``kid``."""


class BadSignature(TokenRejected):
    """The signature does not fit: the token was altered, or signed by somebody else."""


class TokenExpired(TokenRejected):
    """The token's time is over."""


class TokenNotYetValid(TokenRejected):
    """The token's time has not come."""


class WrongIssuer(TokenRejected):
    """The token is another user pool's."""


class WrongTokenUse(TokenRejected):
    """An ID token where an access token is asked for, or the other way round."""


class WrongClient(TokenRejected):
    """The token was issued to another app client."""


class WrongAudience(TokenRejected):
    """The token was issued for another API."""


class WrongSigner(TokenRejected):
    """The token was signed by another load balancer."""


class MissingScope(TokenRejected):
    """The token is good, but lacks a scope."""

    http_status = 403


class MissingGroup(TokenRejected):
    """The token is good, but its user is not in a group that may do this."""

    http_status = 403


class WeakAuthentication(TokenRejected):
    """The sign-in was not strong enough: its ``acr`` is not the required one (RFC 9470)."""


class StaleAuthentication(TokenRejected):
    """The sign-in was too long ago (RFC 9470, ``max_age``)."""


class RefusedByCheck(TokenRejected):
    """The caller's own ``check=`` refused the claims."""

    http_status = 403


class TokenRevoked(TokenRejected):
    """The caller's ``is_revoked=`` knows that the token was withdrawn."""


class KeysUnavailable(CognitoAuthError):
    """The keys of an issuer could not be had. The token may be good: answer 503, and try again.

    Attributes:
        issuer: Whose keys.
        http_status: 503.
    """

    http_status: ClassVar[int] = 503
    remedy = Remedy.RETRY

    def __init__(self, message: str, *, issuer: str) -> None:
        super().__init__(message)
        self.issuer = issuer


# ── what the rooms above the wire say ───────────────────────────────────────────────────────────────────


class SignInRequired(CognitoAuthError):
    """The session is over, and the source cannot begin another one without its user."""

    remedy = Remedy.SIGN_IN_AGAIN


class SealRejected(CognitoAuthError):
    """A sealed challenge, login or device is altered, was sealed with another key, or belongs elsewhere."""

    remedy = Remedy.SIGN_IN_AGAIN


class SealExpired(SealRejected):
    """The sealed value is genuine, but too old."""


class CacheError(CognitoAuthError):
    """A shared cache cannot be reached, or what it answers cannot be read."""

    remedy = Remedy.RETRY
