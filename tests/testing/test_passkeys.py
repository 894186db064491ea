"""Passkeys: registering, signing in, listing, deleting; and every way in which an authenticator can lie."""

import json
import sys
from typing import Any

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client
from support.authenticator import PRESENT, VERIFIED, Authenticator

from .conftest import Api


class Home:
    """A pool, a user who is signed in, and an authenticator."""

    def __init__(self, **settings: Any) -> None:
        self.pool = FakeUserPool(settings=Settings(**settings))
        self.api = Api(self.pool)
        self.client: Client = self.pool.add_client()
        self.user = self.pool.add_user("ann")
        self.token = self.pool.forge.access_token("ann")
        self.key = Authenticator()

    def start(self) -> Any:
        """Options for a new passkey."""
        return self.api("StartWebAuthnRegistration", AccessToken=self.token)["CredentialCreationOptions"]

    def register(self) -> None:
        """Register the authenticator."""
        self.api(
            "CompleteWebAuthnRegistration", AccessToken=self.token, Credential=self.key.create(self.start())
        )

    def refused(self, credential: dict[str, Any]) -> str:
        """The code with which a registration is refused."""
        return self.api.refused(
            "CompleteWebAuthnRegistration", AccessToken=self.token, Credential=credential
        )[0]

    def begin(self) -> tuple[Any, Any]:
        """A WEB_AUTHN challenge and its options."""
        asked = self.api.begin(self.client, "USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
        return asked, json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])


def test_a_passkey_is_registered_and_signs_in() -> None:
    """The options are the browser's, and each assertion serves once."""
    home = Home()
    options = home.start()
    home.api("CompleteWebAuthnRegistration", AccessToken=home.token, Credential=home.key.create(options))
    asked, request = home.begin()
    credential = home.key.get(request)
    answer = home.api.answer(home.client, asked, CREDENTIAL=credential)
    tokens = home.api("RespondToAuthChallenge", **answer)
    later, _ = home.begin()

    assert (options["rp"]["id"], options["user"]["name"]) == ("localhost", "ann")
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert (request["rpId"], len(request["allowCredentials"])) == ("localhost", 1)
    assert "AccessToken" in tokens["AuthenticationResult"]
    assert home.api.refused(
        "RespondToAuthChallenge", **home.api.answer(home.client, later, CREDENTIAL=credential)
    )[0] == ("NotAuthorized")


def test_the_assertion_may_come_with_the_choice() -> None:
    """SELECT_CHALLENGE brings the options already, and takes the credential at once."""
    home = Home()
    home.register()
    asked = home.api.begin(home.client, "USER_AUTH")
    request = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    tokens = home.api.respond(home.client, asked, ANSWER="WEB_AUTHN", CREDENTIAL=home.key.get(request))

    assert asked["AvailableChallenges"] == ["WEB_AUTHN"]
    assert "AccessToken" in tokens["AuthenticationResult"]


@pytest.mark.parametrize(
    "lie",
    [
        "challenge",
        "origin",
        "relying party",
        "absent",
        "unverified",
        "key",
        "credential",
        "copied",
        "type",
        "no json",
        "list",
    ],
)
def test_an_authenticator_that_lies_does_not_sign_in(lie: str) -> None:
    """Each part of the assertion is checked."""
    home = Home(user_verification="required")
    home.key.counter = 7
    home.register()
    asked, request = home.begin()
    key, challenge = home.key, None
    match lie:
        case "challenge":
            challenge = "x" * 43
        case "origin":
            key.origin = "https://evil.example"
        case "relying party":
            key.relying_party = "evil.example"
        case "absent":
            key.flags = VERIFIED
        case "unverified":
            key.flags = PRESENT
        case "key":
            key.private = Authenticator().private
        case "credential":
            key.credential_id = bytes(32)
        case "copied":
            key.counter = 3
        case _:
            pass
    credential = key.get(request, challenge=challenge)
    if lie == "type":
        credential = json.dumps(key.create(request))
    if lie in {"no json", "list"}:
        credential = "nope" if lie == "no json" else "[]"
    answer = home.api.answer(home.client, asked, CREDENTIAL=credential)

    assert home.api.refused("RespondToAuthChallenge", **answer)[0] == "NotAuthorized"


@pytest.mark.parametrize(
    "lie, refusal",
    [
        ("challenge", "WebAuthnChallengeNotFound"),
        ("origin", "WebAuthnOriginNotAllowed"),
        ("relying party", "WebAuthnRelyingPartyMismatch"),
        ("absent", "WebAuthnCredentialNotSupported"),
        ("garbage", "WebAuthnCredentialNotSupported"),
    ],
)
def test_a_registration_that_lies_is_refused(lie: str, refusal: str) -> None:
    """Each with its own error, and nothing is kept."""
    home = Home()
    options, key = home.start(), home.key
    key.origin = "https://evil.example" if lie == "origin" else key.origin
    key.relying_party = "evil.example" if lie == "relying party" else key.relying_party
    key.flags = 0 if lie == "absent" else key.flags
    credential = key.create(options, challenge="x" * 43 if lie == "challenge" else None)
    if lie == "garbage":
        credential["response"] = {"attestationObject": "AAAA"}

    assert (home.refused(credential), home.user.passkeys) == (refusal, {})


