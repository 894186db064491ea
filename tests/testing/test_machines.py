"""Tokens for machines, and tokens made from tokens."""

import base64
from typing import Any

import jwt
import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api

SECRET = "s" * 30


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_machine_gets_a_token_without_a_domain(pool: FakeUserPool, api: Api) -> None:
    """GetClientToken gives what client credentials give."""
    client = pool.add_client(secret=True, scopes={"orders/read"}, flows={"ALLOW_CLIENT_TOKEN_AUTH"})
    result = api("GetClientToken", ClientId=client.client_id, Secret=client.client_secret)[
        "ClientAuthenticationResult"
    ]

    assert (result["ExpiresIn"], claims_of(result["AccessToken"])["scope"]) == (3600, "orders/read")


@pytest.mark.parametrize(
    "setup, change, refusal",
    [
        ({"flows": {"ALLOW_CLIENT_TOKEN_AUTH", "ALLOW_USER_AUTH"}}, {}, "NotAuthorized"),
        ({}, {"Secret": "w" * 30}, "NotAuthorized"),
        ({"secret": False}, {}, "NotAuthorized"),
        ({}, {"Scopes": ["orders/delete"]}, "InvalidParameter"),
        ({}, {"ClientId": "nobody"}, "ResourceNotFound"),
        ({"scopes": ()}, {}, "InvalidParameter"),
    ],
)
def test_a_wrong_machine_gets_nothing(
    pool: FakeUserPool, api: Api, setup: dict[str, Any], change: dict[str, Any], refusal: str
) -> None:
    """Another flow beside the only one, a wrong secret or none, scopes that it does not have."""
    client = pool.add_client(**{"secret": SECRET, "scopes": {"orders/read"}, **setup})

    assert (
        api.refused("GetClientToken", **{"ClientId": client.client_id, "Secret": SECRET, **change})[0]
        == refusal
    )


@pytest.mark.parametrize(
    "grant, header, error",
    [
        ("client_credentials", "Basic !", "invalid_client"),
        ("client_credentials", "Basic " + base64.b64encode(b"no colon").decode(), "invalid_client"),
        ("client_credentials", "Basic " + base64.b64encode(b"\xff:x").decode(), "invalid_client"),
        (
            "client_credentials",
            "Digest " + base64.b64encode(f"c:{SECRET}".encode()).decode(),
            "invalid_client",
        ),
        (
            "client_credentials",
            "Basic " + base64.b64encode(f"other:{SECRET}".encode()).decode(),
            "invalid_request",
        ),
    ],
)
def test_wrong_basic_authentication_is_refused(
    pool: FakeUserPool, api: Api, grant: str, header: str, error: str
) -> None:
    """Not base64, no colon, not UTF-8, another scheme, another client than in the form."""
    pool.add_client(client_id="c", secret=SECRET, scopes={"orders/read"})
    status, answer = api.token({"grant_type": grant, "client_id": "c"}, Authorization=header)

    assert (status, answer["error"]) == (400, error)


def test_a_client_authenticates_in_one_way(pool: FakeUserPool, api: Api) -> None:
    """The secret in both places is refused (RFC 6749, section 2.3)."""
    pool.add_client(client_id="c", secret=SECRET, scopes={"orders/read"})
    header = "Basic " + base64.b64encode(f"c:{SECRET}".encode()).decode()
    form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": SECRET}

    assert api.token(form, Authorization=header)[1] == {"error": "invalid_request"}


@pytest.mark.parametrize("setup", [{"secret": False}, {"secret": SECRET, "oauth_flows": {"code"}}])
def test_client_credentials_are_for_clients_that_may(
    pool: FakeUserPool, api: Api, setup: dict[str, Any]
) -> None:
    """A public client, or one without that flow, is not authorised."""
    pool.add_client(client_id="c", scopes={"orders/read"}, **setup)
    form = {"grant_type": "client_credentials", "client_id": "c"}
    secret = {"client_secret": SECRET} if setup["secret"] else {}

    assert api.token({**form, **secret})[1] == {"error": "unauthorized_client"}


def test_a_secret_of_a_public_client_is_wrong(pool: FakeUserPool, api: Api, client: Client) -> None:
    """There is none to know."""
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": SECRET}

    assert api.token(form)[1] == {"error": "invalid_client"}


def test_metadata_may_come_along(pool: FakeUserPool, api: Api) -> None:
    """`aws_client_metadata` is a JSON object."""
    pool.add_client(client_id="c", secret=SECRET, scopes={"orders/read"})
    form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": SECRET}

    assert api.token({**form, "aws_client_metadata": '{"tenant": "a"}'})[0] == 200


def test_the_token_endpoint_takes_forms_only(pool: FakeUserPool) -> None:
    """JSON is not read."""
    headers = [("Content-Type", "application/json")]
    reply = pool.handle("POST", "https://x/oauth2/token", headers, b'{"grant_type": "client_credentials"}')

    assert (reply.status, reply.body) == (400, b'{"error":"invalid_request"}')


