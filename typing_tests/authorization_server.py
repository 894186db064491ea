"""What must and what must not type-check with the authorization server. Never run."""

from typing import assert_type

import httpx

from cognito_auth import AppClient, AsyncAuthorizationServer, AuthorizationServer, Login, TokenSet
from cognito_auth.authorization_server import ServerMetadata, UserInfo


def the_blocking_face_gives_results(app: AppClient) -> None:
    with AuthorizationServer(app) as server:
        assert_type(server, AuthorizationServer)
        assert_type(server.client_credentials(scopes={"orders/read"}), TokenSet)


async def the_async_face_gives_awaitables(app: AppClient) -> None:
    async with AsyncAuthorizationServer(app) as server:
        assert_type(server, AsyncAuthorizationServer)
        assert_type(await server.client_credentials(scopes={"orders/read"}), TokenSet)


async def a_forgotten_await_is_an_error(server: AsyncAuthorizationServer) -> None:
    server.client_credentials(scopes={"orders/read"})  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    tokens = server.client_credentials(scopes={"orders/read"})
    tokens.access_token  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def a_result_cannot_be_awaited(server: AuthorizationServer) -> None:
    async def body() -> None:
        await server.client_credentials(scopes={"orders/read"})  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]


def arguments_are_checked(server: AuthorizationServer) -> None:
    server.client_credentials(scopes=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    server.client_credentials(skopes={"orders/read"})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def each_face_wants_its_own_kind_of_client(app: AppClient) -> None:
    AuthorizationServer(app, http_client=httpx.Client())
    AsyncAuthorizationServer(app, http_client=httpx.AsyncClient())
    AuthorizationServer(app, http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncAuthorizationServer(app, http_client=httpx.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_login_is_made_at_once_on_either_face(
    blocking: AuthorizationServer, awaited: AsyncAuthorizationServer
) -> None:
    assert_type(blocking.authorize(redirect_uri="https://me/callback"), Login)
    assert_type(awaited.authorize(redirect_uri="https://me/callback"), Login)
    assert_type(awaited.logout_url(logout_uri="https://me/"), str)
    blocking.authorize()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    blocking.authorize(redirect_uri="https://me/callback", prompt=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_login_is_exchanged_on_the_blocking_face(server: AuthorizationServer, login: Login) -> None:
    tokens = server.exchange(login, callback_url="https://me/callback?code=c")
    assert_type(tokens, TokenSet)
    assert_type(server.refresh(tokens), TokenSet)
    assert_type(server.user_info(tokens), UserInfo)
    assert_type(server.discover(), ServerMetadata)
    assert_type(server.sign_in_with_browser(), TokenSet)
    server.exchange(login)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    server.exchange("https://me/callback?code=c", callback_url="…")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def a_login_is_exchanged_on_the_async_face(server: AsyncAuthorizationServer, login: Login) -> None:
    tokens = await server.exchange(login, callback_url="https://me/callback?code=c")
    assert_type(tokens, TokenSet)
    assert_type(await server.refresh(tokens), TokenSet)
    assert_type(await server.user_info(tokens), UserInfo)
    assert_type(await server.discover(), ServerMetadata)
    assert_type(await server.sign_in_with_browser(), TokenSet)


def a_machine_has_no_resource(server: AuthorizationServer) -> None:
    server.client_credentials(resource="https://api.example.com")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_login_travels_sealed(login: Login, app: AppClient) -> None:
    assert_type(login.dumps(b"k" * 32), str)
    assert_type(Login.loads("…", b"k" * 32, app=app), Login)
    Login.loads("…", b"k" * 32)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    login.dumps("k")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_client_is_authenticated_in_two_ways(app: AppClient) -> None:
    AuthorizationServer(app, client_authentication="body")
    AuthorizationServer(app, client_authentication="header")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
