"""CognitoAuth for httpx and httpx2, on every face."""

import datetime
import itertools
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Literal

import pytest

from cognito_auth import ANY_ORIGIN, AppClient, AsyncTokenSource, TokenSet, TokenSource, errors
from cognito_auth.token_source.auth_flow import one_hop_headers
from support.faces import Face

Library = Literal["httpx", "httpx2"]
API = "https://api.example.com"
APP = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", region="eu-west-1")


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Library:
    """Either library."""
    chosen: Library = request.param
    return chosen


class Api:
    """An API that remembers what it was sent, and answers with what it is told."""

    def __init__(self, library: Library, *answers: Any) -> None:
        self._library = import_module(library)
        self._answers: Iterator[Any] = itertools.chain(answers, itertools.repeat(200))
        self.seen: list[tuple[str, str | None]] = []
        self.requests: list[Any] = []

    def __call__(self, request: Any) -> Any:
        """Answer a request."""
        sent = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
        self.requests.append(sent)
        self.seen.append((str(request.url), sent.get("authorization") or sent.get("x-token")))
        answer = next(self._answers)
        if isinstance(answer, str):
            return self._library.Response(307, headers={"location": answer})
        return self._library.Response(answer, text=f"{answer}")

    @property
    def tokens(self) -> list[str | None]:
        """What stood in the header of each request."""
        return [token for _, token in self.seen]


class Bank:
    """Gives a new token at each call."""

    def __init__(self) -> None:
        self.given = 0
        self.trouble: Exception | None = None

    def __call__(self) -> TokenSet:
        """New tokens."""
        if self.trouble is not None:
            raise self.trouble
        self.given += 1
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        return TokenSet(
            access_token=f"a{self.given}", id_token=f"i{self.given}", expires_at=ends, id_expires_at=ends
        )


@pytest.fixture
def bank() -> Bank:
    """Where tokens come from."""
    return Bank()


@pytest.fixture(params=["blocking source", "own source"])
def source(request: pytest.FixtureRequest, face: Face, bank: Bank) -> TokenSource | AsyncTokenSource:
    """A blocking source works on every face, an async one on the async faces."""
    if request.param == "own source":
        made: TokenSource | AsyncTokenSource = face.token_source(APP, bank)
        return made
    return TokenSource(APP, bank)


@pytest.fixture
def client(library: Library, source: Any, face: Face) -> Callable[..., Any]:
    """A client whose API is a function, with this auth."""

    def make(api: Api, origins: Any = API, *, follow_redirects: bool = False, **settings: Any) -> Any:
        auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, origins, **settings)
        transport = import_module(library).MockTransport(api)
        return face.http_client(
            library=library, auth=auth, transport=transport, follow_redirects=follow_redirects
        )

    return make


