"""What the service gives for a code: tokens of this login, or refused before anybody gets them."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from cognito_auth import AppClient, AuthorizationServer, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.callbacks import Callbacks
from support.faces import Face
from support.person import Person
from support.scripted_runtime import START, Scripted, posts

from .conftest import CALLBACK, server_of, sign_in


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
