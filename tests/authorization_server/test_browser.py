"""A login in the user's own browser: what listens on loopback, and what it lets through."""

import contextlib
import errno
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, Login, errors
from cognito_auth.authorization_server import browser
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.tokens import unverified_claims
from support.faces import Face
from support.person import Person

from .conftest import LOOPBACKS, PASSWORD, free_port, listen, server_of

Open = Callable[[str], object]


@pytest.fixture
def port() -> int:
    """A port of loopback on which nobody listens."""
    return free_port()


@pytest.fixture
def redirect_uri(port: int, client: Client) -> str:
    """Where the browser comes back to on this machine, registered with the client."""
    address = f"http://localhost:{port}/callback"
    client.callback_urls = (address,)
    return address


@pytest.fixture
def come_back(pool: FakeUserPool) -> Open:
    """A browser at which Ann signs in, and which then goes where it is sent."""

    def open_browser(url: str) -> object:
        person = Person.at(pool)
        person.visit(url)
        person.submit(username="ann", password=PASSWORD)
        return fetch(person.address)

    return open_browser


def fetch(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What the listener answers, without a connection left open."""
    with httpx.Client(trust_env=False) as client:
        return client.request(method, url, headers=headers)


def is_listening(port: int) -> bool:
    """Whether anybody answers there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


async def test_a_user_signs_in_with_the_browser_of_this_machine(
    *, face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str, come_back: Open
) -> None:
    """The tokens are verified, and nobody listens any more."""
    server = server_of(face, pool, app)
    tokens = await face(server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=come_back))
    assert "ann" == unverified_claims(tokens.id_token)["cognito:username"]
    assert not is_listening(urlsplit(redirect_uri).port or 0)


async def test_it_can_be_done_again_at_once(
    *, face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str, come_back: Open
) -> None:
    """The address is free again, though connections to it have just ended."""
    server = server_of(face, pool, app)
    for _ in range(2):
        await face(server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=come_back))


async def test_a_refusal_by_the_service_is_an_error(
    face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str
) -> None:
    """``prompt="none"`` and nobody signed in: the page says so, and so does the error."""
    pages: list[httpx.Response] = []

    def open_browser(url: str) -> None:
        person = Person.at(pool)
        person.visit(url)
        pages.append(fetch(person.address))

    server = server_of(face, pool, app)
    with pytest.raises(errors.LoginRequired):
        await face(
            server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=open_browser, prompt="none")
        )
    assert "You are not signed in" in pages[0].text


async def test_nobody_comes_back(face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str) -> None:
    """The user's time is limited, and nobody listens afterwards."""
    server = server_of(face, pool, app)
    with pytest.raises(errors.LoginExpired, match=r"within 0\.05 seconds"):
        await face(
            server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=lambda _: None, timeout=0.05)
        )
    assert not is_listening(urlsplit(redirect_uri).port or 0)


async def test_a_browser_that_fails_leaves_nobody_listening(
    face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str
) -> None:
    """Whatever opens the browser may raise, and what it raises is not taken for the user's slowness."""

    def open_browser(_: str) -> None:
        raise TimeoutError("no display")

    with pytest.raises(TimeoutError, match="no display"):
        await face(
            server_of(face, pool, app).sign_in_with_browser(
                redirect_uri=redirect_uri, open_browser=open_browser
            )
        )
    assert not is_listening(urlsplit(redirect_uri).port or 0)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_leaves_nobody_listening(
    backend: Literal["asyncio", "trio"], pool: FakeUserPool, app: AppClient, redirect_uri: str
) -> None:
    """The wait for the browser can be called off."""

    async def body() -> None:
        async with (
            httpx.AsyncClient(transport=pool.transport()) as http_client,
            AsyncAuthorizationServer(app, http_client=http_client) as server,
        ):
            with anyio.move_on_after(0.05) as scope:
                await server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=lambda _: None)
        assert scope.cancelled_caught

    anyio.run(body, backend=backend)
    assert not is_listening(urlsplit(redirect_uri).port or 0)