# -- derived tokens ---------------------------------------------------------------------------------------------------


def derive(api: Api, client: Client, subject: str, kind: str = "ACCESS_TOKEN", **more: Any) -> Any:
    """A token made from a token."""
    call = {"ClientId": client.client_id, "SubjectToken": subject, "SubjectTokenType": kind, **more}
    return api("GetDerivedToken", **call)


def test_a_token_is_narrowed_for_a_service_further_down(pool: FakeUserPool, api: Api) -> None:
    """Audience as asked, scopes that all three have, the client that asked; the user stays."""
    client = pool.add_client(scopes="a/read b/read")
    subject = pool.forge.access_token("ann", scopes="a/read a/write")
    answer = derive(api, client, subject, Scopes=["a/read", "b/read"], Audiences=["https://down.example"])
    claims = claims_of(answer["IssuedToken"])

    assert (answer["IssuedTokenType"], answer["TokenType"], answer["Scopes"]) == (
        "ACCESS_TOKEN",
        "Bearer",
        ["a/read"],
    )
    assert (claims["aud"], claims["scope"], claims["client_id"], claims["username"]) == (
        "https://down.example", "a/read", client.client_id, "ann",
    )  # fmt: skip
    assert "act" not in claims


def test_an_actor_is_named(pool: FakeUserPool, api: Api) -> None:
    """With an actor's token the `act` claim says who acts; without scopes the subject's remain."""
    client = pool.add_client(secret=SECRET, scopes={"a/read"}, flows={"ALLOW_TOKEN_EXCHANGE_DELEGATION"})
    service = pool.forge.machine_token(scopes="a/read", client=client)
    actor: dict[str, Any] = {
        "ActorToken": service,
        "ActorTokenType": "ACCESS_TOKEN",
        "ClientSecret": SECRET,
        "Resources": ["down"],
    }
    answer = derive(api, client, pool.forge.access_token("ann", scopes="a/read"), **actor)
    claims = claims_of(answer["IssuedToken"])

    assert (claims["act"]["sub"], claims["scope"], claims["aud"]) == (client.client_id, "a/read", "down")


