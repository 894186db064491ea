"""What every test of the user pool has: a fake pool, its clients, and either face talking to it."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from cognito_auth import AppClient, AsyncUserPool
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool import dispatch
from cognito_auth.testing.fake_user_pool.wire import Reply, Request
from support import request_judge
from support.faces import Face

PASSWORD = "Correct-horse1"


@pytest.fixture
def fake() -> FakeUserPool:
    """A fake user pool with one confirmed user."""
    fake = FakeUserPool(pool_id="eu-west-1_Fake00001")
    fake.add_user("ann", PASSWORD, attributes={"email": "ann@example.com"})
    return fake


@pytest.fixture(params=["public", "confidential"])
def app(request: pytest.FixtureRequest, fake: FakeUserPool) -> AppClient:
    """An app client of the fake pool, once without and once with a secret."""
    return fake.app_client(fake.add_client(secret=request.param == "confidential"))


Asked = defaultdict[str, set[str]]
MakePool = Callable[..., AsyncUserPool]


@pytest.fixture
def user_pool(face: Face, fake: FakeUserPool) -> MakePool:
    """Makes the user pool of the face, carried to the fake pool, or to another one."""

    def make(app: AppClient, *, at: FakeUserPool = fake, **settings: Any) -> AsyncUserPool:
        client = face.http_client(transport=at.transport())
        made: AsyncUserPool = face.user_pool(app, http_client=client, **settings)
        return made

    return make


@pytest.fixture(autouse=True)
def every_request_is_judged(monkeypatch: pytest.MonkeyPatch, every_answer_is_judged: None) -> Asked:
    """Each request to the fake pool is put to botocore's model. Holds what was asked for: operations, and members of each."""
    answer, seen = dispatch.answer, Asked(set)

    def judged(pool: FakeUserPool, request: Request) -> Reply:
        content = json.loads(request.body)
        client = pool.clients.get(content.get("ClientId"))
        has_secret = client is not None and client.client_secret is not None
        seen[request_judge.judge(request, has_secret=has_secret)] |= content.keys()
        return answer(pool, request)

    monkeypatch.setattr(dispatch, "answer", judged)
    return seen
