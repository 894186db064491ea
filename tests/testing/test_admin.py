"""The admin operations, which boto3 signs and the pool checks; and dumps of a prepared pool."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cognito_auth.testing import Callbacks, FakeUserPool, PasswordPolicy, Settings
from support.authenticator import Authenticator

from .conftest import Api
from .test_devices import Home
from .test_srp import someone, stamp

PASSWORD = "Correct-horse 1"


class Admin:
    """Signs calls as boto3 does."""

    def __init__(
        self, pool: FakeUserPool, key: str = "test", secret: str = "test", region: str = "eu-west-1"
    ) -> None:
        self.pool = pool
        self._signer = SigV4Auth(Credentials(key, secret), "cognito-idp", region)

    def signed(
        self, operation: str, given: dict[str, Any], url: str = "https://cognito.test/"
    ) -> dict[str, str]:
        """The headers of a signed call."""
        request = AWSRequest("POST", url, data=json.dumps(given))
        request.headers["Content-Type"] = "application/x-amz-json-1.1"
        request.headers["X-Amz-Target"] = f"AWSCognitoIdentityProviderService.{operation}"
        self._signer.add_auth(request)
        return {"Host": "cognito.test", **dict(request.headers.items())}

    def send(self, headers: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
        """Status and content of the answer."""
        reply = self.pool.handle("POST", "https://cognito.test/", headers.items(), json.dumps(given).encode())
        return reply.status, json.loads(reply.body)

    def __call__(self, operation: str, **given: Any) -> Any:
        """The content of an answer, good or not."""
        call = {"UserPoolId": self.pool.pool_id, **given}
        return self.send(self.signed(operation, call), call)[1]


@pytest.fixture
def admin(pool: FakeUserPool) -> Admin:
    """An administrator."""
    return Admin(pool)


def test_a_test_user_is_made_used_and_removed(pool: FakeUserPool, api: Api, admin: Admin) -> None:
    """Create without a message, set a password for good, sign in, delete."""
    client = pool.add_client()
    attributes = [{"Name": "email", "Value": "ann@example.com"}, {"Name": "email_verified", "Value": "true"}]
    created = admin("AdminCreateUser", Username="ann", MessageAction="SUPPRESS", UserAttributes=attributes)[
        "User"
    ]
    admin("AdminSetUserPassword", Username="ann", Password=PASSWORD, Permanent=True)
    tokens = api.sign_in(client.client_id, "ann", PASSWORD)
    admin("AdminDeleteUser", Username=created["Username"])

    assert (created["UserStatus"], created["Enabled"], len(pool.outbox)) == ("FORCE_CHANGE_PASSWORD", True, 0)
    assert "AccessToken" in tokens["AuthenticationResult"]
    assert admin("AdminDeleteUser", Username="ann")["__type"] == "UserNotFoundException"


def test_an_invitation_carries_the_temporary_password(pool: FakeUserPool, api: Api, admin: Admin) -> None:
    """It can be sent again until it was used; a user without an address gets none."""
    admin("AdminCreateUser", Username="ann", UserAttributes=[{"Name": "email", "Value": "ann@example.com"}])
    admin("AdminCreateUser", Username="ann", MessageAction="RESEND")
    admin("AdminCreateUser", Username="bob", TemporaryPassword=PASSWORD)
    client = pool.add_client()
    asked = [
        api.sign_in(client.client_id, name, password)
        for name, password in (("ann", pool.codes["ann"]), ("bob", PASSWORD))
    ]
    admin("AdminSetUserPassword", Username="ann", Password=PASSWORD, Permanent=True)

    assert [each["ChallengeName"] for each in asked] == ["NEW_PASSWORD_REQUIRED"] * 2
    assert [message.purpose for message in pool.outbox] == ["invitation"] * 2
    assert (
        admin("AdminCreateUser", Username="ann", MessageAction="RESEND")["__type"]
        == "UnsupportedUserStateException"
    )


@pytest.mark.parametrize(
    "operation, given, code",
    [
        ("AdminCreateUser", {"Username": "taken"}, "UsernameExists"),
        ("AdminCreateUser", {"Username": "new", "TemporaryPassword": "weak"}, "InvalidPassword"),
        (
            "AdminCreateUser",
            {"Username": "new", "UserAttributes": [{"Name": "sub", "Value": "x"}]},
            "InvalidParameter",
        ),
        ("AdminCreateUser", {"Username": "new", "UserPoolId": "eu-west-1_Other"}, "ResourceNotFound"),
        ("AdminSetUserPassword", {"Username": "nobody", "Password": PASSWORD}, "UserNotFound"),
        ("AdminSetUserPassword", {"Username": "taken", "Password": "weak"}, "InvalidPassword"),
        ("ListUsers", {"Filter": "shoe_size = 42"}, "InvalidParameter"),
        ("ListUsers", {"Filter": 'custom:size = "42"'}, "InvalidParameter"),
    ],
)
def test_administrators_are_refused_too(
    pool: FakeUserPool, admin: Admin, operation: str, given: dict[str, Any], code: str
) -> None:
    """Taken names, weak passwords, other pools, unknown users, filters that are none."""
    pool.add_user("taken")

    assert admin(operation, **given)["__type"] == f"{code}Exception"


@pytest.mark.parametrize(
    "text, found",
    [
        ("", ["ann", "bob"]),
        ('username = "ann"', ["ann"]),
        ('email ^= "b"', ["bob"]),
        ('email = "b"', []),
        ('status = "Enabled"', ["ann", "bob"]),
        ('cognito:user_status = "CONFIRMED"', ["ann", "bob"]),
        (r'name = "Ann \"A\""', ["ann"]),
    ],
)
def test_users_are_listed_by_filter(pool: FakeUserPool, admin: Admin, text: str, found: list[str]) -> None:
    """Cognito's small language: equal, or begins with."""
    pool.add_user("ann", attributes={"email": "ann@example.com", "name": 'Ann "A"'})
    pool.add_user("bob", attributes={"email": "bob@example.com"})
    listed = admin("ListUsers", Filter=text, AttributesToGet=["email"])["Users"]

    assert [user["Username"] for user in listed] == found
    assert {each["Name"] for user in listed for each in user["Attributes"]} <= {"email"}


