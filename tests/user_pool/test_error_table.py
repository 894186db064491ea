"""The error classes against the service's model: each code that our operations can meet has a class, and no class is made up."""

import pytest

from cognito_auth import errors
from support import model_judge
from user_pool.test_every_operation import without_credentials

# Not in the model of any operation here: refusals that every operation may meet, or that pools give in practice.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
BEYOND_THE_MODEL = {
    "FeatureUnavailableInTier",
    "PreconditionNotMet",
    "OperationNotEnabled",
    "UnsupportedUserState",
}


def declared() -> set[str]:
    """The codes that the model declares for our operations, without their suffix."""
    return {
        shape.name.removesuffix("Exception")
        for name in without_credentials()
        for shape in model_judge.operation(name).error_shapes
    }


def test_every_declared_code_has_its_class() -> None:
    """44 codes and more; the class is found by the code, with or without its suffix."""
    missing = declared() - errors.SERVICE_ERRORS.keys()
    assert set() == missing
    assert len(declared()) >= 44


def test_no_class_is_made_up() -> None:
    """Each class is a code of the whole model of the service."""
    service = {shape.name.removesuffix("Exception") for shape in model_judge.service().error_shapes}
    assert set() == errors.SERVICE_ERRORS.keys() - service
    assert errors.SERVICE_ERRORS.keys() - declared() <= BEYOND_THE_MODEL


@pytest.mark.parametrize("code", sorted(errors.SERVICE_ERRORS))
def test_a_code_becomes_its_class(code: str) -> None:
    """With its remedy, its evidence and the service's own words."""
    error = errors.service_error(f"{code}Exception", "the words", status=400, request_id="r-1")
    assert type(error) is errors.SERVICE_ERRORS[code]
    assert (code, "the words", 400, "r-1") == (error.code, error.message, error.status, error.request_id)
    assert isinstance(error.remedy, errors.Remedy)
