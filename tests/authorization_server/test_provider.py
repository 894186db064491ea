"""Who a user is, where everything is, and how a session ends."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from cognito_auth import AppClient, AsyncAuthorizationServer, AuthorizationServer, TokenSet, errors
from cognito_auth._runtime.http import Reply
from cognito_auth.testing import FakeUserPool
from cognito_auth.tokens import aware
from support.faces import Face
from support.person import Person
from support.scripted_runtime import Scripted, gets, reply

from .conftest import CALLBACK, PASSWORD, server_of

APP = AppClient(client_id="web1", pool_id="eu-west-1_AbCdEfGhI", domain="auth.example.com")
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
USER_INFO = "https://auth.example.com/oauth2/userInfo"


async def signed_in(face: Face, server: AsyncAuthorizationServer, person: Person, scopes: str) -> TokenSet:
    """Ann's tokens."""
    login = server.authorize(redirect_uri=CALLBACK, scopes=scopes)
    person.visit(login.url)
    person.submit(username="ann", password=PASSWORD)
    return await face(server.exchange(login, callback_url=person.address))


# -- user info -----------------------------------------------------------------------------------------------------


async def test_user_info_has_what_the_scopes_open(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """The flag that Cognito writes as a text is one here."""
    server = server_of(face, pool, app)
    info = await face(server.user_info(await signed_in(face, server, person, "openid email")))
    user = pool.users["ann"]
    assert (user.sub, "ann", "ann@example.com", True) == (
        info.sub,
        info.username,
        info.email,
        info.email_verified,
    )
    assert (None, False) == (info.phone_number, info.phone_number_verified)
    assert "true" == info.raw["email_verified"]
    assert "ann@example.com" not in repr(info)


async def test_user_info_takes_an_access_token_alone(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """With ``openid`` alone, every attribute is open."""
    server = server_of(face, pool, app)
    tokens = await signed_in(face, server, person, "openid")
    info = await face(server.user_info(tokens.access_token))
    assert "Ann" == info.raw["name"]


async def test_user_info_refuses_a_revoked_token(
    face: Face, pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """Unlike a verifier that does not ask the service."""
    server = server_of(face, pool, app)
    tokens = await signed_in(face, server, person, "openid")
    await face(server.revoke(tokens))
    with pytest.raises(errors.InvalidToken):
        await face(server.user_info(tokens))


async def test_user_info_needs_openid(face: Face, pool: FakeUserPool, app: AppClient, person: Person) -> None:
    """Tokens of other scopes are refused."""
    server = server_of(face, pool, app)
    with pytest.raises(errors.InvalidToken):
        await face(server.user_info(await signed_in(face, server, person, "orders/read")))


def test_the_access_token_travels_in_the_header(scripted: Scripted) -> None:
    """RFC 6750 §2.1."""
    runtime = scripted(gets(USER_INFO, headers={"authorization": "Bearer a1"}, answer={"sub": "s"}))
    assert "s" == runtime.under(AuthorizationServer(APP)).user_info("a1").sub


def test_an_answer_about_somebody_else_is_refused(scripted: Scripted) -> None:
    """OpenID Connect Core §5.3.2: the two ``sub`` must be the same."""
    id_token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJhbm4ifQ.c2ln"
    tokens = TokenSet(access_token="a1", id_token=id_token, expires_at=aware(2e9))
    runtime = scripted(gets(USER_INFO, answer={"sub": "ann"}), gets(USER_INFO, answer={"sub": "bob"}))
    server = runtime.under(AuthorizationServer(APP))
    assert "ann" == server.user_info(tokens).sub
    with pytest.raises(errors.UnexpectedReply, match="another user"):
        server.user_info(tokens)


@pytest.mark.parametrize(
    "answer",
    [
        reply({}),
        reply({"sub": ""}),
        reply({"sub": 7}),
        reply({"sub": "s", "email": ["a"]}),
        reply(b"<html>"),
    ],
)
def test_what_is_no_user_info_is_an_unexpected_reply(scripted: Scripted, answer: Reply) -> None:
    """Never a KeyError."""
    runtime = scripted(gets(USER_INFO, answer=answer))
    with pytest.raises(errors.UnexpectedReply):
        runtime.under(AuthorizationServer(APP)).user_info("a1")


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "snow☃man", None, b"bytes"])
def test_what_cannot_be_an_access_token_is_never_sent_nor_shown(scripted: Scripted, token: Any) -> None:
    """It might be a good one with a line break at its end."""
    with pytest.raises(errors.UsageError, match=r"^tokens: ") as caught:
        scripted().under(AuthorizationServer(APP)).user_info(token)
    assert not token or str(token) not in str(caught.value)


# -- discovery -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["original", "updated"])
async def test_a_pool_is_discovered_once(face: Face, form: Any) -> None:
    """Both forms of the issuer are the pool's."""
    pool = FakeUserPool(issuer_form=form)
    app = pool.app_client(pool.add_client())
    server = server_of(face, pool, app)
    metadata = await face(server.discover())
    assert metadata is await face(server.discover())
    assert (pool.issuer, f"{app.domain_url}/oauth2/token") == (metadata.issuer, metadata.token_endpoint)
    assert ["code", "token"] == metadata.raw["response_types_supported"]
    assert 1 == pool.calls["openid-configuration"]


def configuration(**changes: object) -> dict[str, object]:
    """A configuration as the pool publishes it."""
    members: dict[str, object] = {
        "issuer": ISSUER,
        "authorization_endpoint": "https://auth.example.com/oauth2/authorize",
        "token_endpoint": "https://auth.example.com/oauth2/token",
        "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        "userinfo_endpoint": "https://auth.example.com/oauth2/userInfo",
    }
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def discover(scripted: Scripted, content: object) -> Any:
    """What comes of a configuration."""
    runtime = scripted(gets(f"{ISSUER}/.well-known/openid-configuration", answer=content))
    return runtime.under(AuthorizationServer(APP)).discover()


def test_the_configuration_is_below_the_issuer(scripted: Scripted) -> None:
    """Of the original form; what is optional may be missing."""
    metadata = discover(scripted, configuration(issuer=ISSUER.replace("//", "//issuer-")))
    assert metadata.revocation_endpoint is None


@pytest.mark.parametrize(
    "member, value",
    [
        ("issuer", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"),
        ("token_endpoint", "https://evil.example.com/oauth2/token"),
        ("token_endpoint", "http://auth.example.com/oauth2/token"),
        ("authorization_endpoint", "https://auth.example.com:8443/oauth2/authorize"),
        ("userinfo_endpoint", "https://auth.example.com.evil.example.com/"),
        ("jwks_uri", "https://[oops"),
    ],
)
def test_a_configuration_that_leads_elsewhere_is_refused(scripted: Scripted, member: str, value: str) -> None:
    """The error says which member, what it says, and what would do."""
    with pytest.raises(errors.DiscoveryRejected, match=member) as caught:
        discover(scripted, configuration(**{member: value}))
    assert (member, value) == (caught.value.member, caught.value.actual)
    assert ISSUER.partition("/eu-west")[0] in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        configuration(issuer=None),
        configuration(token_endpoint=7),
        configuration(jwks_uri=""),
        configuration(userinfo_endpoint=[]),
        reply(b"<html>"),
        reply(b"", status=403),
    ],
)
def test_what_is_no_configuration_is_an_unexpected_reply(scripted: Scripted, content: object) -> None:
    """Never a KeyError."""
    with pytest.raises(errors.UnexpectedReply):
        discover(scripted, content)


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"endpoint": "https://vpce.example.com"}, "https://vpce.example.com/eu-west-1_AbCdEfGhI"),
        ({"issuer": "https://issuer.example.com/p"}, "https://issuer.example.com/p"),
        ({"jwks_uri": "https://keys.example.com/p/.well-known/jwks.json"}, "https://keys.example.com/p"),
        ({"jwks_uri": "https://keys.example.com/keys"}, ISSUER),
    ],
    ids=["endpoint", "issuer", "keys", "keys elsewhere"],
)
def test_the_configuration_is_beside_the_keys(
    scripted: Scripted, settings: dict[str, Any], expected: str
) -> None:
    """Wherever the app client says that they are."""
    app = attrs.evolve(APP, **settings)
    answer = configuration(issuer=app.issuer or ISSUER, jwks_uri=app.jwks_uri or f"{expected}/keys")
    runtime = scripted(gets(f"{expected}/.well-known/openid-configuration", answer=answer))
    assert "https://auth.example.com/oauth2/token" == (
        runtime.under(AuthorizationServer(app)).discover().token_endpoint
    )


