"""The MCP SDK's client against the SDK's server with our verifier, over uvicorn; and the metadata that it serves."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx
import httpx2
import pytest
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from cognito_auth import AppClient, Retry, errors
from cognito_auth.mcp import CognitoTokenVerifier
from cognito_auth.testing import FakeUserPool
from support.bearers import challenge, good_token, no_keys
from support.servers import uvicorn_serves, uvicorn_serves_made
from support.tokens import CLIENT, ISSUER, POOL, KeyEndpoint, access_claims, key_set, signed

RESOURCE = "https://mcp.example.com/mcp"
METADATA = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
HERE = {"jwks": key_set(), "offline": True}


def verifier(**settings: Any) -> CognitoTokenVerifier:
    """A verifier whose keys are here already."""
    given: dict[str, Any] = {"client_id": CLIENT, "resource": RESOURCE, **HERE, **settings}
    return CognitoTokenVerifier(POOL, **given)


def bound(**changes: Any) -> str:
    """A token of ann for this server."""
    return good_token(aud=RESOURCE, **changes)


def served_by(checks: CognitoTokenVerifier) -> Any:
    """An MCP server with one tool, as an ASGI application."""
    server = MCPServer("orders", token_verifier=checks, auth=checks.auth_settings(), log_level="CRITICAL")

    @server.tool()
    async def whoami() -> str:
        """Who calls."""
        token = get_access_token()
        return json.dumps([token.subject, (token.claims or {})["username"], token.scopes] if token else None)

    return server.streamable_http_app()


@contextmanager
def served(checks: CognitoTokenVerifier, *, guarded: bool = False) -> Iterator[str]:
    """The address of an MCP server, behind our own door or not."""
    app = served_by(checks)
    with uvicorn_serves(checks.guard(app) if guarded else app) as host:
        yield f"http://{host}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server that asks for one scope, as the SDK does it alone."""
    with served(verifier(required_scopes="orders/read")) as address:
        yield address


@pytest.fixture(scope="module")
def guarded_url() -> Iterator[str]:
    """The same behind our own door, for admins."""
    with served(verifier(required_scopes="orders/read", all_groups="admin"), guarded=True) as address:
        yield address


async def call(url: str, token: str) -> Any:
    """What the tool answers to the SDK's client."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        answer = await client.call_tool("whoami", {})
        content: Any = answer.content[0]
        return json.loads(content.text)


def initialize(url: str, *tokens: str) -> httpx.Response:
    """The answer to a client's first request."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    }
    headers = [("Accept", "application/json, text/event-stream")]
    headers += [("Authorization", f"Bearer {token}") for token in tokens]
    return httpx.post(f"{url}/mcp", json=body, headers=headers)


@pytest.mark.parametrize("server", ["url", "guarded_url"])
def test_the_sdks_client_calls_a_tool_with_a_token_that_is_for_this_server(
    server: str, request: pytest.FixtureRequest
) -> None:
    """The tool knows who calls."""
    answer = anyio.run(call, request.getfixturevalue(server), bound())
    assert ["a1b2c3d4-0000-1111-2222-333344445555", "ann", ["orders/read", "orders/write"]] == answer


class Memory:
    """What the SDK's client remembers: an app client that somebody registered, and tokens."""

    def __init__(self, client_id: str) -> None:
        self.client = OAuthClientInformationFull(client_id=client_id, redirect_uris=[AnyUrl(CALLBACK)])
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        """Nothing, until a login."""
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """After a login."""
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull:
        """The app client: Cognito registers none by itself."""
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Never called, since there is one."""
        raise AssertionError(client_info)


class Browser:
    """Ann's browser, which signs in at the user pool and comes back with a code."""

    def __init__(self, pool: FakeUserPool) -> None:
        self.pool = pool
        self.came_back = ""

    async def go(self, url: str) -> None:
        """To the login page and back."""
        self.came_back = self.pool.log_in(url, "ann")

    async def answer(self) -> AuthorizationCodeResult:
        """What it brought."""
        return AuthorizationCodeResult(**dict(parse_qsl(urlsplit(self.came_back).query)))


CALLBACK = "http://localhost:8400/callback"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("guarded", [False, True])
async def test_the_sdks_client_finds_the_user_pool_and_logs_in_for_this_server(guarded: bool) -> None:
    """From nothing but the server's address: challenge, metadata, the pool's configuration, login, token, call."""
    pool = FakeUserPool()
    ann = pool.add_user("ann", "correct horse")
    client = pool.add_client(scopes={"openid", "orders/read"}, callback_urls=[CALLBACK])
    keys = httpx.AsyncClient(transport=pool.transport())

    def make(host: str) -> Any:
        checks = CognitoTokenVerifier(
            pool.pool_id,
            client_id=client.client_id,
            resource=f"http://{host}/mcp",
            required_scopes="orders/read",
            http_client=keys,
        )
        return checks.guard(served_by(checks)) if guarded else served_by(checks)

    browser, memory = Browser(pool), Memory(client.client_id)
    with uvicorn_serves_made(make) as host:
        metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(CALLBACK)], token_endpoint_auth_method="none")
        login = OAuthClientProvider(f"http://{host}/mcp", metadata, memory, browser.go, browser.answer)
        pages = {"https://": pool.httpx2_transport()}
        async with (
            httpx2.AsyncClient(auth=login, mounts=pages) as http,
            Client(streamable_http_client(f"http://{host}/mcp", http_client=http)) as caller,
        ):
            answer: Any = (await caller.call_tool("whoami", {})).content[0]
    assert [ann.sub, "ann", ["orders/read"]] == json.loads(answer.text)
    assert memory.tokens is not None


