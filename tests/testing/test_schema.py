"""The tables of input shapes against botocore's service model."""

from typing import Any

import pytest

from cognito_auth.testing.fake_user_pool import schema, validation
from cognito_auth.testing.fake_user_pool.shapes import Choice, Number, Text, matches
from cognito_auth.testing.fake_user_pool.validation import members
from cognito_auth.testing.fake_user_pool.wire import RefusalError
from support.model_judge import operation

from .conftest import Api


def differences(notation: str, shape: Any, where: str) -> list[str]:
    """Where our notation of a shape and the model disagree."""
    if notation.startswith("["):
        assert shape.type_name == "list"
        return differences(notation[1:-1], shape.member, f"{where}[]")
    if notation.startswith("{"):
        assert shape.type_name == "map"
        return differences(notation[1:-1], shape.value, f"{where}{{}}")
    if notation == "Boolean" or getattr(shape, "is_document_type", False):
        return [] if {"Boolean": "boolean", "Document": "structure"}[notation] == shape.type_name else [where]
    if shape.type_name == "structure":
        return structure_differences(schema.STRUCTURES[notation], shape, where)
    return [] if bounds(schema.SCALARS[notation]) == model_bounds(shape) else [f"{where}: {shape.metadata}"]


def structure_differences(notation: str, shape: Any, where: str) -> list[str]:
    """The same for a structure."""
    ours = {name: kind for name, kind, _ in members(notation)}
    required = {name for name, _, needed in members(notation) if needed}
    if ours.keys() != shape.members.keys() or required != set(shape.required_members):
        return [where]
    return [
        one
        for name, kind in ours.items()
        for one in differences(kind, shape.members[name], f"{where}.{name}")
    ]


def bounds(scalar: Text | Choice | Number) -> tuple[Any, ...]:
    """Our notation of a scalar, to compare."""
    match scalar:
        case Text(minimum, maximum, pattern):
            return "string", minimum, maximum, pattern, None
        case Choice(values):
            return "string", 0, None, None, values
        case Number(minimum, maximum):
            return "integer", minimum, maximum, None, None


def model_bounds(shape: Any) -> tuple[Any, ...]:
    """The model's scalar, to compare."""
    rules = shape.metadata
    values = tuple(rules["enum"]) if "enum" in rules else None
    pattern = (
        None if shape.name == "PasswordType" else rules.get("pattern")
    )  # the one exception, told in schema.py
    return shape.type_name, rules.get("min", 0), rules.get("max"), pattern, values


@pytest.mark.parametrize("name", sorted(schema.INPUTS))
def test_an_input_shape_is_the_models(name: str) -> None:
    """Members, required members, types, lengths, patterns and values are those of the service model."""
    shape = operation(name).input_shape
    assert structure_differences(schema.INPUTS[name], shape, name) == []


@pytest.mark.parametrize(
    "given, code, message",
    [
        ({"Username": "ann"}, "InvalidParameter", "1 validation error detected: Value at 'clientId' failed to satisfy constraint: Member must not be null"),
        ({"ClientId": "a b", "Username": "ann"}, "InvalidParameter", r"1 validation error detected: Value at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+]+"),
        ({"ClientId": "c", "Username": "x" * 129}, "InvalidParameter", "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128"),
        ({"ClientId": "c", "Username": ""}, "InvalidParameter", "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ({"ClientId": 5, "Username": "ann"}, "Serialization", "Unexpected value type in payload at 'clientId'"),
        ({"ClientId": "c", "Username": "ann", "UserAttributes": {}}, "Serialization", "Unexpected value type in payload at 'userAttributes'"),
        ({"ClientId": "c", "Username": "ann", "UserAttributes": [{"Value": "x"}]}, "InvalidParameter", "1 validation error detected: Value at 'userAttributes.1.member.name' failed to satisfy constraint: Member must not be null"),
        ({"ClientId": "c", "Username": "ann", "ClientMetadata": {"k": 1}}, "Serialization", "Unexpected value type in payload at 'clientMetadata.k.member'"),
        ({}, "InvalidParameter", "2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null"),
    ],
)  # fmt: skip
def test_input_that_breaks_its_shape_is_refused(
    api: Api, given: dict[str, Any], code: str, message: str
) -> None:
    """A wrong input is refused before anything is done, in Cognito's words."""
    assert api.refused("SignUp", **given) == (code, message)


@pytest.mark.parametrize(
    "operation_name, given, problem",
    [
        (
            "InitiateAuth",
            {"ClientId": "c", "AuthFlow": "MAGIC"},
            "Member must satisfy enum value set: [USER_SRP_AUTH",
        ),
        (
            "ListDevices",
            {"AccessToken": "a.b.c", "Limit": 61},
            "Member must have value less than or equal to 60",
        ),
        (
            "ListDevices",
            {"AccessToken": "a.b.c", "Limit": -1},
            "Member must have value greater than or equal to 0",
        ),
    ],
)
def test_values_out_of_bounds_are_refused(operation_name: str, given: dict[str, Any], problem: str) -> None:
    """Unknown enum values and numbers out of range are refused."""
    with pytest.raises(RefusalError) as refusal:
        validation.check(operation_name, given)

    assert (refusal.value.code, problem in refusal.value.message) == ("InvalidParameter", True)


def test_a_flag_is_not_a_number() -> None:
    """JSON's true where a number is asked for is a wrong type."""
    with pytest.raises(RefusalError) as refusal:
        validation.check("ListDevices", {"AccessToken": "a.b.c", "Limit": True})

    assert refusal.value.code == "Serialization"


@pytest.mark.parametrize(
    "value, fits",
    [("ann", True), ("Ünï-ço.dé@例え", True), ("two words", False), ("line\n", False), ("", False)],
)
def test_a_user_name_is_letters_marks_symbols_numbers_and_punctuation(value: str, *, fits: bool) -> None:
    """The model's Unicode categories are followed: no spaces, anything that can be seen."""
    assert matches(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", value) is fits


def test_the_white_space_that_a_pattern_names_fits() -> None:
    """Attribute names may hold the white space that their pattern lists, and no other."""
    pattern = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+"

    assert (matches(pattern, "a b\tc"), matches(pattern, "a\u00a0b")) == (True, False)
