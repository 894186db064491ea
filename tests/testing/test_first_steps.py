"""Sign-up, password sign-in, refresh, revocation, machine tokens: the frame's first operations."""

import base64
from typing import Literal

import jwt
import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api, secret_hash

PASSWORD = "Correct-horse 1"


def sign_up(api: Api, client: Client, username: str = "bob", **attributes: str) -> dict[str, object]:
    """Sign a user up."""
    listed = [
        {"Name": name, "Value": value} for name, value in (attributes or {"email": "bob@example.com"}).items()
    ]
    answer = api(
        "SignUp", ClientId=client.client_id, Username=username, Password=PASSWORD, UserAttributes=listed
    )
    assert isinstance(answer, dict)
    return answer


def test_a_user_signs_up_confirms_and_signs_in(pool: FakeUserPool, api: Api, client: Client) -> None:
    """The code that the test reads confirms the user, who then gets three tokens."""
    answer = sign_up(api, client)
    api("ConfirmSignUp", ClientId=client.client_id, Username="bob", ConfirmationCode=pool.codes["bob"])
    result = api.sign_in(client.client_id, "bob", PASSWORD)["AuthenticationResult"]

    details = {"Destination": "b***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    assert (answer["UserConfirmed"], answer["CodeDeliveryDetails"]) == (False, details)
    assert set(result) == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
    assert pool.users["bob"].verified("email")


def test_tokens_carry_cognitos_claims(pool: FakeUserPool, api: Api, client: Client) -> None:
    """PyJWT verifies both tokens with the published keys, and finds the claims that Cognito's tokens have."""
    user = pool.add_user("ann", PASSWORD, groups={"admin"}, attributes={"email": "ann@example.com"})
    result = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]
    _, published = api.get(f"/{pool.pool_id}/.well-known/jwks.json")
    keys = {key["kid"]: jwt.PyJWK(key) for key in published["keys"]}

    def read(token: str, audience: str | None) -> tuple[dict[str, str], dict[str, object]]:
        header = jwt.get_unverified_header(token)
        return header, jwt.decode(
            token, keys[header["kid"]], algorithms=["RS256"], audience=audience, issuer=pool.issuer
        )

    access_header, access = read(result["AccessToken"], None)
    id_header, identity = read(result["IdToken"], client.client_id)

    assert access_header.keys() == id_header.keys() == {"kid", "alg"}
    assert access_header["kid"] != id_header["kid"]
    assert all(kid.startswith("FAKE-") for kid in keys)
    assert set(access) == {
        "sub", "cognito:groups", "iss", "version", "client_id", "origin_jti", "event_id", "token_use", "scope",
        "auth_time", "exp", "iat", "jti", "username",
    }  # fmt: skip
    assert (access["sub"], access["username"], access["scope"]) == (
        user.sub,
        "ann",
        "aws.cognito.signin.user.admin",
    )
    assert (identity["email"], identity["email_verified"], identity["cognito:username"]) == (
        "ann@example.com",
        True,
        "ann",
    )
    assert "at_hash" not in identity
    assert identity["cognito:groups"] == access["cognito:groups"] == ["admin"]


