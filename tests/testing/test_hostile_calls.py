"""Whatever is sent, what comes out is an answer that Cognito could have given: never a crash."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cognito_auth.testing import Callbacks, FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool import schema
from cognito_auth.testing.fake_user_pool.shapes import Choice, Number
from cognito_auth.testing.fake_user_pool.validation import members
from support import model_judge

from .conftest import Api

# Texts that have a meaning somewhere, and texts that have none.
KNOWN = st.sampled_from([
    "ann", "bob", "PASSWORD", "PASSWORD_SRP", "SELECT_CHALLENGE", "SRP_A", "abc", "0", "-1", "==", "e30=", "a.b.c",
    "e30.e30.e30", "email", "phone_number", "sub", "", " ", "\ud800", "\x00", "é☃", "x" * 300, "[]", "{}", "123456",
])  # fmt: skip
TEXT = KNOWN | st.text(max_size=30)
NAMES = st.sampled_from([
    "USERNAME", "PASSWORD", "SRP_A", "SECRET_HASH", "REFRESH_TOKEN", "DEVICE_KEY", "PREFERRED_CHALLENGE", "CHALLENGE_NAME",
    "TARGET_ACR_VALUES", "ACCESS_TOKEN", "MAX_AGE", "ANSWER", "NEW_PASSWORD", "userAttributes.name", "CREDENTIAL",
    "SMS_MFA_CODE", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "EMAIL",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=5,
)


DOCUMENT = st.dictionaries(TEXT | st.sampled_from(["response", "rawId", "id"]), JSON, max_size=3)


def scalar(kind: str) -> st.SearchStrategy[Any]:
    """Something of a simple type; of texts only the type is right."""
    match schema.SCALARS[kind]:
        case Choice(values):
            return st.sampled_from(values)
        case Number(minimum, maximum):
            return st.integers(minimum, maximum)
        case _:
            return TEXT


class World:
    """A pool with one of everything, made once; and what may be sent to it."""

    def __init__(self) -> None:
        callbacks = Callbacks(
            define_auth_challenge=lambda event: "CUSTOM_CHALLENGE" if len(event.history) < 3 else "FAIL",
            create_auth_challenge=lambda _: ({}, {}),
            verify_auth_challenge=lambda *_: False,
        )
        self.pool = FakeUserPool(
            settings=Settings(devices="always", alias_attributes={"email"}), callbacks=callbacks
        )
        self.client = self.pool.add_client(secret=False)
        self.pool.add_user("ann", "Correct-horse 1", mfa="totp", attributes={"email": "ann@example.com"})
        self.pool.add_user(
            "bob", "Correct-horse 1", attributes={"phone_number": "+1555"}, status="UNCONFIRMED"
        )
        api = Api(self.pool)
        self.sessions = [
            api.begin(self.client, "USER_PASSWORD_AUTH", PASSWORD="Correct-horse 1")["Session"],
            api.begin(self.client, "USER_AUTH")["Session"],
            api.begin(self.client, "CUSTOM_AUTH")["Session"],
        ]

    def value(self, name: str, kind: str) -> st.SearchStrategy[Any]:
        """Something for a member: mostly of its type, sometimes what the pool knows, sometimes anything."""
        known: dict[str, list[str]] = {
            "ClientId": [self.client.client_id],
            "AccessToken": [self.pool.forge.access_token("ann")],
            "SubjectToken": [self.pool.forge.access_token("ann")],
            "UserPoolId": [self.pool.pool_id],
            "Session": self.sessions,
            "Username": ["ann", "bob"],
        }
        if name in known:
            return st.sampled_from(known[name])
        return self.of_kind(kind)

    def of_kind(self, kind: str) -> st.SearchStrategy[Any]:
        """Something of a type."""
        if kind in schema.STRUCTURES:
            return self.shape(schema.STRUCTURES[kind])
        if kind in schema.SCALARS:
            return scalar(kind)
        if kind.startswith("["):
            return st.lists(self.of_kind(kind[1:-1]), max_size=2)
        if kind.startswith("{"):
            return st.dictionaries(NAMES | TEXT, self.of_kind(kind[1:-1]) | KNOWN, max_size=6)
        return {"Boolean": st.booleans(), "Document": DOCUMENT}[kind]

    def shape(self, notation: str) -> st.SearchStrategy[dict[str, Any]]:
        """Something of a structure: required members nearly always, optional ones at times."""
        fixed = {name: self.value(name, kind) for name, kind, needed in members(notation) if needed}
        optional = {name: self.value(name, kind) for name, kind, needed in members(notation) if not needed}
        return st.fixed_dictionaries(fixed, optional=optional)


SLOWNESS = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)
"""What hypothesis may not complain of: a busy machine is slow."""


@cache
def world() -> World:
    """The one world, made when it is first asked for."""
    return World()


@pytest.mark.parametrize("operation", sorted(set(schema.INPUTS) - {"DeleteUser"}))
@settings(max_examples=12, deadline=None, suppress_health_check=SLOWNESS)
@given(data=st.data())
def test_every_call_gets_an_answer(operation: str, data: st.DataObject) -> None:
    """The judge of all tests looks at each; an exception of the pool's own would end the test."""
    given_input = data.draw(world().shape(schema.INPUTS[operation]))
    body = json.dumps(given_input).encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", model_judge.TARGET + operation),
    ]
    reply = world().pool.handle("POST", "https://cognito.test/", headers, body)

    assert reply.status in {200, 400, 401}


@settings(max_examples=50, deadline=None, suppress_health_check=SLOWNESS)
@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.text("/abc%.é-", max_size=12),
    header=st.text(max_size=20),
    body=st.binary(max_size=40),
)
def test_every_request_gets_an_answer(method: str, path: str, header: str, body: bytes) -> None:
    """Any path, any authorization, any body."""
    headers = [("Authorization", header), ("Content-Type", "application/x-www-form-urlencoded")]
    for where in (path, "/oauth2/token", ""):
        assert (
            world().pool.handle(method, f"https://cognito.test/{where.lstrip('/')}", headers, body).status
            < 500
        )
