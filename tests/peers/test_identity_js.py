"""amazon-cognito-identity-js, from npm, signs in to the served fake pool: what it computes in JavaScript must be right."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cognito_auth import TokenVerifier
from cognito_auth.testing import Callbacks, FakeUserPool, Settings
from support.peers import PASSWORD

pytestmark = [pytest.mark.needs("node"), pytest.mark.xdist_group("clients from npm")]

SCRIPT = Path(__file__).parent / "node" / "identity.cjs"
WRONG = {"error": "NotAuthorizedException", "message": "Incorrect username or password."}


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[FakeUserPool]:
    """A served pool with a user."""
    pool = FakeUserPool(**getattr(request, "param", {}))
    pool.add_client()
    pool.add_user("ann", PASSWORD, attributes={"email": "ann@example.com"})
    with pool.serve():
        yield pool


Node = Callable[..., Any]


@pytest.fixture
def node(pool: FakeUserPool) -> Node:
    """Plays a scenario in Node, and gives what came of it."""

    def play(scenario: str, **settings: Any) -> Any:
        (client_id,) = pool.clients
        given = {
            "endpoint": pool.base_url,
            "poolId": pool.pool_id,
            "clientId": client_id,
            "username": "ann",
            "password": PASSWORD,
            **settings,
        }
        done = subprocess.run(
            ["node", SCRIPT, scenario, json.dumps(given)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        outcome = json.loads(done.stdout)
        return outcome.get("result", outcome)

    return play


def whose(pool: FakeUserPool, token: str) -> str | None:
    """The user of an access token that verifies."""
    (client_id,) = pool.clients
    with TokenVerifier(
        pool.pool_id, client_id=client_id, token_use="access", jwks=pool.keys.jwks(), offline=True
    ) as verifier:
        return verifier.verify(token).username


@pytest.mark.parametrize("flow", ["srp", "password"])
def test_the_right_password_signs_in(pool: FakeUserPool, node: Node, flow: str) -> None:
    """By SRP the proof is checked; the tokens verify."""
    assert "ann" == whose(pool, node(flow)["access"])
    assert (flow == "srp") == (pool.calls["RespondToAuthChallenge"] == 1)


@pytest.mark.parametrize("flow", ["srp", "password"])
@pytest.mark.parametrize("wrong", [{"password": "Wrong-horse 1"}, {"username": "nobody"}])
def test_a_wrong_password_is_refused(node: Node, flow: str, wrong: dict[str, str]) -> None:
    """A wrong password and an unknown name have the same answer."""
    assert WRONG == node(flow, **wrong)


def test_every_kind_of_salt_and_password_is_proved(pool: FakeUserPool, node: Node) -> None:
    """Passwords beyond ASCII too; numbers go over the wire without leading zeros, and both sides pad alike."""
    pool.add_user("änn", "Pässwörd-1 \N{SNOWMAN}")
    assert "änn" == whose(pool, node("srp", username="änn", password="Pässwörd-1 \N{SNOWMAN}")["access"])


def test_tokens_are_refreshed(pool: FakeUserPool, node: Node) -> None:
    """Another access token, and the refresh token stays."""
    played = node("refresh")
    assert "ann" == whose(pool, played["access"])
    assert played["first"]["access"] != played["access"]
    assert played["first"]["refresh"] == played["refresh"]


def test_tokens_are_refused_after_signing_out_everywhere(pool: FakeUserPool, node: Node) -> None:
    """The fake pool really signs out."""
    assert "NotAuthorizedException" == node("signOutEverywhere")["error"]
    assert 1 == pool.calls["GlobalSignOut"]


def test_an_authenticators_code_is_asked_for(pool: FakeUserPool, node: Node) -> None:
    """The right one signs in, a wrong one does not."""
    pool.add_user("bob", PASSWORD, mfa="totp")
    right = node("srp", username="bob", code=pool.totp("bob"))
    pool.clock.advance(60)
    wrong = node("srp", username="bob", code="000000" if pool.totp("bob") != "000000" else "000001")

    assert (["SOFTWARE_TOKEN_MFA"], "bob") == (right["asked"], whose(pool, right["access"]))
    assert "CodeMismatchException" == wrong["error"]


@pytest.mark.parametrize(
    "pool", [{"settings": Settings(required_attributes=frozenset({"given_name"}))}], indirect=True
)
def test_a_new_password_is_set(pool: FakeUserPool, node: Node) -> None:
    """A temporary password leads to NEW_PASSWORD_REQUIRED with the attributes that are missing; a weak one is refused."""
    pool.add_user("bob", PASSWORD, status="FORCE_CHANGE_PASSWORD")
    given = {"username": "bob", "attributes": {"given_name": "Bob"}}
    weak = node("srp", **given, newPassword="weak")
    done = node("srp", **given, newPassword="New-horse 2")

    assert "InvalidPasswordException" == weak["error"]
    assert ["NEW_PASSWORD_REQUIRED", "given_name"] == done["asked"]
    assert "bob" == whose(pool, node("srp", username="bob", password="New-horse 2")["access"])


def test_a_user_signs_up_and_confirms(pool: FakeUserPool, node: Node) -> None:
    """The code that the test reads confirms; before that nobody can sign in."""
    given = {"username": "carol", "email": "carol@example.com"}
    signed_up = node("signUp", **given)
    early = node("srp", **given)
    wrong = node("confirm", **given, code="000000" if pool.codes["carol"] != "000000" else "000001")
    confirmed = node("confirm", **given, code=pool.codes["carol"])

    assert {"confirmed": False, "sub": pool.users["carol"].sub} == signed_up
    assert ("UserNotConfirmedException", "CodeMismatchException") == (early["error"], wrong["error"])
    assert "SUCCESS" == confirmed
    assert "carol@example.com" == node("attributes", **given)["email"]


CUSTOM = Callbacks(
    define_auth_challenge=lambda event: (
        ("ISSUE_TOKENS" if event.history[-1].passed else "FAIL")
        if any(each.name == "CUSTOM_CHALLENGE" for each in event.history)
        else ("CUSTOM_CHALLENGE" if len(event.history) > 1 else "PASSWORD_VERIFIER")
    ),
    create_auth_challenge=lambda _: ({"question": "colour?"}, {}),
    verify_auth_challenge=lambda _, answer, __: answer == "blue",
)


@pytest.mark.parametrize("pool", [{"callbacks": CUSTOM}], indirect=True)
def test_a_custom_challenge_follows_the_proof(pool: FakeUserPool, node: Node) -> None:
    """Python functions in the place of Lambda triggers lead the conversation."""
    played = node("custom", answer="blue")
    assert (["colour?"], "ann") == (played["asked"], whose(pool, played["access"]))
    assert "NotAuthorizedException" == node("custom", answer="red")["error"]


@pytest.mark.parametrize("pool", [{"settings": Settings(devices="always")}], indirect=True)
def test_a_remembered_device_proves_itself(pool: FakeUserPool, node: Node) -> None:
    """The second sign-in of one process does the device's SRP as well."""
    assert "ann" == whose(pool, node("rememberedDevice")["again"]["access"])
    (device,) = pool.users["ann"].devices.values()
    assert (True, 4) == (device.remembered, pool.calls["RespondToAuthChallenge"])