def test_a_registration_completes_once() -> None:
    """Without a start, or after the end, there is no challenge."""
    home = Home()
    credential = home.key.create(home.start())
    home.api("CompleteWebAuthnRegistration", AccessToken=home.token, Credential=credential)

    assert home.refused(credential) == "WebAuthnChallengeNotFound"


@pytest.mark.parametrize(
    "settings, origin, allowed",
    [
        ({"relying_party": "example.com"}, "https://example.com", True),
        ({"relying_party": "example.com"}, "https://login.example.com:8443", True),
        ({"relying_party": "example.com"}, "http://example.com", False),
        ({"relying_party": "example.com"}, "https://notexample.com", False),
        (
            {"relying_party": "example.com", "passkey_origins": frozenset({"https://a.example.com"})},
            "https://a.example.com",
            True,
        ),
        (
            {"relying_party": "example.com", "passkey_origins": frozenset({"https://a.example.com"})},
            "https://example.com",
            False,
        ),
    ],
)
def test_origins_belong_to_the_relying_party(settings: dict[str, Any], origin: str, *, allowed: bool) -> None:
    """Its host and those below it, with https; or those that are listed, and no other."""
    home = Home(**settings)
    home.key = Authenticator(origin=origin, relying_party="example.com")
    reply = home.api.reply(
        "CompleteWebAuthnRegistration", AccessToken=home.token, Credential=home.key.create(home.start())
    )

    assert (reply.status == 200) is allowed


@pytest.mark.parametrize(
    "settings, refusal",
    [
        ({"relying_party": None}, "WebAuthnConfigurationMissing"),
        ({"first_factors": frozenset({"PASSWORD"})}, "WebAuthnNotEnabled"),
    ],
)
def test_a_pool_without_passkeys_says_so(settings: dict[str, Any], refusal: str) -> None:
    """No relying party, or passkeys not enabled."""
    home = Home(**settings)

    assert home.api.refused("StartWebAuthnRegistration", AccessToken=home.token)[0] == refusal


def test_passkeys_are_listed_in_pages_and_deleted() -> None:
    """A deleted one does not sign in any more."""
    home = Home()
    for _ in range(3):
        home.key = Authenticator()
        home.register()
    first = home.api("ListWebAuthnCredentials", AccessToken=home.token, MaxResults=2)
    rest = home.api("ListWebAuthnCredentials", AccessToken=home.token, NextToken=first["NextToken"])
    last = rest["Credentials"][0]
    gone = {"AccessToken": home.token, "CredentialId": last["CredentialId"]}
    home.api("DeleteWebAuthnCredential", **gone)
    _, request = home.begin()

    assert [each["FriendlyCredentialName"] for each in first["Credentials"]] == ["Passkey 1", "Passkey 2"]
    assert (last["AuthenticatorTransports"], last["AuthenticatorAttachment"]) == (
        ["internal", "hybrid"],
        "platform",
    )
    assert home.api.refused("DeleteWebAuthnCredential", **gone)[0] == "ResourceNotFound"
    assert last["CredentialId"] not in {each["id"] for each in request["allowCredentials"]}


def test_a_user_has_so_many_passkeys_and_no_more() -> None:
    """The twenty-first is refused."""
    home = Home()
    for _ in range(20):
        home.key = Authenticator(private=home.key.private)
        home.register()
    home.key = Authenticator(private=home.key.private)

    assert home.refused(home.key.create(home.start())) == "LimitExceeded"


def test_an_authenticator_may_not_count_nor_say_what_it_is() -> None:
    """Synced passkeys always count zero, and the attachment is optional."""
    home = Home()
    credential = home.key.create(home.start())
    del credential["authenticatorAttachment"], credential["response"]["transports"]
    home.api("CompleteWebAuthnRegistration", AccessToken=home.token, Credential=credential)
    for _ in range(2):
        asked, request = home.begin()
        home.key.counter = -1
        home.api.respond(home.client, asked, CREDENTIAL=home.key.get(request))
    described = home.api("ListWebAuthnCredentials", AccessToken=home.token)["Credentials"][0]

    assert (described["AuthenticatorTransports"], "AuthenticatorAttachment" in described) == ([], False)


def test_without_the_extra_the_test_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else in the pool works without it."""
    home = Home()
    monkeypatch.setitem(sys.modules, "fido2.server", None)

    with pytest.raises(ImportError, match=r"pip install 'cognito-auth\[testing\]'"):
        home.start()
