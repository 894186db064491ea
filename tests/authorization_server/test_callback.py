"""What the browser brings back: the answer to this login, or refused before anything is sent."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import AppClient, AuthorizationServer, Login, errors
from cognito_auth.authorization_server.callback import code_in
from cognito_auth.testing import FakeUserPool
from support.faces import Face
from support.person import Person

from .conftest import CALLBACK, server_of, sign_in

KEY = b"k" * 32


async def test_a_login_travels_sealed_to_another_process(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """A web application keeps it in a cookie between two requests."""
    cookie = server_of(face, pool, app).authorize(redirect_uri=CALLBACK).dumps(KEY)
    login = Login.loads(cookie, KEY, app=app)
    tokens = await face(server_of(face, pool, app).exchange(login, callback_url=sign_in(person, login)))
    assert tokens.id_token


async def test_a_login_is_exchanged_once(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """This object remembers it; elsewhere the service's single-use code decides."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    await face(server.exchange(login, callback_url=came))
    with pytest.raises(errors.LoginReplayed):
        await face(server.exchange(login, callback_url=came))
    with pytest.raises(errors.InvalidGrant):
        await face(server_of(face, pool, app).exchange(login, callback_url=came))
    assert pool.calls["token"] == 2


async def test_two_at_the_same_moment_exchange_it_once(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """A reader who clicks twice: one request goes out, the other is told."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    with pytest.raises(errors.LoginReplayed):
        await face.together(*[lambda: server.exchange(login, callback_url=came)] * 2)
    assert 1 == pool.calls["token"]


async def test_a_code_of_another_login_is_refused_by_the_service(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """A stolen code in one's own callback: the verifier does not fit (RFC 7636)."""
    server = server_of(face, pool, app)
    theirs, mine = (server.authorize(redirect_uri=CALLBACK) for _ in range(2))
    came = sign_in(person, theirs).replace(theirs.state, mine.state)
    with pytest.raises(errors.InvalidGrant):
        await face(server.exchange(mine, callback_url=came))


def with_fields(url: str, **fields: str | None) -> str:
    """The address with some of its parameters changed or gone."""
    found = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    changed = {name: value for name, value in {**found, **fields}.items() if value is not None}
    return (
        urlsplit(url)._replace(query="&".join(f"{name}={value}" for name, value in changed.items())).geturl()
    )


REFUSED: dict[str, tuple[type[Exception], Callable[[str], str]]] = {
    "another host": (errors.RedirectMismatch, lambda url: url.replace("me.example", "evil.example")),
    "another path": (errors.RedirectMismatch, lambda url: url.replace("/callback", "/other")),
    "another port": (errors.RedirectMismatch, lambda url: url.replace(".com/", ".com:8443/")),
    "another scheme": (errors.RedirectMismatch, lambda url: url.replace("https:", "http:")),
    "an address that cannot be read": (errors.RedirectMismatch, lambda _: "https://[oops/callback"),
    "a port that is none": (errors.RedirectMismatch, lambda _: "https://me.example.com:x/callback"),
    "another state": (errors.StateMismatch, lambda url: with_fields(url, state="forged")),
    "a state that is no ASCII": (errors.StateMismatch, lambda url: with_fields(url, state="%E2%98%83%ff")),
    "no state": (errors.StateMismatch, lambda url: with_fields(url, state=None)),
    "two states": (errors.LoginRefused, lambda url: f"{url}&state=forged"),
    "two codes": (errors.LoginRefused, lambda url: f"{url}&code=forged"),
    "no code": (errors.LoginRefused, lambda url: with_fields(url, code=None)),
    "an empty code": (errors.LoginRefused, lambda url: with_fields(url, code="")),
    "another issuer": (errors.IssuerMismatch, lambda url: with_fields(url, iss="https://evil.example.com")),
    "a refusal": (errors.AccessDenied, lambda url: with_fields(url, code=None, error="access_denied")),
    "a new error": (errors.OAuthError, lambda url: with_fields(url, code=None, error="brand_new")),
}


@pytest.mark.parametrize("error, change", REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_not_the_answer_is_refused_before_anything_is_sent(
    *,
    face: Face,
    pool: FakeUserPool,
    app: AppClient,
    person: Person,
    error: type[Exception],
    change: Callable[[str], str],
) -> None:
    """Each has its own error, and the login is still good for its true answer."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    with pytest.raises(error) as caught:
        await face(server.exchange(login, callback_url=change(came)))
    assert error is type(caught.value)
    assert pool.calls["token"] == 0
    await face(server.exchange(login, callback_url=came))


@pytest.mark.parametrize("form", ["cognito-idp", "issuer-cognito-idp"])
async def test_an_issuer_in_the_callback_may_have_either_form(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person, form: str
) -> None:
    """RFC 9207, with both of the forms that AWS has."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    issuer = f"https://{form}.eu-west-1.amazonaws.com/{pool.pool_id}"
    await face(server.exchange(login, callback_url=f"{sign_in(person, login)}&iss={issuer}"))


async def test_a_callback_that_is_no_text_is_a_usage_error(
    face: Face, pool: FakeUserPool, app: AppClient
) -> None:
    """Frameworks have objects for addresses."""
    server = server_of(face, pool, app)
    wrong: Any = b"https://me.example.com/callback"
    with pytest.raises(errors.UsageError, match=r"^callback_url: got bytes"):
        await face(server.exchange(server.authorize(redirect_uri=CALLBACK), callback_url=wrong))


async def test_a_login_of_another_client_is_a_usage_error(
    face: Face, pool: FakeUserPool, app: AppClient
) -> None:
    """Two app clients of one application are easily mixed up."""
    login = server_of(face, pool, app).authorize(redirect_uri=CALLBACK)
    other = server_of(face, pool, attrs.evolve(app, client_id="other"))
    with pytest.raises(errors.UsageError, match=r"^login: "):
        await face(other.exchange(login, callback_url=CALLBACK))


# -- anything at all -----------------------------------------------------------------------------------------------

LOGIN = AuthorizationServer(
    AppClient(client_id="web1", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix")
).authorize(redirect_uri=CALLBACK)
NAMES = st.sampled_from(["code", "state", "iss", "error", "error_description", "x"])
VALUES = st.sampled_from([LOGIN.state, "c0de", ""]) | st.text(max_size=20)


@given(
    st.text() | st.text().map(lambda tail: f"{CALLBACK}?{tail}") | st.from_regex(r"https?://[^/]*/callback")
)
def test_whatever_comes_back_there_is_a_code_or_one_of_our_errors(text: str) -> None:
    """Addresses are hostile input: never another exception, and never a code without the login's state."""
    check(text)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_whatever_parameters_come_back_only_the_right_state_brings_a_code(
    fields: list[tuple[str, str]],
) -> None:
    """In any number and order."""
    check(f"{CALLBACK}?{urlencode(fields)}")


def check(callback_url: str) -> None:
    """A code only with the login's own state, once, and without an error."""
    app = AppClient(client_id="web1", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix")
    try:
        code = code_in(LOGIN, callback_url, app)
    except errors.CognitoAuthError:
        return
    fields = parse_qs(urlsplit(callback_url).query, keep_blank_values=True)
    assert ([LOGIN.state], [code]) == (fields["state"], fields["code"])
    assert "error" not in fields
