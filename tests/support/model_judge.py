"""Cognito's own service model, from botocore, as a judge of what the fake user pool answers.

Every answer of the JSON API is put to botocore's validator on the *output* shape, which refuses missing and unknown
members and wrong types; enums, patterns and lengths, which that validator does not look at, are walked here. An error
must be one that the model declares for the operation. (botocore's lazy attributes confuse type checkers: its shapes are
`Any` here.)
"""

import json
import re
from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from cognito_auth.testing.fake_user_pool.wire import Reply, Request

TARGET = "AWSCognitoIdentityProviderService."
# What every AWS service may answer, declared or not.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
COMMON = {"UnknownOperation", "Serialization", "InternalError", "TooManyRequests", "AccessDenied", "MissingAuthenticationToken",
          "IncompleteSignature", "InvalidSignature", "UnrecognizedClient", "InvalidClientTokenId"}  # fmt: skip


@cache
def service() -> Any:
    """The model of cognito-idp."""
    return botocore.session.get_session().get_service_model("cognito-idp")


@cache
def operation(name: str) -> Any:
    """The model of one operation."""
    return service().operation_model(name)


def problems(shape: Any, value: Any) -> list[str]:
    """Everything that is wrong with a value of this shape."""
    if shape is None:
        return [] if value == {} else [f"unexpected content {value!r}"]
    report = ParamValidator().validate(value, shape)
    found = [report.generate_report()] if report.has_errors() else []
    return found + list(_walk(shape, value, shape.name))


def _walk(shape: Any, value: Any, where: str) -> list[str]:
    if shape.type_name == "structure":
        if getattr(shape, "is_document_type", False):
            return []
        known = [(name, each) for name, each in value.items() if name in shape.members]
        return [one for name, each in known for one in _walk(shape.members[name], each, f"{where}.{name}")]
    if shape.type_name == "list":
        return [one for each in value for one in _walk(shape.member, each, f"{where}[]")]
    if shape.type_name == "map":
        return [one for each in value.values() for one in _walk(shape.value, each, f"{where}{{}}")]
    return _bounds(shape, value, where)


def _bounds(shape: Any, value: Any, where: str) -> list[str]:
    rules = shape.metadata
    if not isinstance(value, str):
        return []
    found = []
    if "enum" in rules and value not in rules["enum"]:
        found.append(f"{where}: {value!r} is not one of {rules['enum']}")
    if len(value) < rules.get("min", 0) or len(value) > rules.get("max", len(value)):
        found.append(f"{where}: length {len(value)} is not within {rules.get('min')}..{rules.get('max')}")
    pattern = rules.get("pattern", "")
    if pattern and r"\p{" not in pattern and re.fullmatch(pattern, value) is None:
        found.append(f"{where}: {value!r} does not match {pattern}")
    return found


def judge(request: Request, reply: Reply) -> None:
    """Fail unless an answer of the JSON API is one that Cognito could have given."""
    name = request.headers.get("x-amz-target", "").removeprefix(TARGET)
    if request.path != "/" or name not in service().operation_names or reply.dropped:
        return
    headers = dict(reply.headers)
    if headers["Content-Type"] != "application/x-amz-json-1.1":
        return
    content = json.loads(reply.body)
    model = operation(name)
    if reply.status == 200:
        assert problems(model.output_shape, content) == [], f"{name} answered {content}"
        return
    code = content["__type"].removesuffix("Exception")
    declared = {shape.name.removesuffix("Exception") for shape in model.error_shapes}
    assert code in declared | COMMON, f"{name} does not declare {code}"
    assert headers["x-amzn-ErrorType"] == f"{code}Exception:"
