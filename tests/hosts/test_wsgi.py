"""The WSGI middleware behind the standard library's server, and checked by its validator."""

from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import httpx
import pytest

from cognito_auth import errors
from cognito_auth.wsgi import CLAIMS, BearerMiddleware
from support.bearers import (
    async_verifier,
    blind_verifier,
    challenge,
    expired_token,
    good_token,
    no_keys,
    verifier,
)
from support.servers import wsgiref_serves

PAGE = "https://app.example.com"


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Tell who is there."""
    claims = environ.get(CLAIMS)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [claims.username.encode() if claims else b"nobody"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with the middleware around the application, both held to the letter of PEP 3333."""
    guarded = BearerMiddleware(
        validator(app), verifier(), all_scopes="orders/read", cookie="session", origins=PAGE, exempt="/health"
    )
    with wsgiref_serves(validator(guarded)) as host:
        yield f"http://{host}"


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_a_good_token_is_let_in_with_its_claims(url: str) -> None:
    """They are in the environment."""
    assert "ann" == httpx.get(f"{url}/orders", headers=bearer(good_token())).text


def test_an_exempt_path_needs_no_token(url: str) -> None:
    """And gets no claims, whatever comes along."""
    assert "nobody" == httpx.get(f"{url}/health", headers=bearer(good_token())).text


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ([], 401, None),
        ([("Authorization", f"Bearer {expired_token()}")], 401, "invalid_token"),
        ([("Authorization", f"Bearer {good_token(scope='openid')}")], 403, "insufficient_scope"),
        ([("Authorization", f"Bearer {good_token()}")] * 2, 400, "invalid_request"),
        ([("Cookie", f"session={good_token()}")], 403, "invalid_request"),
        ([("Cognito-Auth.Claims", "forged")], 401, None),
    ],
)
def test_any_other_request_is_answered_with_a_challenge(
    url: str, headers: list[tuple[str, str]], status: int, code: str | None
) -> None:
    """A doubled header too, which the server joins with a comma."""
    reply = httpx.post(f"{url}/orders", headers=headers)
    assert status == reply.status_code
    assert code == challenge(reply.headers["WWW-Authenticate"]).get("error")
    assert (code or "unauthorized") == reply.json()["error"]


def test_the_answer_to_a_head_has_no_body() -> None:
    """Though it says how long it would be; servers send on what they are given."""
    said: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        said.append(status)

    body = BearerMiddleware(app, verifier())({"REQUEST_METHOD": "HEAD", "PATH_INFO": "/"}, start_response)
    assert [] == body
    assert ["401 Unauthorized"] == said


def test_a_cookie_counts_for_safe_requests_and_those_of_our_own_pages(url: str) -> None:
    """So a link works, and a form of our page does."""
    cookie = {"Cookie": f"session={good_token()}"}
    assert "ann" == httpx.get(f"{url}/orders", headers=cookie).text
    assert "ann" == httpx.post(f"{url}/orders", headers={**cookie, "Origin": PAGE}).text


def test_keys_that_cannot_be_had_are_503() -> None:
    """And the token is not called bad."""
    with (
        httpx.Client(transport=no_keys()) as client,
        blind_verifier(client) as blind,
        wsgiref_serves(BearerMiddleware(app, blind)) as host,
    ):
        reply = httpx.get(f"http://{host}/", headers=bearer(good_token()))
    assert 503 == reply.status_code
    assert "10" == reply.headers["Retry-After"]


def test_a_verifier_that_is_to_be_awaited_is_refused_at_once() -> None:
    """WSGI has nothing that could await it."""
    unfit: Any = async_verifier()
    with pytest.raises(errors.UsageError, match=r"^verifier: WSGI cannot await"):
        BearerMiddleware(app, unfit)