@pytest.mark.parametrize(
    "issuer_form, issuer",
    [
        ("original", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fake00001"),
        ("updated", "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Fake00001"),
    ],
)
def test_the_issuer_has_one_of_the_two_forms(
    issuer_form: Literal["original", "updated"], issuer: str
) -> None:
    """Tokens and discovery name the issuer that the pool was given."""
    pool = FakeUserPool(issuer_form=issuer_form)

    assert Api(pool).get("/.well-known/openid-configuration")[1]["issuer"] == pool.issuer == issuer


@pytest.mark.parametrize("wrong", ["wrong", "", PASSWORD.lower()])
def test_a_wrong_password_is_refused(pool: FakeUserPool, api: Api, client: Client, wrong: str) -> None:
    """A wrong password gets Cognito's one answer, an empty one is a missing parameter."""
    pool.add_user("ann", PASSWORD)
    parameters = {"USERNAME": "ann", "PASSWORD": wrong}
    expected = ("NotAuthorized", "Incorrect username or password.")
    if not wrong:
        expected = ("InvalidParameter", "Missing required parameter PASSWORD")

    assert expected == api.refused(
        "InitiateAuth", ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )


def test_who_guesses_is_locked_out_for_longer_and_longer(
    pool: FakeUserPool, api: Api, client: Client
) -> None:
    """After five failures even the right password is refused for a second, after six for two."""
    pool.add_user("ann", PASSWORD)
    pool.clock.freeze()

    def attempt(password: str) -> str:
        parameters = {"USERNAME": "ann", "PASSWORD": password}
        reply = api.reply(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )
        return reply.body.decode() if reply.status == 400 else "in"

    for _ in range(5):
        attempt("wrong")
    locked = attempt(PASSWORD)
    pool.clock.advance(1)
    attempt("wrong")
    pool.clock.advance(1.5)
    still = attempt(PASSWORD)
    pool.clock.advance(0.5)

    assert ("attempts exceeded" in locked, "attempts exceeded" in still, attempt(PASSWORD)) == (
        True,
        True,
        "in",
    )


@pytest.mark.parametrize("hidden", [True, False])
def test_whether_an_unknown_user_is_told(pool: FakeUserPool, api: Api, *, hidden: bool) -> None:
    """Only a client that does not hide who exists gets `UserNotFound`."""
    client = pool.add_client(prevent_user_existence_errors=hidden)
    parameters = {"USERNAME": "nobody", "PASSWORD": PASSWORD}
    code, _ = api.refused(
        "InitiateAuth", ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )

    assert code == ("NotAuthorized" if hidden else "UserNotFound")


def test_a_secret_hash_is_checked_against_both_live_secrets(pool: FakeUserPool, api: Api) -> None:
    """While two secrets are live either makes a good hash; a withdrawn one does not."""
    client = pool.add_client(secret=True)
    pool.add_user("ann", PASSWORD)
    old = client.client_secret
    new = client.add_secret()

    for secret in (old, new):
        api.sign_in(client.client_id, "ann", PASSWORD, SECRET_HASH=secret_hash(client, "ann", secret))
    client.drop_oldest_secret()
    parameters = {"USERNAME": "ann", "PASSWORD": PASSWORD, "SECRET_HASH": secret_hash(client, "ann", old)}
    refused = api.refused(
        "InitiateAuth", ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )

    assert refused == ("NotAuthorized", f"Unable to verify secret hash for client {client.client_id}")


def test_a_missing_or_needless_secret_hash_is_refused(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A client with a secret must send the hash, one without must not."""
    confidential = pool.add_client(secret=True)
    missing = api.refused("SignUp", ClientId=confidential.client_id, Username="x", Password=PASSWORD)
    needless = api.refused(
        "SignUp", ClientId=client.client_id, Username="x", Password=PASSWORD, SecretHash="eA=="
    )

    assert (missing[0], needless[0]) == ("NotAuthorized", "NotAuthorized")
    assert "SECRET_HASH was not received" in missing[1]


def test_refresh_gives_new_tokens_and_keeps_the_refresh_token(
    pool: FakeUserPool, api: Api, client: Client
) -> None:
    """Without rotation a refresh answers without a refresh token, and the old one goes on."""
    pool.add_user("ann", PASSWORD)
    first = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]
    again = [
        api("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=first["RefreshToken"])
        for _ in "ab"
    ]

    assert all("RefreshToken" not in each["AuthenticationResult"] for each in again)
    assert len({first["AccessToken"], *(each["AuthenticationResult"]["AccessToken"] for each in again)}) == 3


def test_rotation_retires_a_refresh_token_after_its_grace(pool: FakeUserPool, api: Api) -> None:
    """Within the grace the old token still serves, afterwards it is reuse; its successor lives on."""
    client = pool.add_client(refresh_rotation=30)
    pool.add_user("ann", PASSWORD)
    first = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]["RefreshToken"]

    def refresh(token: str) -> str:
        answer = api("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token)
        return str(answer["AuthenticationResult"]["RefreshToken"])

    second = refresh(first)
    pool.clock.advance(29)
    third = refresh(first)
    pool.clock.advance(2)
    reused = api.refused("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=first)
    legacy = api.refused(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": second},
    )

    assert reused[0] == "RefreshTokenReuse"
    assert legacy == ("InvalidParameter", "REFRESH_TOKEN_AUTH flow not enabled for this client")
    assert len({first, second, third, refresh(second)}) == 4


def test_a_rotated_refresh_token_keeps_the_remaining_lifetime(pool: FakeUserPool, api: Api) -> None:
    """Rotation does not prolong a sign-in."""
    client = pool.add_client(refresh_rotation=0, refresh_seconds=3600)
    pool.add_user("ann", PASSWORD)
    token = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]["RefreshToken"]
    pool.clock.advance(3000)
    answer = api("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token)
    pool.clock.advance(700)

    assert api.refused(
        "GetTokensFromRefreshToken",
        ClientId=client.client_id,
        RefreshToken=answer["AuthenticationResult"]["RefreshToken"],
    ) == ("NotAuthorized", "Refresh Token has expired")


def test_the_legacy_refresh_takes_the_hash_over_the_internal_name(pool: FakeUserPool, api: Api) -> None:
    """REFRESH_TOKEN_AUTH of a client with a secret checks the hash over the user's internal name."""
    client = pool.add_client(secret=True)
    pool.add_user("ann", PASSWORD)
    proof = secret_hash(client, "ann")
    token = api.sign_in(client.client_id, "ann", PASSWORD, SECRET_HASH=proof)["AuthenticationResult"][
        "RefreshToken"
    ]

    def refresh(**parameters: str) -> dict[str, object]:
        return {
            "ClientId": client.client_id,
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": {"REFRESH_TOKEN": token, **parameters},
        }

    good = api("InitiateAuth", **refresh(SECRET_HASH=proof))
    wrong = api.refused("InitiateAuth", **refresh(SECRET_HASH=secret_hash(client, "bob")))

    assert ("AccessToken" in good["AuthenticationResult"], wrong[0]) == (True, "NotAuthorized")


def test_a_revoked_sign_in_is_over(pool: FakeUserPool, api: Api, client: Client) -> None:
    """RevokeToken ends the refresh token and its access tokens; doing it twice is no error."""
    pool.add_user("ann", PASSWORD)
    result = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]
    for _ in range(2):
        api("RevokeToken", ClientId=client.client_id, Token=result["RefreshToken"])

    assert api.refused("GetUser", AccessToken=result["AccessToken"]) == (
        "NotAuthorized",
        "Access Token has been revoked",
    )
    assert api.refused("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=result["RefreshToken"]) == (
        "NotAuthorized", "Refresh Token has been revoked",
    )  # fmt: skip


def test_a_machine_gets_its_scopes(pool: FakeUserPool, api: Api) -> None:
    """Client credentials in the header or in the form give the scopes that were asked for, or all."""
    client = pool.add_client(secret=True, scopes="openid orders/read orders/write")
    assert client.client_secret is not None
    basic = "Basic " + base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
    _, asked = api.token({"grant_type": "client_credentials", "scope": "orders/read"}, Authorization=basic)
    form = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    _, everything = api.token(form)

    claims = [
        jwt.decode(each["access_token"], options={"verify_signature": False}) for each in (asked, everything)
    ]
    assert asked.keys() == {"access_token", "expires_in", "token_type"}
    assert [each["scope"] for each in claims] == ["orders/read", "orders/read orders/write"]
    assert set(claims[0]) == {
        "sub",
        "token_use",
        "scope",
        "auth_time",
        "iss",
        "exp",
        "iat",
        "version",
        "jti",
        "client_id",
    }


@pytest.mark.parametrize(
    "change, status, error",
    [
        ({"client_secret": "wrong"}, 400, "invalid_client"),
        ({"client_id": "nobody"}, 400, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"scope": "orders/delete"}, 400, "invalid_scope"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"resource": "https://api.example.com"}, 400, "invalid_request"),
        ({"aws_client_metadata": "{"}, 400, "invalid_request"),
        ({"aws_client_metadata": "[]"}, 400, "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses(
    pool: FakeUserPool, api: Api, change: dict[str, str], status: int, error: str
) -> None:
    """Each wrong request to the token endpoint has its error of RFC 6749."""
    client = pool.add_client(secret="s" * 30, scopes={"orders/read"})
    form = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": "s" * 30,
        **change,
    }
    found = api.token(form)

    assert (found[0], found[1]["error"]) == (status, error)


def test_an_unknown_scope_may_be_left_out_instead(api: Api) -> None:
    """AWS's pages contradict each other on unknown scopes; the pool can follow the other one."""
    pool = FakeUserPool(settings=Settings(unknown_scopes="ignore"))
    client = pool.add_client(secret="s" * 30, scopes={"orders/read"})
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": "s" * 30}
    _, answer = Api(pool).token({**form, "scope": "orders/read orders/delete"})

    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["scope"] == "orders/read"


def test_a_link_confirms_as_a_code_does(api: Api) -> None:
    """A pool that confirms by link sends one, and following it confirms the user."""
    pool = FakeUserPool(settings=Settings(confirmation="link"))
    client = pool.add_client()
    sign_up(Api(pool), client)
    link = pool.outbox[-1].link
    assert link is not None
    followed = [pool.handle("GET", link, []).status for _ in range(2)]

    assert (followed, pool.users["bob"].status) == ([200, 400], "CONFIRMED")
