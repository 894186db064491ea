"""What every test of the fake user pool has: the pool, a caller for its JSON API, and a client."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.testing.fake_user_pool.wire import Reply
from support import model_judge
from support.person import Person


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

    def initiate(self, client: Client, flow: str, **parameters: str) -> dict[str, Any]:
        """What InitiateAuth is called with; the secret hash is added where the client has a secret."""
        if client.secrets and "USERNAME" in parameters:
            parameters.setdefault("SECRET_HASH", secret_hash(client, parameters["USERNAME"]))
        return {"ClientId": client.client_id, "AuthFlow": flow, "AuthParameters": parameters}

    def begin(self, client: Client, flow: str, username: str = "ann", **parameters: str) -> Any:
        """The answer to InitiateAuth."""
        return self("InitiateAuth", **self.initiate(client, flow, USERNAME=username, **parameters))

    def answer(
        self, client: Client, challenge: Any, username: str = "ann", **responses: str
    ) -> dict[str, Any]:
        """What RespondToAuthChallenge is called with to answer a challenge."""
        given = {"USERNAME": username, **responses}
        if client.secrets:
            given.setdefault("SECRET_HASH", secret_hash(client, username))
        call = {
            "ClientId": client.client_id,
            "ChallengeName": challenge["ChallengeName"],
            "ChallengeResponses": given,
        }
        return {**call, "Session": challenge["Session"]} if "Session" in challenge else call

    def respond(self, client: Client, challenge: Any, username: str = "ann", **responses: str) -> Any:
        """The answer to RespondToAuthChallenge."""
        return self("RespondToAuthChallenge", **self.answer(client, challenge, username, **responses))

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


def secret_hash(client: Client, username: str, secret: str | None = None) -> str:
    """What a client with a secret sends along."""
    key = (secret or client.client_secret or "").encode()
    return base64.b64encode(hmac.digest(key, (username + client.client_id).encode(), hashlib.sha256)).decode()


def pairs(**attributes: str) -> list[dict[str, str]]:
    """Attributes as the wire has them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


@pytest.fixture
def client(pool: FakeUserPool) -> Client:
    """A public client."""
    return pool.add_client()


@pytest.fixture
def pool() -> FakeUserPool:
    """A fresh fake user pool."""
    return FakeUserPool(pool_id="eu-west-1_Fake00001")


@pytest.fixture
def api(pool: FakeUserPool) -> Api:
    """A caller for the pool's JSON API."""
    return Api(pool)


@pytest.fixture
def web_client(pool: FakeUserPool) -> Client:
    """A public client with managed login, in a pool with Ann."""
    pool.add_user(
        "ann",
        "Correct-horse 1",
        attributes={"email": "ann@example.com", "phone_number": "+15550100", "name": "Ann"},
    )
    return pool.add_client(
        "Orders",
        scopes="openid email phone profile orders/read",
        callback_urls=["https://me.example.com/callback"],
        logout_urls=["https://me.example.com/"],
    )


@pytest.fixture
def person(pool: FakeUserPool) -> Person:
    """Somebody at a browser."""
    return Person.at(pool)


@pytest.fixture
def token(pool: FakeUserPool) -> str:
    """The access token of a user with a verified address."""
    pool.add_user("ann", "Correct-horse 1", attributes={"email": "ann@example.com"})
    return pool.forge.access_token("ann")
