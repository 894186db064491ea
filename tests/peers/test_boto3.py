"""boto3, which nobody here wrote, signs up and in with the fake pool's server as it would with Cognito."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import jwt
import pytest

from cognito_auth.testing import FakeUserPool
from support.peer_matrix import FACES, Matrix
from support.peers import PASSWORD, REGION, SCOPE, Cognito

PEER = "boto3 → fake pool"


class Boto3:
    """boto3 as a client of one app client, with the secret hash where there is a secret."""

    def __init__(self, cognito: Any, client_id: str, client_secret: str | None) -> None:
        self.cognito = cognito
        self.client_id = client_id
        self._secret = client_secret

    def hash_of(self, username: str) -> str | None:
        """https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash."""
        if self._secret is None:
            return None
        digest = hmac.digest(self._secret.encode(), (username + self.client_id).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()

    def call(self, operation: str, **arguments: Any) -> Any:
        """An operation with the client's id, and without the arguments that are None."""
        given = {name: value for name, value in arguments.items() if value is not None}
        return getattr(self.cognito, operation)(ClientId=self.client_id, **given)

    def initiate_auth(self, flow: str, **parameters: str | None) -> Any:
        """The tokens of a flow that asks nothing more."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.call("initiate_auth", AuthFlow=flow, AuthParameters=given)["AuthenticationResult"]


def signed_by(pool: FakeUserPool, url: str, token: str) -> Any:
    """The claims, after PyJWT has found the signature right with the keys that the server gives."""
    keys = jwt.PyJWKSet.from_dict(httpx.get(f"{url}/{pool.pool_id}/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False}, issuer=pool.issuer)


class Story:
    """boto3 with one client of one served pool; every step is a row of the matrix."""

    def __init__(self, matrix: Matrix, secret: bool) -> None:
        self._matrix = matrix
        self._secret = secret

    @contextmanager
    def works(self, operation: str) -> Iterator[None]:
        """A step that works on the only face that boto3 has."""
        with self._matrix.cell(PEER, operation, "blocking", secret=self._secret):
            yield
        self._only_blocks(operation)

    @contextmanager
    def cannot(self, operation: str, expected: type[Exception]) -> Iterator[None]:
        """A step that the pool refuses."""
        with self._matrix.refusal(PEER, operation, "blocking", secret=self._secret, expected=expected):
            yield
        self._only_blocks(operation)

    def _only_blocks(self, operation: str) -> None:
        for face in ("asyncio", "trio"):
            self._matrix.tell(
                PEER, operation, face, self._secret, "boto3 is the caller here, and only blocks"
            )


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_boto3_does_the_main_job_with_the_fake_pool(secret: bool, matrix: Matrix, cognito: Cognito) -> None:
    """Signs up, confirms with the code that was sent, signs in, and refreshes in both ways."""
    story = Story(matrix, secret)
    pool = FakeUserPool()
    client = pool.add_client(secret=secret, scopes={SCOPE})
    with pool.serve() as url:
        boto = Boto3(cognito(url), client.client_id, client.client_secret)
        name = {"SecretHash": boto.hash_of("ann"), "Username": "ann"}
        with story.works("sign up"):
            attributes = [{"Name": "email", "Value": "ann@example.com"}]
            receipt = boto.call("sign_up", **name, Password=PASSWORD, UserAttributes=attributes)
            assert not receipt["UserConfirmed"]
        with story.works("confirm"):
            boto.call("confirm_sign_up", **name, ConfirmationCode=pool.codes["ann"])
        with story.works("sign in (password)"):
            tokens = boto.initiate_auth(
                "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD, SECRET_HASH=boto.hash_of("ann")
            )
        for use in ("Access", "Id"):
            with story.works(f"verify ({use.lower()} token)"):
                assert receipt["UserSub"] == signed_by(pool, url, tokens[f"{use}Token"])["sub"]
        with story.works("refresh (older)"):
            fresh = boto.initiate_auth(
                "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"], SECRET_HASH=boto.hash_of("ann")
            )
            assert tokens["AccessToken"] != fresh["AccessToken"]
        with story.works("refresh (newer)"):
            fresh = boto.call(
                "get_tokens_from_refresh_token",
                RefreshToken=tokens["RefreshToken"],
                ClientSecret=client.client_secret,
            )["AuthenticationResult"]
            assert tokens["AccessToken"] != fresh["AccessToken"]
        if secret:
            with story.works("client credentials"):
                answer = boto.call("get_client_token", Secret=client.client_secret, Scopes=[SCOPE])
                token = answer["ClientAuthenticationResult"]["AccessToken"]
                assert SCOPE == signed_by(pool, url, token)["scope"]
        else:
            with story.cannot("client credentials", boto.cognito.exceptions.NotAuthorizedException):
                boto.call("get_client_token", Secret="aGuessAtASecretThatIsNone")


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_boto3_makes_and_deletes_a_user_of_the_fake_pool(
    secret: bool, matrix: Matrix, cognito: Cognito
) -> None:
    """As an administrator would, with requests that botocore signs and the pool checks."""
    pool = FakeUserPool(pool_id=f"{REGION}_Fake00001")
    client = pool.add_client(secret=secret)
    with pool.serve() as url, Story(matrix, secret).works("make and delete a test user"):
        boto = Boto3(cognito(url), client.client_id, client.client_secret)
        ann = {"UserPoolId": pool.pool_id, "Username": "ann"}
        boto.cognito.admin_create_user(**ann, MessageAction="SUPPRESS")
        boto.cognito.admin_set_user_password(**ann, Password=PASSWORD, Permanent=True)
        boto.initiate_auth(
            "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD, SECRET_HASH=boto.hash_of("ann")
        )
        boto.cognito.admin_delete_user(**ann)
        assert 0 == len(pool.users)


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_boto3_has_nothing_for_the_authorization_server(
    secret: bool, matrix: Matrix, cognito: Cognito
) -> None:
    """Which is why this library has: its day in boto3 would be a new cell of the matrix."""
    operations = cognito("http://127.0.0.1:1").meta.method_to_api_mapping
    assert [] == [name for name in operations if name in {"authorize", "token", "exchange_code", "user_info"}]
    for operation in ("login (code, PKCE)", "refresh (OAuth)", "user info"):
        for face in FACES:
            matrix.tell(PEER, operation, face, secret, "boto3 has no operation for OAuth endpoints")


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_boto3_meets_cognitos_own_errors(secret: bool, cognito: Cognito) -> None:
    """A wrong password, and with a secret a wrong hash, are the exceptions that boto3 has for them."""
    pool = FakeUserPool()
    client = pool.add_client(secret=secret)
    pool.add_user("ann", PASSWORD)
    with pool.serve() as url:
        boto = Boto3(cognito(url), client.client_id, client.client_secret)
        refused = boto.cognito.exceptions.NotAuthorizedException
        with pytest.raises(refused, match="Incorrect username or password"):
            boto.initiate_auth(
                "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD="wrong", SECRET_HASH=boto.hash_of("ann")
            )
        if secret:
            with pytest.raises(refused, match="secret hash"):
                boto.initiate_auth(
                    "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD, SECRET_HASH=boto.hash_of("eve")
                )
