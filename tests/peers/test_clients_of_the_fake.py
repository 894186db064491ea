"""pycognito and boto3, which nobody here wrote, sign in to the fake pool's server: what they compute must be right."""

import base64
import hmac
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from pycognito import Cognito as Pycognito
from pycognito.exceptions import (
    ForceChangePasswordException,
    SMSMFAChallengeException,
    SoftwareTokenMFAChallengeException,
)

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.state import Client
from support.peer_matrix import BOTO3, Matrix
from support.peers import PASSWORD, REGION, Cognito

WRONG = "Incorrect username or password."


@pytest.fixture
def pool() -> Iterator[FakeUserPool]:
    """A served pool with a user."""
    pool = FakeUserPool()
    pool.add_user("ann", PASSWORD, attributes={"email": "ann@example.com"}, groups={"admin"})
    with pool.serve():
        yield pool


def pycognito(pool: FakeUserPool, client: Client, username: str) -> Any:
    """Pycognito for a user, verifying tokens with the keys that the pool publishes."""
    made = Pycognito(
        pool.pool_id,
        client.client_id,
        client_secret=client.client_secret,
        username=username,
        boto3_client_kwargs={
            "endpoint_url": pool.base_url,
            "region_name": REGION,
            "config": Config(signature_version=UNSIGNED),
        },
    )
    made.pool_domain_url = None
    made.pool_jwk = pool.keys.jwks()
    return made


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_pycognito_signs_in_by_srp_and_refreshes(pool: FakeUserPool, *, secret: bool) -> None:
    """The proof that pycognito computes is accepted, and the tokens verify with the published keys."""
    someone = pycognito(pool, pool.add_client(secret=secret), "ann")
    someone.authenticate(PASSWORD)
    first = someone.access_token
    someone.renew_access_token()

    assert (someone.access_claims["username"], someone.id_claims["email"]) == ("ann", "ann@example.com")
    assert first != someone.access_token
    assert (pool.calls["InitiateAuth"], pool.calls["RespondToAuthChallenge"]) == (2, 1)


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
@pytest.mark.parametrize("username, password", [("ann", "Wrong-horse 1"), ("nobody", PASSWORD)])
def test_a_wrong_proof_of_pycognitos_is_refused(
    pool: FakeUserPool, username: str, password: str, *, secret: bool
) -> None:
    """A wrong password, and a name that nobody has, get as far as the proof and no further."""
    someone = pycognito(pool, pool.add_client(secret=secret), username)

    with pytest.raises(Exception, match=WRONG):
        someone.authenticate(password)
    assert pool.calls["RespondToAuthChallenge"] == 1


def test_pycognitos_proof_is_right_for_every_kind_of_salt(pool: FakeUserPool) -> None:
    """Salts of odd length, with the top bit set and short ones go over the wire as the integers that they are.

    (Salts whose leading byte is zero are left out here: pycognito pads texts, and fails on them with AWS as well.)
    """
    client = pool.add_client(flows={"ALLOW_USER_SRP_AUTH"})
    for salt in (0x80 << 120, 0x8FF, 0x7FF, 0xF << 60, 1):
        pool.users["ann"].srp_salt = salt
        pycognito(pool, client, "ann").authenticate(PASSWORD)

    assert pool.calls["RespondToAuthChallenge"] == 5


def test_pycognito_signs_in_with_a_unicode_password(pool: FakeUserPool) -> None:
    """The proof is over UTF-8."""
    pool.add_user("zoë", "Pässwörd-1 ☃")
    someone = pycognito(pool, pool.add_client(), "zoë")
    someone.authenticate("Pässwörd-1 ☃")

    assert someone.access_claims["username"] == "zoë"


def test_pycognito_answers_with_the_code_of_an_authenticator_app(pool: FakeUserPool) -> None:
    """SRP, then SOFTWARE_TOKEN_MFA: a wrong code is refused, the right one gives tokens."""
    pool.add_user("bob", PASSWORD, mfa="totp")
    someone = pycognito(pool, pool.add_client(), "bob")
    with pytest.raises(SoftwareTokenMFAChallengeException):
        someone.authenticate(PASSWORD)
    right = pool.totp("bob")
    with pytest.raises(Exception, match="Invalid code"):
        someone.respond_to_software_token_mfa_challenge(f"{(int(right) + 1) % 1_000_000:06}")
    someone.respond_to_software_token_mfa_challenge(right)

    assert someone.access_claims["username"] == "bob"


