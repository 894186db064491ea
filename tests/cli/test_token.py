"""`cognito-auth token`: what it prints where, for each way to a token."""

import os
import re
import socket
import sys
import threading
from typing import Any

import httpx
import pytest

from cognito_auth import AuthorizationServer, TokenSet, TokenVerifier
from cognito_auth.cli import Exit
from cognito_auth.testing import FakeUserPool
from cognito_auth.tokens import aware
from support.person import Person

from .conftest import PASSWORD, Run, Typist


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
@pytest.mark.parametrize("method", ["srp", "password"])
@pytest.mark.parametrize("use", ["access", "id"])
def test_a_password_gives_the_token_alone(
    run: Run, fake_user_pool: FakeUserPool, method: str, use: Any
) -> None:
    """Nothing but the token is on standard output, and it verifies."""
    ran = run("token", "--username", "ann", "--method", method, "--use", use)
    keys = fake_user_pool.keys.jwks()
    (client_id,) = fake_user_pool.clients
    with TokenVerifier(
        fake_user_pool.pool_id, client_id=client_id, token_use=use, jwks=keys, offline=True
    ) as verifier:
        assert "ann" == verifier.verify(ran.out.rstrip("\n")).username

    assert (Exit.DONE, "") == (ran.code, ran.err)


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
@pytest.mark.parametrize("via, endpoint", [("oauth", "token"), ("api", "GetClientToken"), (None, "token")])
def test_a_machine_gets_a_token(
    run: Run, fake_user_pool: FakeUserPool, via: str | None, endpoint: str
) -> None:
    """The secret is the environment's; the domain is asked where there is one, unless told otherwise."""
    where = ["--via", via] if via else []
    ran = run(
        "token", "--client-credentials", *where, "--scope", "orders/read", "--scope", "orders/write", "--format", "json"
    )  # fmt: skip

    assert (Exit.DONE, 1) == (ran.code, fake_user_pool.calls[endpoint])
    assert (["orders/read", "orders/write"], None) == (ran.json()["scopes"], ran.json()["id_token"])
    assert "refresh_token" not in ran.json()


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
def test_a_secret_that_is_missing_is_asked_for(
    converse: Run, fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a domain the JSON API is asked."""
    monkeypatch.delenv("COGNITO_DOMAIN")
    secret = os.environ["COGNITO_CLIENT_SECRET"]
    monkeypatch.delenv("COGNITO_CLIENT_SECRET")
    person = Typist(secret)
    ran = converse("token", "--client-credentials", person=person)

    assert (Exit.DONE, 1) == (ran.code, fake_user_pool.calls["GetClientToken"])
    assert [f"Secret of the app client {os.environ['COGNITO_CLIENT_ID']}: "] == person.asked


@pytest.mark.usefixtures("fake_user_pool_env")
def test_a_browser_is_sent_with_what_was_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command hands over to `sign_in_with_browser`, which has tests of its own."""
    seen: dict[str, Any] = {}

    def sign_in(_: AuthorizationServer, **given: Any) -> TokenSet:
        seen.update(given)
        return TokenSet(access_token="a.b.c", expires_at=aware(0))

    monkeypatch.setattr(AuthorizationServer, "sign_in_with_browser", sign_in)
    ran = run(
        "token", "--browser", "--scope", "openid email", "--redirect-uri", "http://localhost:1/x", "--timeout", "5"
    )  # fmt: skip

    assert (Exit.DONE, "a.b.c\n") == (ran.code, ran.out)
    assert {"redirect_uri": "http://localhost:1/x", "scopes": "openid email", "timeout": 5.0} == seen


@pytest.fixture
def callback_url(fake_user_pool: FakeUserPool) -> str:
    """Where the browser of the pool's first client comes back to: a port of this machine that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/callback"
    fake_user_pool.add_client(callback_urls=[url], scopes={"openid", "email"})
    return url


def test_a_person_signs_in_with_a_browser(
    run: Run,
    callback_url: str,
    fake_user_pool_env: dict[str, str],
    fake_user_pool: FakeUserPool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the login page to the token on standard output."""
    fake_user_pool.add_user("ann", PASSWORD)

    def sign_in(url: str) -> None:
        with httpx.Client(trust_env=False) as http:
            person = Person(http, fake_user_pool_env["COGNITO_DOMAIN"])
            person.visit(url)
            person.submit(username="ann", password=PASSWORD)
            http.get(person.address)

    people: list[threading.Thread] = []

    def open_browser(url: str) -> bool:
        people.append(threading.Thread(target=sign_in, args=(url,)))
        people[0].start()
        return True

    monkeypatch.setattr("webbrowser.open", open_browser)
    ran = run("token", "--browser", "--redirect-uri", callback_url, "--use", "id")
    people[0].join()

    assert (Exit.DONE, 1) == (ran.code, ran.out.count("\n")), ran.err
    assert "ann" == run("decode", "--format", "json", stdin=ran.out).json()["claims"]["cognito:username"]


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_header_is_made_for_curl(run: Run) -> None:
    """One line, ready for `curl -H`."""
    assert re.fullmatch(
        r"Authorization: Bearer \S+\n", run("token", "--username", "ann", "--format", "header").out
    )


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_line_is_made_for_github(run: Run) -> None:
    """Standard output is for `$GITHUB_ENV`; standard error has the line that masks the token in the log."""
    ran = run("token", "--username", "ann", "--format", "env", "--name", "API_TOKEN")
    name, _, token = ran.out.rstrip("\n").partition("=")

    assert ("API_TOKEN", f"::add-mask::{token}\n") == (name, ran.err)


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_no_token_is_shown_on_a_terminal_for_masking(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is a terminal there is no log to mask."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "" == run("token", "--username", "ann", "--format", "env").err


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
@pytest.mark.parametrize("style", ["token", "env", "header"])
@pytest.mark.parametrize("hostile", ["a.b.c\nPATH=/evil", "a b", "a\x1b[2J", ""])
def test_a_token_cannot_break_out_of_its_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, style: str, hostile: str
) -> None:
    """A line break in the answer would set other variables or headers: it is refused, and not shown."""
    tokens = TokenSet(access_token=hostile, expires_at=aware(0))
    monkeypatch.setattr("cognito_auth.user_pool.UserPool.sign_in", lambda *_, **__: tokens)
    ran = run("token", "--username", "ann", "--format", style)

    assert (Exit.UNAVAILABLE, "") == (ran.code, ran.out)
    assert "evil" not in ran.err


@pytest.mark.parametrize("name", ["A B", "A=B", "A\nB", "1A", "", "Ä"])
def test_a_variable_needs_the_name_of_one(run: Run, name: str) -> None:
    """So that the line sets that variable and no other."""
    ran = run("token", "--client-credentials", "--format", "env", "--name", name)
    assert (Exit.USAGE, "") == (ran.code, ran.out)


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
def test_machines_have_no_id_token(run: Run) -> None:
    """The error says why."""
    ran = run("token", "--client-credentials", "--use", "id")
    assert Exit.USAGE == ran.code
    assert "hold no ID token" in ran.err