def test_an_id_token_is_made_from_an_id_token(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Its token type is not applicable, and it has no scopes."""
    subject = pool.forge.id_token("ann")
    answer = derive(api, client, subject, "ID_TOKEN", RequestedTokenType="ID_TOKEN")
    claims = claims_of(answer["IssuedToken"])

    assert (answer["TokenType"], "Scopes" in answer) == ("N_A", False)
    assert (claims["token_use"], claims["aud"], claims["cognito:username"]) == ("id", client.client_id, "ann")


@pytest.mark.parametrize(
    "more, refusal",
    [
        ({"SubjectTokenType": "SAML2"}, "InvalidParameter"),
        ({"SubjectTokenType": "ID_TOKEN"}, "NotAuthorized"),
        ({"SubjectToken": "a.b.c"}, "NotAuthorized"),
        ({"SubjectToken": "expired"}, "NotAuthorized"),
        ({"SubjectToken": "revoked"}, "NotAuthorized"),
        ({"ActorToken": "a.b.c"}, "InvalidParameter"),
        ({"ActorTokenType": "ACCESS_TOKEN"}, "InvalidParameter"),
        ({"Audiences": ["a"], "Resources": ["b"]}, "InvalidParameter"),
        ({"Scopes": ["x/y"]}, "InvalidParameter"),
        ({"ClientSecret": "w" * 30}, "NotAuthorized"),
    ],
)
def test_a_wrong_exchange_is_refused(
    pool: FakeUserPool, api: Api, client: Client, more: dict[str, Any], refusal: str
) -> None:
    """Tokens that are not good or not of the kind, an actor without a type, two audiences, scopes that nobody has."""
    subject = {
        "SubjectToken": pool.forge.access_token("ann", scopes="a/read"),
        "SubjectTokenType": "ACCESS_TOKEN",
    }
    given = {"ClientId": client.client_id, **subject, **more}
    if given["SubjectToken"] in pool.forge.kinds:
        given["SubjectToken"] = pool.forge.bad(given["SubjectToken"])

    assert api.refused("GetDerivedToken", **given)[0] == refusal


@pytest.mark.parametrize("flow", ["ALLOW_TOKEN_EXCHANGE_DELEGATION", "ALLOW_TOKEN_EXCHANGE_IMPERSONATION"])
def test_an_exchange_needs_its_flow(pool: FakeUserPool, api: Api, flow: str) -> None:
    """With an actor delegation, without one impersonation."""
    client = pool.add_client(flows={flow}, scopes={"a/read"})
    token = pool.forge.access_token("ann", scopes="a/read")
    call = {"ClientId": client.client_id, "SubjectToken": token, "SubjectTokenType": "ACCESS_TOKEN"}
    actor = {"ActorToken": pool.forge.machine_token(scopes="a/read"), "ActorTokenType": "ACCESS_TOKEN"}
    statuses = [
        api.reply("GetDerivedToken", **call).status,
        api.reply("GetDerivedToken", **call, **actor).status,
    ]

    assert statuses == ([200, 400] if flow.endswith("IMPERSONATION") else [400, 200])


# -- secrets and revocation -------------------------------------------------------------------------------------------


def test_a_refresh_takes_the_secret_as_it_is(pool: FakeUserPool, api: Api) -> None:
    """GetTokensFromRefreshToken: missing, wrong, right; and a needless one."""
    client, public = pool.add_client(secret=SECRET), pool.add_client()
    user = pool.add_user("ann")
    sitting = pool.sittings.begin(user, client)
    token = pool.sittings.tokens(sitting, user, client).refresh_token
    call = {"ClientId": client.client_id, "RefreshToken": token}
    missing = api.refused("GetTokensFromRefreshToken", **call)
    wrong = api.refused("GetTokensFromRefreshToken", **call, ClientSecret="w" * 30)
    needless = api.refused(
        "GetTokensFromRefreshToken", ClientId=public.client_id, RefreshToken=token, ClientSecret=SECRET
    )
    foreign = api.refused("GetTokensFromRefreshToken", ClientId=public.client_id, RefreshToken=token)
    right = api("GetTokensFromRefreshToken", **call, ClientSecret=SECRET)

    assert {missing[0], wrong[0], needless[0], foreign[0]} == {"NotAuthorized"}
    assert "AccessToken" in right["AuthenticationResult"]


@pytest.mark.parametrize("gone", ["deleted", "disabled", "invented"])
def test_nobody_is_refreshed(pool: FakeUserPool, api: Api, client: Client, gone: str) -> None:
    """A deleted or disabled user, and a token that nobody issued, in both ways to refresh."""
    user = pool.add_user("ann")
    sitting = pool.sittings.begin(user, client)
    token = pool.sittings.tokens(sitting, user, client).refresh_token or ""
    if gone == "deleted":
        pool.users.remove(user)
    user.enabled = gone != "disabled"
    token = "invented" if gone == "invented" else token
    codes = {
        api.refused("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token)[0],
        api.refused("InitiateAuth", **api.initiate(client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token))[0],
    }

    assert codes == {"NotAuthorized"}


def test_a_user_who_vanished_is_not_found(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A sitting that outlived its user."""
    user = pool.add_user("ann")
    sitting = pool.sittings.begin(user, client)
    token = pool.sittings.tokens(sitting, user, client).refresh_token
    sitting.sub = "nobody"

    assert (
        api.refused("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token)[0]
        == "UserNotFound"
    )


def test_rotation_rules_the_older_refresh_out(pool: FakeUserPool, api: Api) -> None:
    """Even where its flow is enabled."""
    client = pool.add_client(refresh_rotation=10, flows={"ALLOW_REFRESH_TOKEN_AUTH"})

    assert (
        api.refused("InitiateAuth", **api.initiate(client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN="x"))[0]
        == "NotAuthorized"
    )


@pytest.mark.parametrize(
    "setup, change, refusal",
    [
        ({}, {"ClientId": "nobody"}, "InvalidParameter"),
        ({"revocation": False}, {}, "UnsupportedOperation"),
        ({"secret": SECRET}, {}, "Unauthorized"),
        ({"secret": SECRET}, {"ClientSecret": "w" * 30}, "Unauthorized"),
        ({}, {"Token": "a.b.c"}, "UnsupportedTokenType"),
        ({}, {"Token": "other"}, "Unauthorized"),
        ({}, {"Token": "unknown"}, None),
    ],
)
def test_revocation_is_refused_or_not(
    pool: FakeUserPool, api: Api, setup: dict[str, Any], change: dict[str, str], refusal: str | None
) -> None:
    """The wrong client, no revocation, a wrong secret, not a refresh token, another's; one that is unknown is no error."""
    other, user = pool.add_client(), pool.add_user("ann")
    foreign = pool.sittings.tokens(pool.sittings.begin(user, other), user, other).refresh_token
    client = pool.add_client(**setup)
    call = {"ClientId": client.client_id, "Token": "unknown", **change}
    if call["Token"] == "other":
        call["Token"] = str(foreign)
    reply = api.reply("RevokeToken", **call)

    assert (reply.status, (refusal or "").encode() in reply.body) == (
        200 if refusal is None else 401 if refusal == "Unauthorized" else 400, True,
    )  # fmt: skip


def test_without_revocation_tokens_do_not_name_their_origin(pool: FakeUserPool, api: Api) -> None:
    """`origin_jti` comes with revocation; such tokens serve all the same."""
    client = pool.add_client(revocation=False)
    token = pool.forge.access_token(pool.add_user("ann").username, client=client)

    assert ("origin_jti" in claims_of(token), api("GetUser", AccessToken=token)["Username"]) == (False, "ann")
