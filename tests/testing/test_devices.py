"""Devices: confirming, signing in with one in the place of MFA, refreshing, remembering and forgetting."""

import base64
import hashlib
import secrets
from typing import Any

import jwt
import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.srp import PRIME
from cognito_auth.testing.fake_user_pool.state import Client
from support.srp_client import SrpClient, digest, java

from .conftest import Api
from .test_srp import someone, stamp

PASSWORD = "Correct-horse 1"


class Laptop:
    """A device as a client keeps it."""

    def __init__(self, metadata: dict[str, str]) -> None:
        self.key, self.group = metadata["DeviceKey"], metadata["DeviceGroupKey"]
        self.password = base64.b64encode(secrets.token_bytes(40)).decode()
        self.salt = secrets.randbits(128)

    @property
    def srp(self) -> SrpClient:
        """The next exchange."""
        return SrpClient(identity=self.group + self.key, password=self.password)

    def verifier(self) -> dict[str, str]:
        """`DeviceSecretVerifierConfig`."""
        inner = hashlib.sha256(f"{self.group}{self.key}:{self.password}".encode()).digest()
        verifier = pow(2, digest(java(self.salt), inner), PRIME)
        numbers = {"Salt": self.salt, "PasswordVerifier": verifier}
        return {name: base64.b64encode(java(number)).decode() for name, number in numbers.items()}


