"""What every test of the fake user pool has: the pool, a caller for its JSON API, and the model as a judge."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool import dispatch
from cognito_auth.testing.fake_user_pool.wire import Reply, Request
from support import model_judge


@pytest.fixture(autouse=True)
def every_answer_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever mount a test uses, each answer is put to botocore's model."""
    answer = dispatch.answer

    def judged(pool: FakeUserPool, request: Request) -> Reply:
        orders = pool.faults.orders
        reply = answer(pool, request)
        if not orders:
            model_judge.judge(request, reply)
        return reply

    monkeypatch.setattr(dispatch, "answer", judged)


class Api:
    """Calls the pool's operations as a client on the wire would, without any client library."""

    def __init__(self, pool: FakeUserPool) -> None:
        self.pool = pool

    def reply(self, operation: str, **given: Any) -> Reply:
        """The whole answer."""
        headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", model_judge.TARGET + operation),
        ]
        return self.pool.handle("POST", "https://cognito.test/", headers, json.dumps(given).encode())

    def __call__(self, operation: str, **given: Any) -> Any:
        """The content of a good answer."""
        reply = self.reply(operation, **given)
        content = json.loads(reply.body)
        assert reply.status == 200, content
        return content

    def refused(self, operation: str, **given: Any) -> tuple[str, str]:
        """The code and the message of a refusal."""
        reply = self.reply(operation, **given)
        content = json.loads(reply.body)
        assert reply.status >= 400, content
        return content["__type"].removesuffix("Exception"), content["message"]

    def sign_in(self, client_id: str, username: str, password: str, **more: str) -> Any:
        """The answer to a sign-in with the plain password."""
        parameters = {"USERNAME": username, "PASSWORD": password, **more}
        return self(
            "InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )

    def token(self, form: dict[str, str], **headers: str) -> tuple[int, Any]:
        """Status and content of an answer of the token endpoint."""
        return self.form("/oauth2/token", form, **headers)

    def form(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, Any]:
        """Status and content of the answer to a form."""
        sent = [("Content-Type", "application/x-www-form-urlencoded"), *headers.items()]
        reply = self.pool.handle("POST", f"https://cognito.test{path}", sent, urlencode(form).encode())
        return reply.status, json.loads(reply.body or b"null")

    def get(self, path: str) -> tuple[int, Any]:
        """Status and content of the answer to a GET."""
        reply = self.pool.handle("GET", f"https://cognito.test{path}", [])
        return reply.status, json.loads(reply.body)


@pytest.fixture
def pool() -> FakeUserPool:
    """A fresh fake user pool."""
    return FakeUserPool(pool_id="eu-west-1_Fake00001")


@pytest.fixture
def api(pool: FakeUserPool) -> Api:
    """A caller for the pool's JSON API."""
    return Api(pool)
