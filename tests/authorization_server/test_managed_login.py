"""A login from its address to its tokens, against the fake pool, on both faces."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, AuthorizationServer, Login, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.callbacks import Callbacks
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.tokens import unverified_claims
from support.faces import Face
from support.person import Person
from support.scripted_runtime import START, Scripted, posts

from .conftest import CALLBACK, PASSWORD

KEY = b"k" * 32


def server_of(face: Face, pool: FakeUserPool, app: AppClient, **settings: Any) -> AsyncAuthorizationServer:
    """The server of this face, over the pool in process."""
    client = face.http_client(transport=pool.transport())
    server: AsyncAuthorizationServer = face.authorization_server(app, http_client=client, **settings)
    return server


def sign_in(person: Person, login: Login) -> str:
    """Ann signs in; the address that her browser comes back to."""
    person.visit(login.url)
    person.submit(username="ann", password=PASSWORD)
    return person.address


async def test_a_user_signs_in_and_the_tokens_are_verified(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """PKCE, state, nonce and the ID token all hold, and the keys were fetched for it."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes={"openid", "orders/read"})
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    claims = unverified_claims(tokens.id_token)
    assert frozenset({"openid", "orders/read"}) == tokens.scopes
    assert (login.nonce, "ann") == (claims["nonce"], claims["cognito:username"])
    assert tokens.refresh_token is not None
    assert pool.calls["jwks"] == 1


async def test_a_confidential_client_exchanges_with_its_secret(
    face: Face, pool: FakeUserPool, person: Person
) -> None:
    """A client of a web application has a secret beside PKCE."""
    client = pool.add_client(secret=True, scopes="openid", callback_urls=[CALLBACK])
    for how in ("basic", "body"):
        server = server_of(face, pool, pool.app_client(client), client_authentication=how)
        login = server.authorize(redirect_uri=CALLBACK)
        tokens = await face(server.exchange(login, callback_url=sign_in_again(person, login)))
        assert tokens.id_token


def sign_in_again(person: Person, login: Login) -> str:
    """A browser that may have somebody signed in already goes straight back."""
    person.visit(login.url)
    if person.page.action:
        person.submit(username="ann", password=PASSWORD)
    return person.address


