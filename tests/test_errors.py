"""The tree of errors: complete, picklable, and with something to do in each."""

import copy
import pickle
from typing import Any

import pytest

from cognito_auth import errors
from cognito_auth.errors import CognitoAuthError, Remedy


def every_class(root: type[CognitoAuthError] = CognitoAuthError) -> list[type[CognitoAuthError]]:
    """A class and all below it."""
    return [root, *(found for child in root.__subclasses__() for found in every_class(child))]


EVERY = [cls for cls in every_class() if cls.__module__ == errors.__name__]


EVIDENCE: dict[type[CognitoAuthError], dict[str, Any]] = {
    errors.KeysUnavailable: {"issuer": "https://issuer"},
    errors.DiscoveryRejected: {"expected": frozenset({"https://issuer"}), "actual": "https://evil"},
}
"""What these classes cannot be made without."""


def made(cls: Any) -> CognitoAuthError:
    """An error of this class, with evidence."""
    if issubclass(cls, errors.ServiceError):
        return cls("Incorrect.", status=400, request_id="r-1")  # type: ignore[no-any-return]
    if issubclass(cls, errors.OAuthError):
        return cls("no", status=401, request_id="r-1")  # type: ignore[no-any-return]
    if issubclass(cls, errors.TokenRejected):
        return cls("no", expected={"b", "a"}, actual=None)  # type: ignore[no-any-return]
    if issubclass(cls, errors.ScopeNotGranted):
        return cls(frozenset({"b"}), frozenset({"a"}))  # type: ignore[no-any-return]
    return cls("text", **EVIDENCE.get(cls, {}))  # type: ignore[no-any-return]


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_each_error_survives_copying_and_pickling(cls: type[CognitoAuthError]) -> None:
    """With its text and its evidence: errors cross processes, and each waiter raises its own copy."""
    error = made(cls)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is cls
        assert (str(twin), vars(twin), twin.args) == (str(error), vars(error), error.args)


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_each_error_says_what_can_be_done(cls: type[CognitoAuthError]) -> None:
    """One of four remedies, and a docstring of its own that says what happened."""
    assert isinstance(cls.remedy, Remedy)
    assert "__doc__" in vars(cls)


def test_a_service_error_shows_code_text_and_evidence() -> None:
    """What a person needs, and what AWS's support asks for."""
    error = errors.service_error(
        "UserNotConfirmedException", "User is not confirmed.", status=400, request_id="r-1"
    )
    assert type(error) is errors.UserNotConfirmed
    assert (error.code, error.message, error.status, error.request_id) == (
        "UserNotConfirmed",
        "User is not confirmed.",
        400,
        "r-1",
    )
    assert str(error) == (
        "UserNotConfirmed: User is not confirmed. (status 400, request id r-1) "
        "Use confirm_sign_up, or resend_confirmation_code for a new code."
    )


def test_an_unknown_code_is_a_service_error_itself() -> None:
    """New codes appear; they must not be lost."""
    error = errors.service_error("BrandNewException", "", status=400, request_id=None)
    assert type(error) is errors.ServiceError
    assert str(error) == "BrandNew (status 400)"


def test_a_library_error_is_no_code_of_the_service() -> None:
    """What the library calls an answer that is none cannot be forged by naming it."""
    assert (
        type(errors.service_error("UnexpectedReply", "", status=200, request_id=None)) is errors.ServiceError
    )


@pytest.mark.parametrize(
    "name,cls",
    [
        ("invalid_grant", errors.InvalidGrant),
        ("unsupported_token_type", errors.UnsupportedRevocation),
        ("access_denied", errors.AccessDenied),
        ("something_new", errors.OAuthError),
    ],
)
def test_oauth_errors_are_typed_by_their_registered_name(name: str, cls: type[errors.OAuthError]) -> None:
    """Never by their description."""
    error = errors.oauth_error(name, "for people", status=400, request_id="r-2")
    assert type(error) is cls
    assert str(error) == f"{name}: for people (status 400, request id r-2)"
    assert str(errors.oauth_error(name)) == name


def test_missing_scopes_are_named_with_what_to_do() -> None:
    """Which ones, what was granted instead, and where to allow them."""
    error = errors.ScopeNotGranted(frozenset({"orders/write"}), frozenset())
    assert str(error) == (
        "not granted: orders/write; granted: none. "
        "Allow the missing scopes in the app client's settings, or do not ask for them."
    )


def test_a_refusal_shows_what_was_expected_and_found() -> None:
    """In a line, however long the hostile value is."""
    error = errors.WrongClient.because("the token is another client's", {"b", "a"}, "x" * 500)
    assert str(error) == "the token is another client's: expected ['a', 'b'], got '" + "x" * 199 + "…"
    assert str(errors.MissingScope("no scope", expected="a")) == "no scope: expected 'a', got none"
    assert str(errors.BadSignature("it does not fit")) == "it does not fit"


def test_statuses_tell_the_caller_from_the_callee() -> None:
    """401 for a token that is not good, 403 for one that may not, 503 for keys that are away."""
    assert {
        cls.__name__: cls.http_status
        for cls in errors.TokenRejected.__subclasses__()
        if cls.http_status != 401
    } == {
        "MissingScope": 403,
        "MissingGroup": 403,
        "RefusedByCheck": 403,
    }
    assert errors.KeysUnavailable.http_status == 503


def test_the_tree_in_the_docstring_names_what_is_at_its_top() -> None:
    """Nobody finds an error that is not drawn."""
    drawn = errors.__doc__ or ""
    own = [cls for cls in CognitoAuthError.__subclasses__() if cls.__module__ == errors.__name__]
    assert [] == [cls.__name__ for cls in own if cls.__name__ not in drawn]
