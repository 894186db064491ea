"""Cognito's own service model as a judge of what the library sends.

botocore's validator looks at members and types, `model_judge` at enums, patterns and lengths. The two maps in which the
model lets anything pass, `AuthParameters` and `ChallengeResponses`, are judged by the tables here, which are written
from the API reference:
<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html>
<https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html>
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cognito_auth.testing.fake_user_pool.wire import Request
from support import model_judge


class Keys(NamedTuple):
    """The keys that must be there, and those that may."""

    required: frozenset[str]
    allowed: frozenset[str]


def _keys(required: str, optional: str = "") -> Keys:
    must = frozenset(required.split())
    return Keys(must, must | frozenset(optional.split()) | {"SECRET_HASH", "DEVICE_KEY"})


AUTH_PARAMETERS = {
    "USER_SRP_AUTH": _keys("USERNAME SRP_A"),
    "USER_PASSWORD_AUTH": _keys("USERNAME PASSWORD"),
    "USER_AUTH": _keys(
        "USERNAME", "PREFERRED_CHALLENGE PASSWORD SRP_A TARGET_ACR_VALUES ACCESS_TOKEN MAX_AGE"
    ),
    "CUSTOM_AUTH": _keys("USERNAME", "CHALLENGE_NAME SRP_A"),
    "REFRESH_TOKEN_AUTH": _keys("REFRESH_TOKEN"),
}
"""Flow → keys of `AuthParameters`."""

_PROOF = "USERNAME PASSWORD_CLAIM_SIGNATURE PASSWORD_CLAIM_SECRET_BLOCK TIMESTAMP"

CHALLENGE_RESPONSES = {
    "SMS_MFA": _keys("USERNAME SMS_MFA_CODE"),
    "EMAIL_OTP": _keys("USERNAME EMAIL_OTP_CODE"),
    "SMS_OTP": _keys("USERNAME SMS_OTP_CODE"),
    "SOFTWARE_TOKEN_MFA": _keys("USERNAME SOFTWARE_TOKEN_MFA_CODE"),
    "SELECT_MFA_TYPE": _keys("USERNAME ANSWER"),
    "MFA_SETUP": _keys("USERNAME", "EMAIL"),
    "PASSWORD_VERIFIER": _keys(_PROOF),
    "CUSTOM_CHALLENGE": _keys("USERNAME ANSWER"),
    "SELECT_CHALLENGE": _keys("USERNAME ANSWER", "PASSWORD SRP_A CREDENTIAL"),
    "DEVICE_SRP_AUTH": _keys("USERNAME DEVICE_KEY SRP_A"),
    "DEVICE_PASSWORD_VERIFIER": _keys(f"{_PROOF} DEVICE_KEY"),
    "NEW_PASSWORD_REQUIRED": _keys("USERNAME NEW_PASSWORD"),
    "PASSWORD": _keys("USERNAME PASSWORD"),
    "PASSWORD_SRP": _keys("USERNAME SRP_A"),
    "WEB_AUTHN": _keys("USERNAME CREDENTIAL"),
}
"""Challenge → keys of `ChallengeResponses`. ADMIN_NO_SRP_AUTH cannot be answered with this operation."""

PATTERNS = {
    "SRP_A": r"[0-9a-f]{1,768}",
    "SECRET_HASH": r"[A-Za-z0-9+/]{43}=",
    "PASSWORD_CLAIM_SIGNATURE": r"[A-Za-z0-9+/]{43}=",
    "TIMESTAMP": r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [1-9]\d? \d\d:\d\d:\d\d UTC \d{4}",
    "DEVICE_KEY": r"[\w-]+_[0-9a-f-]+",
    "MAX_AGE": r"\d+",
}
"""Key → what its value looks like in either map."""


def judge(request: Request, *, has_secret: bool) -> str:
    """The operation of a request that Cognito could accept; anything else fails."""
    assert "application/x-amz-json-1.1" == request.headers["content-type"]
    name = request.headers["x-amz-target"].removeprefix(model_judge.TARGET)
    content: dict[str, Any] = json.loads(request.body)
    assert model_judge.problems(model_judge.operation(name).input_shape, content) == [], name
    assert None not in content.values(), f"{name} sends null"
    if name == "InitiateAuth":
        flow = content["AuthFlow"]
        _judge_keys(flow, AUTH_PARAMETERS[flow], content["AuthParameters"], has_secret=has_secret)
    if name == "RespondToAuthChallenge":
        challenge = content["ChallengeName"]
        given = content["ChallengeResponses"]
        _judge_keys(challenge, CHALLENGE_RESPONSES[challenge], given, has_secret=has_secret)
    return name


def _judge_keys(what: str, keys: Keys, given: Mapping[str, str], *, has_secret: bool) -> None:
    plain = {name for name in given if not name.startswith("userAttributes.")}
    required = keys.required | ({"SECRET_HASH"} if has_secret else set())
    assert set() == required - plain, f"{what} lacks keys"
    assert set() == plain - keys.allowed, f"{what} has unknown keys"
    assert ("SECRET_HASH" in given) is has_secret, what
    assert what == "NEW_PASSWORD_REQUIRED" or plain == set(given), what
    for name, value in given.items():
        if name in PATTERNS:
            assert re.fullmatch(PATTERNS[name], value, re.ASCII), f"{what}: {name} is {value!r}"