async def test_without_openid_there_is_no_id_token(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The access token alone is what was asked for."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes="orders/read")
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    assert tokens.id_token is None


async def test_without_scopes_everything_is_granted(
    face: Face, pool: FakeUserPool, app: AppClient, client: Client, person: Person
) -> None:
    """Cognito gives all scopes of the app client."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes=())
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    assert client.scopes == tokens.scopes


async def test_a_resource_becomes_the_audience(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """RFC 8707: the access token is for one API; it stays so when refreshed."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, resource="https://api.example.com")
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    fresh = await face(server.refresh(tokens))
    for each in (tokens, fresh):
        assert unverified_claims(each.access_token)["aud"] == "https://api.example.com"


async def test_tokens_are_refreshed_and_revoked(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """After the end of the sign-in, its refresh token is worth nothing; ending it twice is no error."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    fresh = await face(server.refresh(tokens))
    assert tokens.refresh_token == fresh.refresh_token
    await face(server.revoke(fresh))
    await face(server.revoke(fresh))
    with pytest.raises(errors.InvalidGrant):
        await face(server.refresh(fresh))


async def test_a_rotated_token_serves_for_its_grace_and_no_longer(
    face: Face, pool: FakeUserPool, person: Person
) -> None:
    """The new refresh token takes over; the old one is refused afterwards."""
    client = pool.add_client(scopes="openid", callback_urls=[CALLBACK], refresh_rotation=30)
    server = server_of(face, pool, pool.app_client(client))
    login = server.authorize(redirect_uri=CALLBACK)
    old = await face(server.exchange(login, callback_url=sign_in(person, login)))
    new = await face(server.refresh(old))
    assert old.refresh_token != new.refresh_token
    await face(server.refresh(old))
    pool.clock.advance(31)
    with pytest.raises(errors.InvalidGrant):
        await face(server.refresh(old))
    await face(server.refresh(new))


async def test_only_a_refresh_token_can_be_revoked(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """RFC 7009 §2.2.1: an access token is refused with an error of its own."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    tokens = await face(server.exchange(login, callback_url=sign_in(person, login)))
    with pytest.raises(errors.UnsupportedRevocation):
        await face(server.revoke(tokens.access_token))


# -- what a callback may be ----------------------------------------------------------------------------------------


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


# -- what tokens may be --------------------------------------------------------------------------------------------


async def test_an_id_token_of_another_login_is_refused(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The nonce does not match: no token comes back."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    with pytest.raises(errors.NonceMismatch):
        await face(server.exchange(attrs.evolve(login, nonce="another"), callback_url=came))


def _without_nonce(claims: dict[str, Any]) -> None:
    del claims["nonce"]


ALTERED: dict[str, tuple[Callable[[dict[str, Any]], None], type[Exception]]] = {
    "no nonce": (_without_nonce, errors.NonceMismatch),
    "a nonce that is no text": (lambda claims: claims.update(nonce=7), errors.MalformedToken),
    "another client": (lambda claims: claims.update(aud="somebody"), errors.WrongClient),
    "another issuer": (lambda claims: claims.update(iss="https://evil.example.com"), errors.WrongIssuer),
    "expired": (lambda claims: claims.update(exp=1_000_000_000), errors.TokenExpired),
    "an access token": (lambda claims: claims.update(token_use="access"), errors.WrongTokenUse),
}


@pytest.mark.parametrize("alter, error", ALTERED.values(), ids=ALTERED.keys())
async def test_an_id_token_that_is_not_for_this_login_is_refused(
    *,
    face: Face,
    pool: FakeUserPool,
    app: AppClient,
    person: Person,
    alter: Callable[[dict[str, Any]], None],
    error: type[Exception],
) -> None:
    """Issuer, audience, expiry, use and nonce each have their own error."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    pool.callbacks = Callbacks(pre_token_generation=lambda event: alter(event.id_claims))
    with pytest.raises(error):
        await face(server.exchange(login, callback_url=came))


async def test_an_id_token_signed_by_somebody_else_is_refused(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The pool's keys have changed since the answer was made, and the old ones are withdrawn."""
    server = server_of(face, pool, app)
    first = server.authorize(redirect_uri=CALLBACK)
    await face(server.exchange(first, callback_url=sign_in(person, first)))
    second = server.authorize(redirect_uri=CALLBACK)
    person.visit(second.url)
    pool.keys.rotate()
    pool.faults.html("jwks", times=None)
    with pytest.raises((errors.UnknownKey, errors.KeysUnavailable)):
        await face(server.exchange(second, callback_url=person.address))


async def test_without_the_keys_there_are_no_tokens(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """That is nobody's fault, and worth another login later."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    pool.faults.html("jwks", times=None)
    with pytest.raises(errors.KeysUnavailable):
        await face(server.exchange(login, callback_url=came))


async def test_an_access_token_that_was_swapped_is_refused(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``at_hash`` binds the two tokens of one answer."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    monkeypatch.setattr("cognito_auth.testing.fake_user_pool.tokens.at_hash", lambda _: "another")
    with pytest.raises(errors.BadSignature, match="at_hash"):
        await face(server.exchange(login, callback_url=came))


async def test_a_scope_that_a_trigger_took_away_is_named(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The access token's own scope counts."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK, scopes="openid orders/read")
    came = sign_in(person, login)
    pool.callbacks = Callbacks(pre_token_generation=lambda event: event.access_claims.update(scope="openid"))
    with pytest.raises(errors.ScopeNotGranted) as caught:
        await face(server.exchange(login, callback_url=came))
    assert frozenset({"orders/read"}) == caught.value.missing


async def test_a_login_that_took_too_long_is_refused(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """Ten minutes, sealed or not."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    old = attrs.evolve(login, begun_at=login.begun_at.replace(year=login.begun_at.year - 1))
    with pytest.raises(errors.LoginExpired):
        await face(server.exchange(old, callback_url=came))


async def test_a_code_that_took_too_long_is_refused_by_the_service(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """Five minutes."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    pool.clock.advance(300)
    with pytest.raises(errors.InvalidGrant):
        await face(server.exchange(login, callback_url=came))


async def test_a_lost_answer_to_a_code_is_not_asked_for_again(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The code is used up: only a new login helps."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    pool.faults.drop("token")
    with pytest.raises(errors.TransportError):
        await face(server.exchange(login, callback_url=came))
    assert pool.calls["token"] == 1


async def test_no_error_of_an_exchange_quotes_code_or_token(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """Errors go to logs."""
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    came = sign_in(person, login)
    code = parse_qs(urlsplit(came).query)["code"][0]
    pool.faults.truncated("token")
    with pytest.raises(errors.UnexpectedReply) as caught:
        await face(server.exchange(login, callback_url=came))
    said = json.dumps([str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(login)])
    for secret in (code, login.code_verifier, login.nonce, login.state):
        assert secret not in said


def test_openid_without_an_id_token_is_an_unexpected_reply(scripted: Scripted, app: AppClient) -> None:
    """Nobody could say who signed in. The request has everything that belongs to the code."""
    server = AuthorizationServer(app)
    login = server.authorize(redirect_uri=CALLBACK)
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "code": "c0de",
        "redirect_uri": CALLBACK,
        "code_verifier": login.code_verifier,
    }
    answer = {"access_token": "opaque", "expires_in": 60}
    runtime = scripted(posts(f"{app.domain_url}/oauth2/token", form, answer=answer))
    runtime.clock_offset = login.begun_at.timestamp() - START
    with pytest.raises(errors.UnexpectedReply, match="no 'id_token'"):
        runtime.under(server).exchange(login, callback_url=f"{CALLBACK}?code=c0de&state={login.state}")