async def test_each_request_carries_the_token(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """As RFC 6750 has it."""
    api = Api(library)
    http = client(api)
    await face(http.get(f"{API}/orders"))
    await face(http.get(f"{API}/orders"))
    assert ["Bearer a1", "Bearer a1"] == api.tokens


async def test_a_401_leads_to_one_more_attempt_with_a_new_token(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """The body goes out again, whole."""
    api = Api(library, 401)
    response = await face(client(api).post(f"{API}/orders", json={"amount": 3}))
    assert 200 == response.status_code
    assert ["Bearer a1", "Bearer a2"] == api.tokens


async def test_a_second_401_is_the_callers(face: Face, library: Library, client: Callable[..., Any]) -> None:
    """One replay, not more."""
    api = Api(library, 401, 401, 401)
    response = await face(client(api).get(API))
    assert 401 == response.status_code
    assert ["Bearer a1", "Bearer a2"] == api.tokens


async def test_where_there_is_nothing_newer_nothing_is_sent_again(
    face: Face, library: Library, client: Callable[..., Any], bank: Bank
) -> None:
    """An API that refuses everything gets one new token in five seconds, and no request twice with the same."""
    api = Api(library, *[401] * 10)
    http = client(api)
    for _ in range(3):
        assert 401 == (await face(http.get(API))).status_code
    assert ["Bearer a1", "Bearer a2", "Bearer a2", "Bearer a2"] == api.tokens
    assert 2 == bank.given


async def test_the_original_401_is_returned_when_the_refresh_fails(
    face: Face, library: Library, client: Callable[..., Any], bank: Bank
) -> None:
    """The API's answer says more than the failed refresh."""
    api = Api(library, 200, 401)
    http = client(api)
    await face(http.get(API))
    bank.trouble = errors.TransportError("the service is away")
    response = await face(http.get(API))
    assert 401 == response.status_code
    assert ["Bearer a1", "Bearer a1"] == api.tokens


async def test_no_replay_if_it_is_switched_off(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """For APIs whose 401 says something else."""
    api = Api(library, 401)
    assert 401 == (await face(client(api, retry_on_401=False).get(API))).status_code
    assert ["Bearer a1"] == api.tokens


@pytest.mark.parametrize(
    "address",
    ["https://other.example.com/", "http://api.example.com/", "https://api.example.com:8443/"],
    ids=["host", "scheme", "port"],
)
async def test_no_other_origin_gets_the_token(
    face: Face, library: Library, client: Callable[..., Any], address: str
) -> None:
    """An absolute address in a base_url client is enough to go astray; its 401 is none of ours either."""
    api = Api(library, 401)
    assert 401 == (await face(client(api).get(address))).status_code
    assert [None] == api.tokens


async def test_the_default_port_and_the_case_of_the_host_do_not_matter(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """They are the same origin (RFC 6454 §6.2)."""
    api = Api(library)
    http = client(api, ["https://API.example.com:443/", "http://localhost:8000"])
    await face(http.get("https://api.EXAMPLE.com/"))
    await face(http.get("http://localhost:8000/"))
    assert ["Bearer a1"] * 2 == api.tokens


async def test_any_origin_means_any_that_is_encrypted(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """Or that never leaves this machine."""
    api = Api(library)
    http = client(api, ANY_ORIGIN)
    for address in ("https://somewhere.example/", "http://somewhere.example/", "http://127.0.0.1:8000/"):
        await face(http.get(address))
    assert ["Bearer a1", None, "Bearer a1"] == api.tokens


async def test_a_header_that_the_caller_set_is_left_alone(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """And its 401 is the caller's."""
    api = Api(library, 401)
    response = await face(client(api).get(API, headers={"authorization": "Basic mine"}))
    assert 401 == response.status_code
    assert ["Basic mine"] == api.tokens


async def test_a_request_that_is_sent_again_by_its_caller_gets_the_present_token(
    face: Face, library: Library, client: Callable[..., Any], source: Any
) -> None:
    """A header that this auth has set is not taken for the caller's."""
    api = Api(library, 200, 401)
    http = client(api)
    request = http.build_request("GET", API)
    await face(http.send(request))
    await face(http.send(request))
    await face(http.send(request))
    assert ["Bearer a1", "Bearer a1", "Bearer a2", "Bearer a2"] == api.tokens


async def test_api_gateway_takes_the_bare_id_token(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """Its Cognito authorizer wants no scheme before it."""
    api = Api(library)
    await face(client(api, token="id", scheme=None).get(API))
    assert ["i1"] == api.tokens


@pytest.mark.parametrize("header", ["Authorization", "X-Token"])
async def test_a_redirect_to_another_origin_does_not_take_the_token_along(
    face: Face, library: Library, client: Callable[..., Any], header: str
) -> None:
    """Whatever the header is called; and the 401 there leads to nothing."""
    api = Api(library, "https://other.example.com/", 401)
    response = await face(client(api, header=header, follow_redirects=True).get(API))
    assert 401 == response.status_code
    assert [(f"{API}", "Bearer a1"), ("https://other.example.com/", None)] == [
        (url.rstrip("/") if url.startswith(API) else url, token) for url, token in api.seen
    ]


@pytest.mark.parametrize("header", ["Authorization", "X-Token"])
async def test_a_redirect_to_an_allowed_origin_gets_the_token_when_it_asks_for_it(
    face: Face, library: Library, client: Callable[..., Any], header: str, bank: Bank
) -> None:
    """A 401 there means that the redirect took the token off, not that it is bad."""
    other = "https://other.example.com"
    api = Api(library, f"{other}/", 401, 200)
    response = await face(client(api, [API, other], header=header, follow_redirects=True).get(API))
    assert 200 == response.status_code
    assert ["Bearer a1", None, "Bearer a1"] == api.tokens
    assert 1 == bank.given


async def test_an_upgrade_to_https_does_not_take_the_token_along(
    face: Face, library: Library, client: Callable[..., Any]
) -> None:
    """The libraries make an exception for it; the origin is another one all the same."""
    api = Api(library, "https://localhost/")
    await face(client(api, "http://localhost", follow_redirects=True).get("http://localhost/"))
    assert ["Bearer a1", None] == api.tokens


def test_a_hidden_header_can_be_read_replaced_and_taken_away_and_no_copy_has_it(library: Library) -> None:
    """Event hooks may do so; a redirect is made from a copy."""
    headers_class = import_module(library).Headers
    hidden = one_hop_headers(import_module(library))

    def made() -> Any:
        return hidden(headers_class({"x-token": "old", "accept": "*/*"}), "X-Token", "very-secret")

    headers = made()
    assert ("very-secret", True, "*/*") == (headers["x-token"], "X-TOKEN" in headers, headers["accept"])
    assert (b"X-Token", b"very-secret") in headers.raw
    for copied in (
        headers_class(headers),
        headers.copy(),
        dict(headers),
        headers.multi_items(),
        repr(headers),
    ):
        assert "very-secret" not in str(copied)
    headers["x-token"] = "mine"
    assert [(b"accept", b"*/*"), (b"x-token", b"mine")] == [
        (name.lower(), value) for name, value in headers.raw
    ]
    headers["accept"] = "text/html"
    del headers["accept"]
    taken = made()
    del taken["x-token"]
    assert "x-token" not in taken
    assert [(b"accept", b"*/*")] == taken.raw


def test_any_origin_says_what_it_is() -> None:
    """In signatures and reprs."""
    assert "ANY_ORIGIN" == repr(ANY_ORIGIN)


async def test_an_id_token_that_is_not_there_is_said(face: Face, library: Library) -> None:
    """Machines have none."""
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    source = face.token_source(APP, lambda: TokenSet(access_token="a", expires_at=ends))
    auth = import_module(f"cognito_auth.{library}").CognitoAuth(source, API, token="id")
    http = face.http_client(
        library=library, auth=auth, transport=import_module(library).MockTransport(Api(library))
    )
    for _ in range(2):
        with pytest.raises(errors.UsageError, match="no ID token"):
            await face(http.get(API))


def test_an_async_source_says_that_it_needs_an_async_client(library: Library) -> None:
    """In words, before anything is sent."""
    auth = import_module(f"cognito_auth.{library}").CognitoAuth(AsyncTokenSource(APP, Bank()), API)
    api = Api(library)
    with (
        import_module(library).Client(auth=auth, transport=import_module(library).MockTransport(api)) as http,
        pytest.raises(errors.UsageError, match="needs an AsyncClient"),
    ):
        http.get(API)
    assert [] == api.seen


@pytest.mark.parametrize(
    "origins", ["http://api.example.com", "https://api.example.com/v1", "api.example.com", [], ["https://"]]
)
def test_an_origin_that_cannot_be_right_is_refused(library: Library, origins: Any) -> None:
    """The token would go out in the clear, or nowhere."""
    auth = import_module(f"cognito_auth.{library}").CognitoAuth
    with pytest.raises(errors.UsageError, match=r"^origins: "):
        auth(TokenSource(APP, Bank()), origins)


def test_a_source_and_a_token_that_cannot_be_right_are_refused(library: Library) -> None:
    """When the auth is made, not at the first request."""
    auth = import_module(f"cognito_auth.{library}").CognitoAuth
    with pytest.raises(errors.UsageError, match=r"^source: "):
        auth("token", API)
    with pytest.raises(errors.UsageError, match=r"^token: "):
        auth(TokenSource(APP, Bank()), API, token="refresh")


async def test_nothing_shows_the_token(
    face: Face, library: Library, client: Callable[..., Any], source: Any
) -> None:
    """Neither the auth's repr, nor the request's, nor its headers where the header is not the usual one."""
    api = Api(library)
    http = client(api, header="X-Token")
    response = await face(http.get(API))
    assert "Bearer a1" == response.request.headers["x-token"]
    for shown in (repr(http.auth), repr(response.request), repr(response.request.headers), repr(source)):
        assert "a1" not in re.sub(r"0x[0-9a-f]+", "an address", shown)