class Home:
    """A pool that tracks devices, a user with MFA, and a sign-in."""

    def __init__(self, mode: Any = "always", *, secret: bool = False) -> None:
        self.pool = FakeUserPool(settings=Settings(devices=mode))
        self.api = Api(self.pool)
        self.client: Client = self.pool.add_client(secret=secret)
        self.user = self.pool.add_user("ann", PASSWORD, mfa="totp")

    def first_sign_in(self) -> Any:
        """With the second factor; the answer brings a new device."""
        asked = self.api.begin(self.client, "USER_PASSWORD_AUTH", PASSWORD=PASSWORD)
        answer = {"SOFTWARE_TOKEN_MFA_CODE": self.pool.totp("ann")}
        return self.api.respond(self.client, asked, **answer)["AuthenticationResult"]

    def confirmed(self) -> tuple[Any, Laptop, Any]:
        """The first tokens, the device and the answer to its confirmation."""
        result = self.first_sign_in()
        laptop = Laptop(result["NewDeviceMetadata"])
        call = {"AccessToken": result["AccessToken"], "DeviceKey": laptop.key, "DeviceName": "laptop"}
        answer = self.api("ConfirmDevice", **call, DeviceSecretVerifierConfig=laptop.verifier())
        return result, laptop, answer

    def sign_in_with(self, laptop: Laptop) -> tuple[Any, dict[str, str]]:
        """The verifier challenge of a device, and the answer to it."""
        ann, device = someone(self.pool), laptop.srp
        now = stamp(self.pool.clock.today())
        begun = self.api.begin(self.client, "USER_SRP_AUTH", SRP_A=ann.public, DEVICE_KEY=laptop.key)
        proof = ann.answer(begun["ChallengeParameters"], now)
        asked = self.api.respond(self.client, begun, **proof, DEVICE_KEY=laptop.key)
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        verifier = self.api.respond(self.client, asked, DEVICE_KEY=laptop.key, SRP_A=device.public)
        assert verifier["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        return verifier, {**device.answer(verifier["ChallengeParameters"], now), "DEVICE_KEY": laptop.key}


@pytest.mark.parametrize("secret", [True, False])
def test_a_remembered_device_stands_in_for_mfa(*, secret: bool) -> None:
    """SRP of the user, SRP of the device, tokens with its key; no code is asked, no new device is offered."""
    home = Home(secret=secret)
    _, laptop, answer = home.confirmed()
    challenge, proof = home.sign_in_with(laptop)
    result = home.api.respond(home.client, challenge, **proof)["AuthenticationResult"]
    claims = jwt.decode(result["AccessToken"], options={"verify_signature": False})

    assert (answer, claims["device_key"], "NewDeviceMetadata" in result) == (
        {"UserConfirmationNecessary": False},
        laptop.key,
        False,
    )


@pytest.mark.parametrize("fault", ["wrong password", "another device", "no device"])
def test_a_wrong_proof_of_a_device_is_refused(fault: str) -> None:
    """The device's password counts, and the proof is for the device that was named."""
    home = Home()
    _, laptop, _ = home.confirmed()
    if fault == "wrong password":
        laptop.password = "guess"
    challenge, proof = home.sign_in_with(laptop)
    if fault == "another device":
        proof["DEVICE_KEY"] = home.first_sign_in()["NewDeviceMetadata"]["DeviceKey"]
    if fault == "no device":
        del proof["DEVICE_KEY"]
    refused = home.api.refused("RespondToAuthChallenge", **home.api.answer(home.client, challenge, **proof))

    assert refused[0] == ("InvalidParameter" if fault == "no device" else "NotAuthorized")


def test_a_forgotten_device_does_not_exist() -> None:
    """The client has to start again without it."""
    home = Home()
    result, laptop, _ = home.confirmed()
    home.api("ForgetDevice", AccessToken=result["AccessToken"], DeviceKey=laptop.key)
    begun = home.api.initiate(
        home.client, "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD, DEVICE_KEY=laptop.key
    )

    assert home.api.refused("InitiateAuth", **begun) == ("ResourceNotFound", "Device does not exist.")
    assert home.api("ListDevices", AccessToken=result["AccessToken"])["Devices"] == []


def test_a_device_that_is_forgotten_meanwhile_does_not_exist() -> None:
    """Between the two steps of its own sign-in."""
    home = Home()
    _, laptop, _ = home.confirmed()
    asked = home.api.begin(home.client, "USER_PASSWORD_AUTH", PASSWORD=PASSWORD, DEVICE_KEY=laptop.key)
    home.user.devices.clear()
    call = home.api.answer(home.client, asked, DEVICE_KEY=laptop.key, SRP_A="abc")

    assert home.api.refused("RespondToAuthChallenge", **call)[0] == "ResourceNotFound"


def test_the_user_may_decide() -> None:
    """Where the pool lets the user decide, an unremembered device does not stand in for MFA, a remembered one does."""
    home = Home("opt-in")
    result, laptop, answer = home.confirmed()

    def begin() -> str:
        asked = home.api.begin(home.client, "USER_PASSWORD_AUTH", PASSWORD=PASSWORD, DEVICE_KEY=laptop.key)
        return str(asked["ChallengeName"])

    before = begin()
    status = {"AccessToken": result["AccessToken"], "DeviceKey": laptop.key}
    home.api("UpdateDeviceStatus", **status, DeviceRememberedStatus="remembered")
    after = begin()
    home.api("UpdateDeviceStatus", **status, DeviceRememberedStatus="not_remembered")

    assert (answer, before, after, begin()) == (
        {"UserConfirmationNecessary": True}, "SOFTWARE_TOKEN_MFA", "DEVICE_SRP_AUTH", "SOFTWARE_TOKEN_MFA",
    )  # fmt: skip


@pytest.mark.parametrize(
    "confirm, key, refused",
    [(True, True, False), (True, False, True), (False, True, True), (False, False, True)],
)
def test_a_refresh_needs_the_confirmed_device(*, confirm: bool, key: bool, refused: bool) -> None:
    """Both ways to refresh want the key of the device that the tokens were issued to."""
    home = Home()
    if confirm:
        result, laptop, _ = home.confirmed()
    else:
        result = home.first_sign_in()
        laptop = Laptop(result["NewDeviceMetadata"])
    given = {"DeviceKey": laptop.key} if key else {}
    call = {"ClientId": home.client.client_id, "RefreshToken": result["RefreshToken"], **given}
    legacy = home.api.initiate(home.client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"])
    legacy["AuthParameters"] |= {"DEVICE_KEY": laptop.key} if key else {}
    replies = [home.api.reply("GetTokensFromRefreshToken", **call), home.api.reply("InitiateAuth", **legacy)]

    assert [b"Invalid Refresh Token" in reply.body for reply in replies] == [refused, refused]


def test_devices_are_told_in_pages() -> None:
    """GetDevice and ListDevices tell what is known; a page says where the next begins."""
    home = Home()
    token, keys = "", []
    for _ in range(3):
        home.pool.clock.advance(60)
        result, laptop, _ = home.confirmed()
        token = result["AccessToken"]
        keys.append(laptop.key)
    first = home.api("ListDevices", AccessToken=token, Limit=2)
    rest = home.api("ListDevices", AccessToken=token, Limit=2, PaginationToken=first["PaginationToken"])
    device = home.api("GetDevice", AccessToken=token, DeviceKey=keys[0])["Device"]
    shown = [each["DeviceKey"] for page in (first, rest) for each in page["Devices"]]

    assert (shown, "PaginationToken" in rest) == (keys, False)
    assert {each["Name"]: each["Value"] for each in device["DeviceAttributes"]} == {
        "device_status": "valid", "device_name": "laptop", "dev:device_remembered_status": "remembered",
    }  # fmt: skip


@pytest.mark.parametrize("token", ["bm9wZQ==", "x", "cGFnZSB4"])
def test_an_invented_page_is_refused(token: str) -> None:
    """Only what a list gave leads on."""
    home = Home()
    result, _, _ = home.confirmed()
    call = {"AccessToken": result["AccessToken"], "PaginationToken": token}

    assert home.api.refused("ListDevices", **call)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "change, refusal",
    [
        ({"DeviceKey": "eu-west-1_00000000"}, "ResourceNotFound"),
        ({"DeviceSecretVerifierConfig": {"Salt": "?", "PasswordVerifier": "AQ=="}}, "InvalidParameter"),
        ({"DeviceSecretVerifierConfig": {"Salt": "AQ=="}}, "InvalidParameter"),
        ({"DeviceSecretVerifierConfig": None}, "InvalidParameter"),
    ],
)
def test_a_wrong_confirmation_is_refused(change: dict[str, Any], refusal: str) -> None:
    """An unknown device, or a verifier that is none."""
    home = Home()
    result = home.first_sign_in()
    laptop = Laptop(result["NewDeviceMetadata"])
    call = {
        "AccessToken": result["AccessToken"],
        "DeviceKey": laptop.key,
        "DeviceSecretVerifierConfig": laptop.verifier(),
    }

    assert home.api.refused("ConfirmDevice", **{**call, **change})[0] == refusal


def test_a_device_is_confirmed_once() -> None:
    """The second confirmation is refused."""
    home = Home()
    result, laptop, _ = home.confirmed()
    call = {
        "AccessToken": result["AccessToken"],
        "DeviceKey": laptop.key,
        "DeviceSecretVerifierConfig": laptop.verifier(),
    }

    assert home.api.refused("ConfirmDevice", **call)[0] == "DeviceKeyExists"


def test_a_pool_that_tracks_no_devices_says_so(pool: FakeUserPool, api: Api) -> None:
    """Its sign-ins bring no device, and the operations are refused; so are calls without a token."""
    pool.add_user("ann", PASSWORD)
    result = api.begin(pool.add_client(), "USER_PASSWORD_AUTH", PASSWORD=PASSWORD, DEVICE_KEY="eu-west-1_0")[
        "AuthenticationResult"
    ]
    off = api.refused("GetDevice", AccessToken=result["AccessToken"], DeviceKey="eu-west-1_0")

    assert ("NewDeviceMetadata" in result, off[0]) == (False, "InvalidUserPoolConfiguration")
    assert api.refused("GetDevice", DeviceKey="eu-west-1_0")[0] == "InvalidParameter"
