"""Our client at ministack's login pages: a code with PKCE and nonce, refresh, user info, and what is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, Login, errors
from cognito_auth.tokens import unverified_claims
from support.faces import Face
from support.peer_matrix import Matrix
from support.peers import PASSWORD, REGION, SCOPE, Cognito, Peer
from support.person import Person

pytestmark = [pytest.mark.needs("ministack"), pytest.mark.xdist_group("servers of others")]
each_client = pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])

CALLBACK = "https://me.example.com/callback"


@pytest.fixture
def app(ministack: Peer, cognito: Cognito, secret: bool) -> AppClient:
    """A new pool at ministack, with Ann and a client that may send her to log in."""
    admin: Any = cognito(ministack.url)
    pool_id = admin.create_user_pool(PoolName="login")["UserPool"]["Id"]
    client = admin.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="login",
        GenerateSecret=secret,
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email"],
        AllowedOAuthFlowsUserPoolClient=True,
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]
    email = [{"Name": "email", "Value": "ann@example.com"}]
    admin.admin_create_user(
        UserPoolId=pool_id, Username="ann", MessageAction="SUPPRESS", UserAttributes=email
    )
    admin.admin_set_user_password(UserPoolId=pool_id, Username="ann", Password=PASSWORD, Permanent=True)
    return AppClient(
        client_id=client["ClientId"],
        client_secret=client.get("ClientSecret"),
        pool_id=pool_id,
        endpoint=ministack.url,
        domain=ministack.url,
        issuer=f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}",
    )


@pytest.fixture
def person(ministack: Peer) -> Iterator[Person]:
    """Somebody at a browser."""
    with httpx.Client(trust_env=False) as http:
        yield Person(http, ministack.url)


def sign_in(person: Person, login: Login) -> str:
    """Ann signs in; the address that her browser comes back to."""
    person.visit(login.url)
    person.submit(username="ann", password=PASSWORD)
    return person.address


@each_client
async def test_a_login_at_ministack(
    *, face: Face, app: AppClient, person: Person, matrix: Matrix, secret: bool
) -> None:
    """The same lines as at Cognito: the ID token is verified with ministack's keys, its nonce is the login's."""
    server: AsyncAuthorizationServer = face.authorization_server(app)

    def works(operation: str) -> Any:
        return matrix.cell("ministack", operation, face.name, secret=secret)

    with works("login (code, PKCE)"):
        login = server.authorize(redirect_uri=CALLBACK, scopes={"openid", "email"})
        tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
        assert login.nonce == unverified_claims(tokens.id_token)["nonce"]
        assert {"openid", "email"} == tokens.scopes
    with works("refresh (OAuth)"):
        fresh = await face(server.refresh(tokens))
        assert fresh.access_token != tokens.access_token
        assert tokens.refresh_token == fresh.refresh_token
    with works("user info"):
        info = await face(server.user_info(fresh))
        assert "ann@example.com" == info.email


@each_client
async def test_a_wrong_verifier_is_refused(face: Face, app: AppClient, person: Person) -> None:
    """Ministack's PKCE judges ours."""
    server: AsyncAuthorizationServer = face.authorization_server(app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    with pytest.raises(errors.InvalidGrant):
        await face(server.exchange(attrs.evolve(login, code_verifier="x" * 43), callback_url=came))


@each_client
async def test_a_replayed_code_is_refused(face: Face, app: AppClient, person: Person) -> None:
    """By this object, and elsewhere by ministack."""
    server: AsyncAuthorizationServer = face.authorization_server(app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    await face(server.exchange(login, callback_url=came))
    with pytest.raises(errors.LoginReplayed):
        await face(server.exchange(login, callback_url=came))
    elsewhere: AsyncAuthorizationServer = face.authorization_server(app)
    with pytest.raises(errors.InvalidGrant):
        await face(elsewhere.exchange(login, callback_url=came))


@each_client
async def test_a_wrong_redirect_is_refused(face: Face, app: AppClient, person: Person) -> None:
    """By ministack's login page, by its token endpoint, and before either by this library."""
    server: AsyncAuthorizationServer = face.authorization_server(app)
    person.visit(server.authorize(redirect_uri="https://evil.example.com/callback").url)
    assert 400 == person.status
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    with pytest.raises(errors.RedirectMismatch):
        await face(server.exchange(login, callback_url=came.replace("me.example", "evil.example")))
    elsewhere = attrs.evolve(login, redirect_uri="https://me.example.com/other")
    with pytest.raises(errors.InvalidGrant):
        await face(server.exchange(elsewhere, callback_url=came.replace("/callback", "/other")))


@each_client
async def test_a_wrong_secret_is_refused(face: Face, app: AppClient, person: Person, secret: bool) -> None:
    """The code is not used up by it: with the right secret it still serves."""
    login = face.authorization_server(app).authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    assert parse_qs(urlsplit(came).query)["state"] == [login.state]
    wrong = face.authorization_server(attrs.evolve(app, client_secret="wrong"))
    if secret:
        with pytest.raises(errors.InvalidClient):
            await face(wrong.exchange(login, callback_url=came))
    assert (await face(face.authorization_server(app).exchange(login, callback_url=came))).id_token


@pytest.mark.parametrize("how", ["basic", "body"])
async def test_a_machine_authenticates_in_either_way(
    *, face: Face, ministack: Peer, cognito: Cognito, how: str
) -> None:
    """With its secret in the header or in the form; a wrong one is an invalid client in both."""
    app = ministack.app(cognito(ministack.url), secret=True)
    server: AsyncAuthorizationServer = face.authorization_server(app, client_authentication=how)
    tokens = await face(server.client_credentials(scopes={SCOPE}))
    assert {SCOPE} == tokens.scopes
    wrong = attrs.evolve(app, client_secret="wrong")
    with pytest.raises(errors.InvalidClient):
        await face(face.authorization_server(wrong, client_authentication=how).client_credentials())