@pytest.mark.parametrize("server", ["url", "guarded_url"])
@pytest.mark.parametrize(
    "tokens, status",
    [
        ([], 401),
        (["rubbish"], 401),
        ([signed(access_claims(time.time() - 7200, aud=RESOURCE))], 401),
        ([good_token()], 401),
        ([good_token(aud="https://other.example.com/mcp")], 401),
        ([good_token(aud=[RESOURCE, "https://other.example.com/mcp"])], 401),
        ([bound(client_id="another")], 401),
        ([bound(scope="openid")], 403),
    ],
)
def test_any_other_token_is_refused_and_the_client_led_to_the_metadata(
    server: str, tokens: list[str], status: int, request: pytest.FixtureRequest
) -> None:
    """A token of another server, which could be replayed here, as well (RFC 8707, RFC 9728 §5.1)."""
    reply = initialize(request.getfixturevalue(server), *tokens)
    assert status == reply.status_code
    assert METADATA == challenge(reply.headers["WWW-Authenticate"])["resource_metadata"]


@pytest.mark.parametrize("server", ["url", "guarded_url"])
def test_the_metadata_leads_to_the_user_pool(server: str, request: pytest.FixtureRequest) -> None:
    """It needs no token, and names the scopes to ask for (RFC 9728 §3)."""
    reply = httpx.get(f"{request.getfixturevalue(server)}/.well-known/oauth-protected-resource/mcp")
    expected = {
        "resource": RESOURCE,
        "authorization_servers": [ISSUER],
        "scopes_supported": ["orders/read"],
        "bearer_methods_supported": ["header"],
    }
    assert expected == reply.json()
    made = verifier(required_scopes="orders/read").metadata()
    assert expected == made.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    "tokens, status",
    [([bound(), bound()], 400), ([bound(**{"cognito:groups": ["staff"]})], 403)],
)
def test_our_own_door_tells_more_apart_than_the_sdk(guarded_url: str, tokens: list[str], status: int) -> None:
    """Two credentials, and a user who is in the wrong group."""
    assert status == initialize(guarded_url, *tokens).status_code


def test_our_own_door_answers_503_without_keys() -> None:
    """A client would throw a good token away after a 401."""
    with served(blind(httpx2_down()), guarded=True) as address:
        reply = initialize(address, bound())
    assert 503 == reply.status_code
    assert "10" == reply.headers["Retry-After"]


@pytest.mark.anyio
async def test_without_keys_a_token_is_neither_good_nor_bad() -> None:
    """So the SDK gets no answer that it could take for one."""
    async with httpx.AsyncClient(transport=no_keys()) as client, blind(client) as checks:
        with pytest.raises(errors.KeysUnavailable):
            await checks.verify_token(bound())


def httpx2_down() -> httpx.AsyncClient:
    """A client for a key endpoint that is down; it opens nothing."""
    return httpx.AsyncClient(transport=no_keys())


def blind(client: httpx.AsyncClient) -> CognitoTokenVerifier:
    """A verifier whose keys cannot be had."""
    return CognitoTokenVerifier(
        POOL, client_id=CLIENT, resource=RESOURCE, http_client=client, retry=Retry(attempts=1)
    )


@pytest.mark.anyio
async def test_keys_are_fetched_when_asked_and_for_an_app_client_where_it_says() -> None:
    """An emulator, for instance."""
    endpoint = KeyEndpoint()
    app = AppClient(client_id=CLIENT, pool_id=POOL, endpoint="http://localhost:9229")
    async with (
        httpx.AsyncClient(transport=endpoint.transport()) as client,
        CognitoTokenVerifier.for_app(app, resource=RESOURCE, http_client=client) as checks,
    ):
        await checks.warm()
        found = await checks.verify_token(bound())
    assert [f"http://localhost:9229/{POOL}/.well-known/jwks.json"] == endpoint.calls
    assert found is not None
    assert (CLIENT, RESOURCE) == (found.client_id, found.resource)
    assert 3590 < (found.expires_at or 0) - time.time() <= 3600
    assert ["admin", "staff"] == (found.claims or {})["cognito:groups"]


def test_an_issuer_of_ones_own_is_where_clients_are_led() -> None:
    """The updated form of the pool's, for instance."""
    issuer = f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}"
    checks = verifier(issuer=issuer)
    assert issuer == str(checks.auth_settings().issuer_url)
    assert checks.metadata().scopes_supported is None


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"resource": ""}, "resource"),
        ({"resource": None}, "resource"),
        ({"resource": "mcp.example.com"}, "resource"),
        ({"resource": "http://mcp.example.com/mcp"}, "resource"),
        ({"resource": "https://MCP.example.com/mcp"}, "resource"),
        ({"resource": "https://mcp.example.com:443/mcp"}, "resource"),
        ({"required_scopes": "a  b"}, "required_scopes"),
        ({"client_id": ()}, "client_id"),
    ],
)
def test_a_verifier_that_cannot_be_right_is_refused_at_once(settings: dict[str, Any], argument: str) -> None:
    """The address must be spelled as the tokens will spell it."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        verifier(**settings)