def test_users_are_listed_in_pages(pool: FakeUserPool, admin: Admin) -> None:
    """A page says where the next begins."""
    for number in range(3):
        pool.add_user(f"user{number}")
    first = admin("ListUsers", Limit=2)
    rest = admin("ListUsers", Limit=2, PaginationToken=first["PaginationToken"])

    assert ([len(page["Users"]) for page in (first, rest)], "PaginationToken" in rest) == ([2, 1], False)


@pytest.mark.parametrize(
    "fault, code",
    [
        ("unsigned", "MissingAuthenticationToken"),
        ("other scheme", "IncompleteSignature"),
        ("host not signed", "IncompleteSignature"),
        ("unknown key", "UnrecognizedClient"),
        ("wrong secret", "InvalidSignature"),
        ("other region", "InvalidSignature"),
        ("other body", "InvalidSignature"),
        ("other operation", "InvalidSignature"),
        ("old", "InvalidSignature"),
        ("no date", "InvalidSignature"),
    ],
)
def test_a_wrong_signature_is_refused(pool: FakeUserPool, fault: str, code: str) -> None:
    """Every part of Signature Version 4 is checked."""
    signer = {
        "unknown key": Admin(pool, key="AKIAOTHER"),
        "wrong secret": Admin(pool, secret="guess"),
        "other region": Admin(pool, region="us-east-1"),
    }.get(fault, Admin(pool))
    given = {"UserPoolId": pool.pool_id}
    headers = signer.signed("ListUsers", given)
    match fault:
        case "unsigned":
            del headers["Authorization"]
        case "other scheme":
            headers["Authorization"] = "Basic dGVzdDp0ZXN0"
        case "host not signed":
            headers["Authorization"] = headers["Authorization"].replace("host;", "")
        case "other body":
            given = {**given, "Limit": "1"}
        case "other operation":
            headers["X-Amz-Target"] = headers["X-Amz-Target"].replace("ListUsers", "AdminDeleteUser")
        case "old":
            headers["X-Amz-Date"] = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
        case "no date":
            headers["X-Amz-Date"] = "yesterday"
        case _:
            pass

    status, answer = signer.send(headers, given)

    assert (status, answer["__type"]) == (400, f"{code}Exception")


def test_a_query_is_part_of_what_is_signed(pool: FakeUserPool, admin: Admin) -> None:
    """Canonical: sorted, percent-encoded."""
    given = {"UserPoolId": pool.pool_id}
    url = "https://cognito.test/?b=2%202&a=~x"
    headers = admin.signed("ListUsers", given, url)
    statuses = [
        pool.handle("POST", each, headers.items(), json.dumps(given).encode()).status
        for each in (url, "https://cognito.test/")
    ]

    assert statuses == [200, 400]


