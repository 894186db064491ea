"""The ways to begin a sign-in: what each takes, what it sends first, and what its app client must allow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

import attrs

from cognito_auth import _checks
from cognito_auth._values import Secretive, redacted
from cognito_auth.errors import InvalidParameter, ServiceError, UnsupportedOperation, UsageError

Method = Literal["srp", "password", "choice", "custom", "custom-srp"]

_BY_PASSWORD: Final = frozenset({"PASSWORD", "PASSWORD_SRP"})
REFUSALS: Final = (InvalidParameter, UnsupportedOperation)
"""What the service answers where the app client does not allow a flow."""


def _joined(values: str | Iterable[str]) -> str | None:
    return (values if isinstance(values, str) else " ".join(values)) or None


def _checked_age(value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise UsageError(f"max_age: got {value!r}: expected a whole number of seconds")
    return value


@attrs.frozen(kw_only=True)
class Choice(Secretive):
    """What only ``USER_AUTH`` takes.

    Attributes:
        preferred: ``PREFERRED_CHALLENGE``.
        session: Of ``ConfirmSignUp``: signs the user in at once.
        acr_values: ``TARGET_ACR_VALUES``, the strongest first.
        access_token: ``ACCESS_TOKEN``, whose sign-in is to be stepped up.
        max_age: ``MAX_AGE``, in seconds.
    """

    preferred: str | None = None
    session: str | None = attrs.field(default=None, repr=redacted)
    acr_values: str | None = attrs.field(default="", converter=_joined)
    access_token: str | None = attrs.field(default=None, repr=redacted)
    max_age: int | None = attrs.field(default=None, converter=_checked_age)

    def parameters(self) -> dict[str, str]:
        """Members of ``AuthParameters``."""
        members = {
            "PREFERRED_CHALLENGE": self.preferred,
            "TARGET_ACR_VALUES": self.acr_values,
            "ACCESS_TOKEN": self.access_token,
            "MAX_AGE": None if self.max_age is None else str(self.max_age),
        }
        return {name: value for name, value in members.items() if value is not None}


@attrs.frozen
class Flow:
    """One way to begin a sign-in.

    Attributes:
        method: Its name here.
        wire_name: ``AuthFlow``.
        allowed_by: The app client's setting, one of ``ExplicitAuthFlows``.
        takes_password: Whether a password is needed (``None``: that depends on the choice).
        by_srp: Whether the password is proved and not sent.
    """

    method: str
    wire_name: str
    allowed_by: str
    takes_password: bool | None
    by_srp: bool = False

    def proves(self, choice: Choice) -> bool:
        """Whether a password is proved by SRP."""
        return self.by_srp or choice.preferred == "PASSWORD_SRP"


FLOWS: Final = {
    flow.method: flow
    for flow in (
        Flow("srp", "USER_SRP_AUTH", "ALLOW_USER_SRP_AUTH", takes_password=True, by_srp=True),
        Flow("password", "USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH", takes_password=True),
        Flow("choice", "USER_AUTH", "ALLOW_USER_AUTH", takes_password=None),
        Flow("custom", "CUSTOM_AUTH", "ALLOW_CUSTOM_AUTH", takes_password=False),
        Flow("custom-srp", "CUSTOM_AUTH", "ALLOW_CUSTOM_AUTH", takes_password=True, by_srp=True),
    )
}
"""Method → how it begins."""


def checked(method: str, password: object, choice: Choice) -> Flow:
    """The flow of a method, to which the other arguments fit.

    Raises:
        UsageError: There is no such method, or an argument does not go with it.
    """
    flow = FLOWS.get(method)
    if flow is None:
        raise UsageError(f"method: got {method!r}: expected one of {', '.join(map(repr, get_args(Method)))}")
    if flow.takes_password is None:
        _check_choice(password, choice)
    elif choice != Choice():
        raise UsageError(
            f"method: {method!r} takes no preferred=, session=, acr_values=, step_up_from= or max_age=: those belong "
            "to method='choice'"
        )
    elif flow.takes_password is not (password is not None):
        expected = "a password" if flow.takes_password else "none (method='custom-srp' proves one first)"
        raise UsageError(f"password: method={method!r} expects {expected}")
    if password is not None:
        _checks.checked_secret_text(password, "password")
    return flow


def _check_choice(password: object, choice: Choice) -> None:
    if password is not None and choice.preferred not in _BY_PASSWORD:
        raise UsageError(
            "password: method='choice' uses it only with preferred='PASSWORD_SRP' (proved) or preferred='PASSWORD' "
            "(sent): say which, or leave the password out"
        )
    if choice.session is not None and choice != Choice(session=choice.session):
        raise UsageError("session: of confirm_sign_up, signs in by itself: leave the other arguments out")
    if choice.access_token is not None and choice.acr_values is None:
        raise UsageError("step_up_from: needs acr_values=, the levels to reach")


def advise(error: ServiceError, flow: Flow) -> None:
    """Tell both remedies where the app client does not allow the flow."""
    if "not enabled" in error.message.lower() or isinstance(error, UnsupportedOperation):
        others = ", ".join(repr(method) for method in FLOWS if method != flow.method)
        error.advice = (
            f"Allow {flow.allowed_by} in the app client's settings, or sign in by another method that it allows: "
            f"method= {others}. The method is never changed silently."
        )