# -- logout --------------------------------------------------------------------------------------------------------


def test_logging_out_ends_the_session_of_the_browser(
    pool: FakeUserPool, app: AppClient, person: Person
) -> None:
    """Until then a second login needs no password; afterwards it does."""
    with AuthorizationServer(app) as server:
        login = server.authorize(redirect_uri=CALLBACK)
        person.visit(login.url)
        person.submit(username="ann", password=PASSWORD)
        person.visit(login.url)
        assert person.address.startswith(CALLBACK)
        person.visit(server.logout_url(logout_uri="https://me.example.com/"))
        assert "https://me.example.com/" == person.address
        person.visit(login.url)
        assert "Sign in to Orders" in person.page.text


def test_logging_out_can_begin_the_next_login(pool: FakeUserPool, app: AppClient, person: Person) -> None:
    """Another user may sign in at once, and the login is a good one."""
    pool.add_user("bob", PASSWORD)
    with AuthorizationServer(app) as server:
        first, second = (server.authorize(redirect_uri=CALLBACK) for _ in range(2))
        person.visit(first.url)
        person.submit(username="ann", password=PASSWORD)
        person.visit(server.logout_url(login=second))
        person.submit(username="bob", password=PASSWORD)
    assert [second.state] == parse_qs(urlsplit(person.address).query)["state"]


@pytest.mark.parametrize(
    "arguments", [{}, {"logout_uri": "nowhere"}, {"logout_uri": "http://me.example.com/"}], ids=repr
)
def test_where_to_go_must_be_said(arguments: dict[str, Any]) -> None:
    """As an address that a browser may be sent to."""
    with pytest.raises(errors.UsageError, match=r"^logout_uri: "), AuthorizationServer(APP) as server:
        server.logout_url(**arguments)


def test_where_to_go_is_said_once() -> None:
    """An address, or the login that begins."""
    with AuthorizationServer(APP) as server:
        login = server.authorize(redirect_uri=CALLBACK)
        with pytest.raises(errors.UsageError, match=r"^logout_uri: "):
            server.logout_url(logout_uri="https://me.example.com/", login=login)