# -- dumps ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def prepared(tmp_path: Path) -> tuple[Home, Path]:
    """A pool with everything in it, and its dump."""
    home = Home(secret=True)
    home.pool.settings = attrs.evolve(
        home.pool.settings,
        password_policy=PasswordPolicy(minimum_length=6),
        passkey_origins=frozenset({"http://localhost:8000"}),
    )
    home.client.callback_urls = ("https://me/callback",)
    token = home.pool.forge.access_token("ann")
    options = home.api("StartWebAuthnRegistration", AccessToken=token)["CredentialCreationOptions"]
    key = Authenticator()
    home.api("CompleteWebAuthnRegistration", AccessToken=token, Credential=key.create(options))
    return home, tmp_path / "pool.json"


def test_a_dump_brings_a_pool_back(prepared: tuple[Home, Path]) -> None:
    """Tokens, refresh tokens, devices, passkeys, MFA and the moved clock go on where they were."""
    home, path = prepared
    result, laptop, _ = home.confirmed()
    home.pool.clock.advance(1000)
    home.pool.keys.rotate(keep_old=True)
    home.pool.dump(path)
    copy = FakeUserPool.load(path, callbacks=Callbacks())
    home.pool, home.api, home.client = copy, Api(copy), copy.clients[home.client.client_id]
    challenge, proof = home.sign_in_with(laptop)
    refresh = {
        "ClientId": home.client.client_id,
        "ClientSecret": home.client.client_secret,
        "DeviceKey": laptop.key,
    }

    assert home.api("GetUser", AccessToken=result["AccessToken"])["Username"] == "ann"
    assert (
        "AccessToken"
        in home.api("GetTokensFromRefreshToken", **refresh, RefreshToken=result["RefreshToken"])[
            "AuthenticationResult"
        ]
    )
    assert "AccessToken" in home.api.respond(home.client, challenge, **proof)["AuthenticationResult"]
    assert len(home.api("ListWebAuthnCredentials", AccessToken=result["AccessToken"])["Credentials"]) == 1
    assert (copy.settings.password_policy.minimum_length, home.client.callback_urls) == (
        6,
        ("https://me/callback",),
    )
    assert 999 < copy.clock.moved < 1001


def test_a_dump_of_a_dump_is_the_same(prepared: tuple[Home, Path]) -> None:
    """Nothing is lost on the way."""
    home, path = prepared
    home.pool.dump(path)
    again = path.with_name("again.json")
    FakeUserPool.load(path).dump(again)

    assert path.read_text() == again.read_text()


def test_a_dump_is_its_owners_alone(prepared: tuple[Home, Path]) -> None:
    """Mode 0600 whatever the umask, also where the file was there before."""
    home, path = prepared
    path.write_text("before")
    path.chmod(0o644)
    former = os.umask(0)
    try:
        home.pool.dump(path)
    finally:
        os.umask(former)

    assert (stat.S_IMODE(path.stat().st_mode), [each.name for each in path.parent.iterdir()]) == (
        0o600,
        ["pool.json"],
    )


@pytest.mark.parametrize("text", ["{}", "[]", '{"version": 99}'])
def test_another_file_is_no_dump(tmp_path: Path, text: str) -> None:
    """It says so."""
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(ValueError, match="is not a dump of a fake user pool"):
        FakeUserPool.load(path)


def test_a_loaded_pool_still_proves_passwords(tmp_path: Path) -> None:
    """SRP salts are kept, also of a pool with an issuer of its own."""
    pool = FakeUserPool(
        issuer="https://issuer.example/pool", settings=Settings(required_attributes=frozenset({"name"}))
    )
    pool.add_user("ann", PASSWORD)
    salt = pool.users["ann"].srp_salt
    pool.dump(tmp_path / "pool.json")
    copy = FakeUserPool.load(tmp_path / "pool.json")
    client, ann = copy.add_client(), someone(copy)
    challenge = Api(copy).begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
    answer = ann.answer(challenge["ChallengeParameters"], stamp(copy.clock.today()))

    assert (copy.issuer, int(challenge["ChallengeParameters"]["SALT"], 16)) == (
        "https://issuer.example/pool",
        salt,
    )
    assert "AccessToken" in Api(copy).respond(client, challenge, **answer)["AuthenticationResult"]