def test_pycognito_answers_with_the_code_of_a_text_message(pool: FakeUserPool) -> None:
    """SRP, then SMS_MFA."""
    pool.add_user("bob", PASSWORD, mfa="sms", attributes={"phone_number": "+15550001234"})
    someone = pycognito(pool, pool.add_client(secret=True), "bob")
    with pytest.raises(SMSMFAChallengeException):
        someone.authenticate(PASSWORD)
    someone.respond_to_sms_mfa_challenge(pool.codes["bob"])

    assert someone.access_claims["username"] == "bob"


def test_pycognito_sets_the_new_password(pool: FakeUserPool) -> None:
    """A temporary password leads to NEW_PASSWORD_REQUIRED; the new one signs in afterwards."""
    pool.add_user("bob", "Temporary-1", status="FORCE_CHANGE_PASSWORD")
    someone = pycognito(pool, pool.add_client(), "bob")
    with pytest.raises(ForceChangePasswordException):
        someone.authenticate("Temporary-1")
    someone.new_password_challenge("Temporary-1", PASSWORD)
    someone.authenticate(PASSWORD)

    assert pool.users["bob"].status == "CONFIRMED"


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
def test_boto3_walks_a_chain_of_challenges(cognito: Cognito, matrix: Matrix, *, secret: bool) -> None:
    """Temporary password, new password, MFA set-up with an authenticator app, tokens: each session leads to the next."""
    pool = FakeUserPool(settings=Settings(mfa="ON"))
    pool.add_user("bob", "Temporary-1", status="FORCE_CHANGE_PASSWORD")
    client = pool.add_client(secret=secret)
    proof = {"SECRET_HASH": secret_hash(client, "bob")} if secret else {}

    def cell(operation: str) -> AbstractContextManager[None]:
        return matrix.cell(BOTO3, operation, "blocking", secret=secret)

    with pool.serve() as url:
        boto = cognito(url)

        def begin(password: str) -> Any:
            given = {"USERNAME": "bob", "PASSWORD": password, **proof}
            return boto.initiate_auth(
                ClientId=client.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
            )

        def respond(name: str, session: str, **responses: str) -> Any:
            given = {"USERNAME": "bob", **proof, **responses}
            return boto.respond_to_auth_challenge(
                ClientId=client.client_id, ChallengeName=name, Session=session, ChallengeResponses=given
            )

        with cell("new password"):
            first = begin("Temporary-1")
            second = respond(first["ChallengeName"], first["Session"], NEW_PASSWORD=PASSWORD)
        with cell("set-up of an authenticator"):
            association = boto.associate_software_token(Session=second["Session"])
            with pytest.raises(boto.exceptions.EnableSoftwareTokenMFAException):
                boto.verify_software_token(Session=association["Session"], UserCode="000000")
            verified = boto.verify_software_token(Session=association["Session"], UserCode=pool.totp("bob"))
            last = respond(second["ChallengeName"], verified["Session"])
            with pytest.raises(boto.exceptions.NotAuthorizedException):
                respond(second["ChallengeName"], verified["Session"])
        pool.clock.advance(30)  # each code of an authenticator serves once
        with cell("authenticator (TOTP)"):
            asked = begin(PASSWORD)
            code = {"SOFTWARE_TOKEN_MFA_CODE": pool.totp("bob")}
            signed_in = respond(asked["ChallengeName"], asked["Session"], **code)

    names = [answer["ChallengeName"] for answer in (first, second, asked)]
    assert names == ["NEW_PASSWORD_REQUIRED", "MFA_SETUP", "SOFTWARE_TOKEN_MFA"]
    assert second["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]'
    assert "RefreshToken" in last["AuthenticationResult"]
    assert "RefreshToken" in signed_in["AuthenticationResult"]


def secret_hash(client: Client, username: str) -> str:
    """As AWS's documentation has it, for a client that does not compute it by itself."""
    message = (username + client.client_id).encode()
    return base64.b64encode(hmac.digest(str(client.client_secret).encode(), message, "sha256")).decode()