async def test_where_there_is_no_browser_the_address_is_printed(
    *,
    face: Face,
    pool: FakeUserPool,
    app: AppClient,
    redirect_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a server, the user opens it elsewhere."""
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(errors.LoginExpired):
        await face(server_of(face, pool, app).sign_in_with_browser(redirect_uri=redirect_uri, timeout=0.05))
    assert f"{app.domain_url}/oauth2/authorize?response_type=code" in capsys.readouterr().err


async def test_the_standard_librarys_browser_is_opened(
    *,
    face: Face,
    pool: FakeUserPool,
    app: AppClient,
    redirect_uri: str,
    come_back: Open,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is printed then."""
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(come_back(url)))
    await face(server_of(face, pool, app).sign_in_with_browser(redirect_uri=redirect_uri))
    assert "" == capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        "https://me.example.com/callback",
        "https://localhost:8400/callback",
        "http://localhost/callback",
        "http://localhost:8400/callback?a=b",
        "myapp://callback",
    ],
)
async def test_only_a_loopback_address_with_a_port_can_be_listened_at(
    face: Face, pool: FakeUserPool, app: AppClient, wrong: str
) -> None:
    """The error says what is expected."""
    with pytest.raises(errors.UsageError, match=r"^redirect_uri: .* expected http on loopback with a port"):
        await face(server_of(face, pool, app).sign_in_with_browser(redirect_uri=wrong))


async def test_a_taken_port_is_an_error(
    face: Face, pool: FakeUserPool, app: AppClient, redirect_uri: str, port: int
) -> None:
    """Another program would get the code: nothing is begun."""
    with (
        listen("127.0.0.1", port),
        pytest.raises(errors.UsageError, match=rf"cannot listen at localhost:{port}"),
    ):
        await face(server_of(face, pool, app).sign_in_with_browser(redirect_uri=redirect_uri))


# -- the listener itself -------------------------------------------------------------------------------------------


@pytest.fixture
def login(app: AppClient, pool: FakeUserPool, redirect_uri: str) -> Iterator[Login]:
    """A login that comes back to this machine."""
    from cognito_auth import AuthorizationServer

    with AuthorizationServer(app) as server:
        yield server.authorize(redirect_uri=redirect_uri)


@pytest.fixture
def listener(login: Login) -> Iterator[browser.Listener]:
    """Somebody who waits for it."""
    listener = browser.Listener(login)
    yield listener
    listener.close()


def answer(login: Login, **fields: str) -> str:
    """The address of an answer to the login."""
    query = "&".join(f"{name}={value}" for name, value in {"state": login.state, **fields}.items())
    return f"{login.redirect_uri}?{query}"


def test_a_good_answer_is_handed_over_whole(listener: browser.Listener, login: Login) -> None:
    """The page is plain: not kept, not referred to, nothing loaded, nothing of the request on it."""
    page = fetch(answer(login, code="c0de"))
    assert answer(login, code="c0de") == listener.callback.result(10)
    assert (200, "no-store", "no-referrer") == (
        page.status_code,
        page.headers["cache-control"],
        page.headers["referrer-policy"],
    )
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "c0de" not in page.text
    assert "You can close this window" in page.text


def test_the_first_answer_counts(listener: browser.Listener, login: Login) -> None:
    """A page that is loaded again changes nothing."""
    fetch(answer(login, code="first"))
    assert answer(login, code="first") == listener.callback.result(10)
    assert fetch(answer(login, code="second")).status_code == 200
    assert answer(login, code="first") == listener.callback.result(10)


WRONG: dict[str, tuple[int, Callable[[Login], httpx.Response]]] = {
    "another state": (400, lambda login: fetch(answer(login, state="forged", code="<b>x</b>"))),
    "no state": (400, lambda login: fetch(f"{login.redirect_uri}?code=x")),
    "two states": (400, lambda login: fetch(answer(login, code="x") + "&state=forged")),
    "another host": (400, lambda login: fetch(answer(login, code="x"), Host="evil.example.com")),
    "the address for the name": (
        400,
        lambda login: fetch(answer(login, code="x"), Host=f"127.0.0.1:{urlsplit(login.redirect_uri).port}"),
    ),
    "another path": (404, lambda login: fetch(answer(login, code="x").replace("/callback", "/favicon.ico"))),
    "POST": (405, lambda login: fetch(answer(login, code="x"), "POST")),
    "HEAD": (405, lambda login: fetch(answer(login, code="x"), "HEAD")),
    "OPTIONS": (405, lambda login: fetch(answer(login, code="x"), "OPTIONS")),
}


