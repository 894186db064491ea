"""What must and what must not type-check with the authorization server. Never run."""

from typing import assert_type

import httpx

from cognito_auth import AppClient, AsyncAuthorizationServer, AuthorizationServer, TokenSet


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
