"""Every way to sign in that servers of others know: SRP against an arithmetic that is not ours, authenticators, triggers, chains."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from cognito_auth import AppClient, AsyncUserPool, Challenge, Retry, TokenSet, challenges, errors
from support.faces import Face
from support.peer_matrix import Matrix
from support.peers import PASSWORD, REGION, Cognito, Peer

pytestmark = pytest.mark.xdist_group("servers of others")
each_client = pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
needs_ministack = pytest.mark.needs("ministack")

FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_CUSTOM_AUTH"]
UNICODE_NAME, UNICODE_PASSWORD = "Zoë", "Пароль-Ω-1a"
TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")

RIDDLE = """
def handler(event, context):
    source, request, response = event["triggerSource"], event["request"], event["response"]
    if source.startswith("DefineAuthChallenge"):
        last = request["session"][-1] if request["session"] else {"challengeResult": False}
        response.update(issueTokens=last["challengeResult"], failAuthentication=False)
        if not last["challengeResult"]:
            response["challengeName"] = "CUSTOM_CHALLENGE"
    elif source.startswith("CreateAuthChallenge"):
        response["publicChallengeParameters"] = {"question": "6 times 9?"}
        response["privateChallengeParameters"] = {"answer": "42"}
    else:
        response["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    return event
"""


def pool_of(admin: Any, peer: Peer, *, secret: bool, **settings: Any) -> AppClient:
    """A new pool at a server, with one app client that may use every flow."""
    made = admin.create_user_pool(PoolName="sign-in", **settings)["UserPool"]
    client = admin.create_user_pool_client(
        UserPoolId=made["Id"], ClientName="sign-in", GenerateSecret=secret, ExplicitAuthFlows=FLOWS
    )["UserPoolClient"]
    return AppClient(
        client_id=client["ClientId"],
        client_secret=client.get("ClientSecret"),
        pool_id=made["Id"],
        endpoint=peer.url,
    )


def add_user(admin: Any, app: AppClient, name: str, password: str, *, temporary: bool = False) -> None:
    """A user with an e-mail address; with a temporary password, or with one to keep."""
    admin.admin_create_user(
        UserPoolId=app.pool_id,
        Username=name,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": "zoe@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
        **({"TemporaryPassword": password} if temporary else {}),
    )
    if not temporary:
        admin.admin_set_user_password(
            UserPoolId=app.pool_id, Username=name, Password=password, Permanent=True
        )


def code_of(secret: str, *, steps_ahead: int = 0) -> str:
    """The code that an authenticator shows (RFC 6238), computed by a library that we do not ship."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    moment = time.time() + 30 * steps_ahead
    return TOTP(key, 6, SHA1(), 30, enforce_key_length=False).generate(moment).decode()


def tokens_of(outcome: TokenSet | Challenge) -> TokenSet:
    """The tokens of a sign-in that is finished."""
    assert isinstance(outcome, TokenSet), outcome
    return outcome


@each_client
@needs_ministack
@pytest.mark.parametrize("peer", ["ministack"], indirect=True)
async def test_srp_with_ministack(
    face: Face, peer: Peer, matrix: Matrix, cognito: Cognito, *, secret: bool
) -> None:
    """Its server half checks the proof: by name, by alias, with Unicode, and not with a wrong password."""
    admin = cognito(peer.url)
    app = pool_of(admin, peer, secret=secret, AliasAttributes=["email"])
    add_user(admin, app, UNICODE_NAME, UNICODE_PASSWORD)
    pool: AsyncUserPool = face.user_pool(app, retry=Retry(attempts=1))
    with matrix.cell(peer.name, "sign in (SRP)", face.name, secret=secret):
        tokens_of(await face(pool.sign_in(UNICODE_NAME, UNICODE_PASSWORD)))
        with pytest.raises(errors.NotAuthorized):
            await face(pool.sign_in(UNICODE_NAME, PASSWORD))
    with matrix.cell(peer.name, "sign in (SRP, alias)", face.name, secret=secret):
        tokens = tokens_of(await face(pool.sign_in("zoe@example.com", UNICODE_PASSWORD)))
    with matrix.cell(peer.name, "refresh after SRP", face.name, secret=secret):
        assert (await face(pool.refresh(tokens))).access_token != tokens.access_token


@each_client
@needs_ministack
@pytest.mark.parametrize("peer", ["ministack"], indirect=True)
async def test_an_authenticator_with_ministack(
    face: Face, peer: Peer, matrix: Matrix, cognito: Cognito, *, secret: bool
) -> None:
    """Set up by a signed-in user, then asked for, then answered."""
    admin = cognito(peer.url)
    app = pool_of(admin, peer, secret=secret)
    admin.set_user_pool_mfa_config(
        UserPoolId=app.pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    add_user(admin, app, "ann", PASSWORD)
    pool: AsyncUserPool = face.user_pool(app, retry=Retry(attempts=1))
    with matrix.cell(peer.name, "authenticator (TOTP)", face.name, secret=secret):
        tokens = tokens_of(await face(pool.sign_in("ann", PASSWORD)))
        made = await face(pool.associate_software_token(tokens))
        await face(pool.verify_software_token(tokens, code_of(made.secret)))
        await face(pool.set_user_mfa_preference(tokens, preferred="software_token"))
        challenge = await face(pool.sign_in("ann", PASSWORD))
        assert isinstance(challenge, challenges.SoftwareTokenMfa)
        tokens_of(await face(pool.respond(challenge.answer(code=code_of(made.secret, steps_ahead=1)))))


@pytest.fixture(scope="session")
def riddle(ministack: Peer) -> Iterator[str]:
    """A Lambda function at ministack that asks a riddle: its address."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("riddle.py", RIDDLE)
    settings: Any = {
        "endpoint_url": ministack.url,
        "region_name": REGION,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    roles, functions = boto3.client("iam", **settings), boto3.client("lambda", **settings)
    try:
        who = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [who]})
        role = roles.create_role(RoleName="riddle", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        yield functions.create_function(
            FunctionName="riddle",
            Runtime="python3.11",
            Role=role,
            Handler="riddle.handler",
            Code={"ZipFile": archive.getvalue()},
        )["FunctionArn"]
    finally:
        roles.close()
        functions.close()


@each_client
@needs_ministack
@pytest.mark.parametrize("peer", ["ministack"], indirect=True)
async def test_triggers_of_a_pool_at_ministack(
    face: Face, peer: Peer, matrix: Matrix, cognito: Cognito, riddle: str, *, secret: bool
) -> None:
    """CUSTOM_AUTH: a wrong answer is asked again, the right one gives tokens."""
    admin = cognito(peer.url)
    app = pool_of(admin, peer, secret=secret, LambdaConfig=dict.fromkeys(TRIGGERS, riddle))
    add_user(admin, app, "ann", PASSWORD)
    pool: AsyncUserPool = face.user_pool(app, retry=Retry(attempts=1))
    with matrix.cell(peer.name, "custom challenge", face.name, secret=secret):
        outcome = await face(pool.sign_in("ann", method="custom"))
        for answer in ("54", "42"):
            assert isinstance(outcome, challenges.CustomChallenge)
            assert "6 times 9?" == outcome.parameters["question"]
            outcome = await face(pool.respond(outcome.answer(answer)))
        tokens_of(outcome)


@each_client
@pytest.mark.parametrize("peer", ["moto"], indirect=True)
async def test_a_chain_with_moto(
    face: Face, peer: Peer, matrix: Matrix, cognito: Cognito, *, secret: bool
) -> None:
    """SRP, a new password, an authenticator to set up, tokens; the next sign-in asks for its code."""
    admin = cognito(peer.url)
    app = pool_of(admin, peer, secret=secret)
    admin.set_user_pool_mfa_config(
        UserPoolId=app.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    add_user(admin, app, "ann", "Temporary-1", temporary=True)
    pool: AsyncUserPool = face.user_pool(app, retry=Retry(attempts=1))
    with matrix.cell(peer.name, "new password", face.name, secret=secret):
        first = await face(pool.sign_in("ann", "Temporary-1"))
        assert isinstance(first, challenges.NewPasswordRequired)
        second = await face(pool.respond(first.answer(new_password=PASSWORD)))
    with matrix.cell(peer.name, "set-up of an authenticator", face.name, secret=secret):
        assert isinstance(second, challenges.MfaSetup)
        assert ("SOFTWARE_TOKEN_MFA",) == second.choices
        setup = await face(pool.begin_totp_setup(second))
        assert setup.uri.startswith("otpauth://totp/ann?secret=")
        tokens_of(await answered_in_time(face, pool, setup, setup.secret))
    with matrix.cell(peer.name, "authenticator (TOTP)", face.name, secret=secret):
        third = await face(pool.sign_in("ann", PASSWORD))
        assert isinstance(third, challenges.SoftwareTokenMfa)
        tokens_of(await answered_in_time(face, pool, third, setup.secret))


async def answered_in_time(
    face: Face,
    pool: AsyncUserPool,
    challenge: challenges.TotpSetup | challenges.SoftwareTokenMfa,
    secret: str,
) -> TokenSet | Challenge:
    """What follows the present code; moto takes no other, so one that was late is given anew."""
    try:
        return await face(pool.respond(challenge.answer(code=code_of(secret))))
    except errors.CodeMismatch:
        return await face(pool.respond(challenge.answer(code=code_of(secret))))