@pytest.mark.parametrize("status, ask", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_the_answer_is_refused_and_waiting_goes_on(
    *, listener: browser.Listener, login: Login, status: int, ask: Callable[[Login], httpx.Response]
) -> None:
    """Other pages, other sites and other logins get nowhere, and see nothing of what they sent."""
    page = ask(login)
    assert status == page.status_code
    assert "no-store" == page.headers["cache-control"]
    assert "<b>" not in page.text
    assert ("GET" if status == 405 else None) == page.headers.get("allow")
    assert not listener.callback.done()
    fetch(answer(login, code="c0de"))
    assert answer(login, code="c0de") == listener.callback.result(10)


def test_an_idle_connection_keeps_nobody_waiting(listener: browser.Listener, login: Login) -> None:
    """Browsers open connections in advance; closing ends them."""
    with socket.create_connection(("127.0.0.1", urlsplit(login.redirect_uri).port or 0)) as idle:
        fetch(answer(login, code="c0de"))
        assert answer(login, code="c0de") == listener.callback.result(10)
        listener.close()
        assert b"" == idle.recv(1)


@pytest.mark.parametrize(
    "sent, status",
    [
        (b"<b>GET</b> /callback HTTP/1.1\r\n\r\n", 405),
        (b"TRACE /callback HTTP/1.1\r\nX: <b>\r\n\r\n", 405),
        (b"<b>\r\n\r\n", 400),
        (b"GET /<b> HTTP/9.x\r\n\r\n", 400),
        (b"GET /" + b"<b>" * 30_000 + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET /callback HTTP/1.1\r\n" + b"X: <b>\r\n" * 200 + b"\r\n", 400),
    ],
    ids=["method", "unknown method", "no request", "version", "long line", "many headers"],
)
def test_what_is_no_request_is_not_quoted_either(
    *, listener: browser.Listener, login: Login, sent: bytes, status: int
) -> None:
    """The standard library's own pages would show it."""
    with socket.create_connection(("127.0.0.1", urlsplit(login.redirect_uri).port or 0), 10) as stranger:
        stranger.sendall(sent)
        answer = stranger.makefile("rb").read()
    # Before there were status lines there were only pages, and so a request without a version gets one.
    assert answer.startswith((f"HTTP/1.0 {status} ".encode(), b"<!doctype html>"))
    assert b"<b>" not in answer
    assert b"&lt;b&gt;" not in answer
    assert not listener.callback.done()


def test_a_connection_that_breaks_is_nobodys_affair(
    listener: browser.Listener, login: Login, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard library would print it, address and all."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # reset the connection when it is closed
    with socket.create_connection(("127.0.0.1", urlsplit(login.redirect_uri).port or 0)) as broken:
        broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        broken.sendall(b"GET /callback?code=secret HTTP/1.1\r\n")
    fetch(answer(login, code="c0de"))
    listener.close()
    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize("host", [f"[{host}]" if ":" in host else host for host in LOOPBACKS])
def test_a_loopback_address_of_either_kind_is_listened_at(
    app: AppClient, client: Client, port: int, host: str
) -> None:
    """RFC 8252 §8.3 prefers addresses to the name."""
    from cognito_auth import AuthorizationServer

    address = f"http://{host}:{port}/callback"
    client.callback_urls = (address,)
    with AuthorizationServer(app) as server, contextlib.ExitStack() as stack:
        login = server.authorize(redirect_uri=address)
        listener = browser.Listener(login)
        stack.callback(listener.close)
        assert fetch(answer(login, code="c0de")).status_code == 200


def test_localhost_is_held_at_both_of_its_addresses(listener: browser.Listener, port: int) -> None:
    """A browser may try either, and must not meet another program there."""
    for host in LOOPBACKS:
        socket.create_connection((host, port)).close()
    assert not listener.callback.done()


def test_the_other_address_of_localhost_must_be_free_too(login: Login, port: int) -> None:
    """What was bound already is let go."""
    with (
        listen(LOOPBACKS[-1], port),
        pytest.raises(errors.UsageError, match="cannot listen"),
    ):
        browser.Listener(login)
    assert not is_listening(port)


@pytest.mark.parametrize("missing", [{"::1"}, {"127.0.0.1", "::1"}], ids=["no IPv6", "neither"])
def test_a_machine_may_lack_an_address(
    login: Login, port: int, monkeypatch: pytest.MonkeyPatch, missing: set[str]
) -> None:
    """One of the two is enough; none is an error."""
    bind: Any = browser._Server.server_bind

    def server_bind(server: browser._Server) -> None:
        if server.server_address[0] in missing:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        bind(server)

    monkeypatch.setattr(browser._Server, "server_bind", server_bind)
    if len(missing) == 2:
        with pytest.raises(errors.UsageError, match="this machine has no such address"):
            browser.Listener(login)
        return
    listener = browser.Listener(login)
    assert is_listening(port)
    listener.close()


def test_an_address_is_used_again_except_where_that_lets_two_listen() -> None:
    """Windows means something else by the option."""
    assert (sys.platform != "win32") is browser._Server.allow_reuse_address
