"""The page of supported operations: complete, and what the code says."""

from cognito_auth.challenges import CHALLENGES
from cognito_auth.user_pool.attempt import INSIDE
from support import model_judge, supported_operations
from user_pool.test_every_operation import without_credentials


def test_the_page_is_what_the_code_says() -> None:
    """`python tests/support/supported_operations.py` writes it anew."""
    assert supported_operations.page() == supported_operations.PAGE.read_text(encoding="utf-8")


def test_every_operation_without_credentials_has_its_method() -> None:
    """By the model of the service."""
    assert without_credentials() == supported_operations.methods().keys()


def test_every_challenge_has_its_class_or_is_met_inside() -> None:
    """All sixteen of the model's, but the one that belongs to administrators."""
    model = model_judge.operation("RespondToAuthChallenge").input_shape.members["ChallengeName"].enum
    assert set(model) == {*CHALLENGES, *INSIDE, "ADMIN_NO_SRP_AUTH"}
    assert 16 == len(model)
