"""Conversations request by request: what goes in which step, and services that do not keep to the rules."""

from collections.abc import Callable
from typing import Any

import pytest

from cognito_auth import AppClient, Challenge, Device, TokenSet, UserPool, _seal, challenges, errors
from cognito_auth.user_pool import srp
from cognito_auth.users import UserContext
from support.scripted_runtime import START, Scripted, ScriptedRuntime, Turn, calls, error, said

APP = AppClient(client_id="abc", pool_id="eu-west-1_Fake00001")
TOKENS = {"AuthenticationResult": {"AccessToken": "access", "ExpiresIn": 300}}
DEVICE = Device(key="k_1", group_key="-g", secret="hush", owner=_seal.owner_of(APP))
SESSION = "a session of a sign-in"
BLOCK = "c2VjcmV0"
PROOF = {
    "SALT": "abc",
    "SRP_B": "def",
    "SECRET_BLOCK": BLOCK,
    "USERNAME": "sub-1",
    "USER_ID_FOR_SRP": "sub-1",
}


def asks(name: str, parameters: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """An answer that asks for more."""
    return {"ChallengeName": name, "ChallengeParameters": parameters or {}, "Session": SESSION, **more}


def answers(*contents: object) -> list[Turn]:
    """Answers to whatever is asked."""
    return [Turn(expected={}, answer=calls("", {}, answer=each).answer) for each in contents]


def responses(runtime: ScriptedRuntime) -> list[Any]:
    """What each request says inside its map."""
    bodies = [said(request)["json"] for request in runtime.requests]
    return [body.get("AuthParameters") or body["ChallengeResponses"] for body in bodies]


# ── steps inside ────────────────────────────────────────────────────────────────────────────────────────


def test_every_request_repeats_what_was_said_beside_the_job(scripted: Scripted) -> None:
    """client_metadata and the rest go with the first request, with the steps inside, and with every answer."""
    runtime = scripted(
        *answers(asks("PASSWORD_VERIFIER", PROOF), asks("SMS_MFA"), asks("CUSTOM_CHALLENGE"), TOKENS)
    )
    pool = runtime.under(UserPool(APP))
    context = UserContext(ip_address="192.0.2.1")
    outcome = pool.sign_in(
        "ann", "pw", client_metadata={"k": "1"}, user_context=context, analytics_endpoint_id="e"
    )
    assert isinstance(outcome, challenges.SmsMfa)
    outcome = pool.respond(outcome.answer(code="123456"))
    assert isinstance(outcome, challenges.CustomChallenge)
    pool.respond(outcome.answer("x"), client_metadata={"k": "2"}, user_context=UserContext(ip_address="::1"))
    bodies = [said(request)["json"] for request in runtime.requests]
    assert [{"k": "1"}] * 3 + [{"k": "2"}] == [body["ClientMetadata"] for body in bodies]
    addresses = [body["UserContextData"]["IpAddress"] for body in bodies]
    assert ["192.0.2.1"] * 3 + ["::1"] == addresses
    assert [{"AnalyticsEndpointId": "e"}] * 4 == [body["AnalyticsMetadata"] for body in bodies]


def test_a_service_without_a_session_gets_none(scripted: Scripted) -> None:
    """USER_SRP_AUTH gives none before the proof, and an answer must not make one up."""
    runtime = scripted(*answers({**asks("PASSWORD_VERIFIER", PROOF), "Session": None}, TOKENS))
    runtime.under(UserPool(APP)).sign_in("ann", "pw")
    assert "Session" not in said(runtime.requests[1])["json"]
    assert "sub-1" == responses(runtime)[1]["USERNAME"]
    assert BLOCK == responses(runtime)[1]["PASSWORD_CLAIM_SECRET_BLOCK"]
    assert "Thu Jan 1 00:00:00 UTC 2026" == responses(runtime)[1]["TIMESTAMP"]


def test_each_proof_has_a_key_pair_of_its_own(scripted: Scripted) -> None:
    """The password's and the device's do not share one, and both come from the runtime's randomness."""
    device_proof = {"SALT": "1", "SRP_B": "2", "SECRET_BLOCK": BLOCK, "USERNAME": "sub-1"}
    runtime = scripted(
        *answers(
            asks("PASSWORD_VERIFIER", PROOF),
            asks("DEVICE_SRP_AUTH"),
            asks("DEVICE_PASSWORD_VERIFIER", device_proof),
            TOKENS,
        )
    )
    tokens = runtime.under(UserPool(APP)).sign_in("ann", "pw", device=DEVICE)
    assert isinstance(tokens, TokenSet)
    first, proof, announced, proved = responses(runtime)
    expected = ScriptedRuntime()
    assert srp.begin(expected.random_bytes(32)).public_hex == first["SRP_A"]
    assert srp.begin(expected.random_bytes(32)).public_hex == announced["SRP_A"]
    assert {"k_1"} == {each["DEVICE_KEY"] for each in (first, proof, announced, proved)}
    assert ["ann", "sub-1", "sub-1", "sub-1"] == [
        each["USERNAME"] for each in (first, proof, announced, proved)
    ]
    assert "k_1" == tokens.device_key


# ── services that do not keep to the rules ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["PASSWORD_VERIFIER", "DEVICE_SRP_AUTH"])
def test_a_service_that_asks_in_circles_gets_no_further(scripted: Scripted, name: str) -> None:
    """Each proof is given once; asked again, it is a challenge that the caller sees."""
    proofs = {"PASSWORD_VERIFIER": 1, "DEVICE_SRP_AUTH": 1}
    asked = asks(name, PROOF)
    runtime = scripted(*answers(asked, asked))
    outcome = runtime.under(UserPool(APP)).sign_in("ann", "pw", device=DEVICE)
    assert type(outcome) is Challenge
    assert (name, 1 + proofs[name]) == (outcome.name, len(runtime.requests))


def test_a_device_is_proved_once(scripted: Scripted) -> None:
    """However often the service asks for the two steps."""
    device_proof = {"SALT": "1", "SRP_B": "2", "SECRET_BLOCK": BLOCK}
    circle = [asks("DEVICE_SRP_AUTH"), asks("DEVICE_PASSWORD_VERIFIER", device_proof)]
    runtime = scripted(*answers(*circle, asks("DEVICE_SRP_AUTH")))
    outcome = runtime.under(UserPool(APP)).sign_in("ann", "pw", method="password", device=DEVICE)
    assert isinstance(outcome, Challenge)
    assert "DEVICE_SRP_AUTH" == outcome.name


def test_a_proof_that_nobody_here_can_give_comes_out_as_a_challenge(scripted: Scripted) -> None:
    """Without a password or a device in hand; it can still be answered in the service's own words."""
    runtime = scripted(*answers(asks("DEVICE_PASSWORD_VERIFIER"), TOKENS))
    pool = runtime.under(UserPool(APP))
    outcome = pool.sign_in("ann", "pw", method="password")
    assert type(outcome) is Challenge
    assert isinstance(pool.respond(outcome.answer_with({"TIMESTAMP": "now"})), TokenSet)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({**PROOF, "SRP_B": "0"}, "SRP_B is a multiple of N"),
        ({**PROOF, "SRP_B": f"{srp.N:x}"}, "SRP_B is a multiple of N"),
        ({**PROOF, "SALT": "no number"}, "SALT is not a hexadecimal number"),
        ({**PROOF, "SECRET_BLOCK": "x"}, "SECRET_BLOCK is not base64"),
        ({name: value for name, value in PROOF.items() if name != "SALT"}, "lacks the parameter SALT"),
        (
            {name: value for name, value in PROOF.items() if name != "USER_ID_FOR_SRP"},
            "lacks the parameter USER_ID_FOR_SRP",
        ),
    ],
)
def test_a_challenge_to_prove_that_cannot_be_right_is_refused(
    scripted: Scripted, parameters: dict[str, str], message: str
) -> None:
    """No proof is sent that could give the password away."""
    runtime = scripted(*answers(asks("PASSWORD_VERIFIER", parameters)))
    with pytest.raises(errors.UnexpectedReply, match=message) as refused:
        runtime.under(UserPool(APP)).sign_in("ann", "correct horse")
    assert "correct horse" not in str(refused.value)


# ── devices that are forgotten ──────────────────────────────────────────────────────────────────────────


def test_a_forgotten_device_begins_the_sign_in_again_without_it(scripted: Scripted) -> None:
    """Once, and from the name that the user gave."""
    gone = error("ResourceNotFoundException", "Device does not exist.")
    runtime = scripted(
        *answers(asks("PASSWORD_VERIFIER", PROOF), gone, asks("PASSWORD_VERIFIER", PROOF), TOKENS)
    )
    tokens = runtime.under(UserPool(APP)).sign_in("ann", "pw", device=DEVICE)
    assert isinstance(tokens, TokenSet)
    assert tokens.device_key is None
    third = responses(runtime)[2]
    assert ("ann", None) == (third["USERNAME"], third.get("DEVICE_KEY"))


@pytest.mark.parametrize(
    "device, message", [(None, "Device does not exist."), (DEVICE, "User pool client abc does not exist.")]
)
def test_what_else_is_not_found_is_an_error(scripted: Scripted, device: Device | None, message: str) -> None:
    """A pool or client that is not there is not a device."""
    runtime = scripted(*answers(error("ResourceNotFoundException", message)))
    with pytest.raises(errors.ResourceNotFound):
        runtime.under(UserPool(APP)).sign_in("ann", "pw", device=device)


@pytest.mark.parametrize(
    "device, message, told",
    [
        (DEVICE, "Device does not exist.", True),
        (DEVICE, "User pool client abc does not exist.", False),
        (None, "Device does not exist.", False),
    ],
)
def test_a_device_that_is_forgotten_in_the_middle_is_told(
    scripted: Scripted, device: Device | None, message: str, *, told: bool
) -> None:
    """The password is not in hand any more: the user signs in again."""
    runtime = scripted(*answers(error("ResourceNotFoundException", message)))
    with pytest.raises(errors.ResourceNotFound) as refused:
        runtime.under(UserPool(APP)).respond(challenge(device=device).answer(code="123456"))
    assert told is ("sign in again without device=" in str(refused.value))


# ── arguments ───────────────────────────────────────────────────────────────────────────────────────────

REFUSED: list[tuple[Callable[[Any], object], str]] = [
    (lambda pool: pool.sign_in("ann", "pw", method="plain"), "method: got 'plain': expected one of 'srp'"),
    (lambda pool: pool.sign_in("ann"), "password: method='srp' expects a password"),
    (lambda pool: pool.sign_in("ann", method="custom-srp"), "expects a password"),
    (lambda pool: pool.sign_in("ann", "pw", method="custom"), "expects none"),
    (lambda pool: pool.sign_in("ann", ""), "password: got an empty text"),
    (lambda pool: pool.sign_in("ann", 7), "password: got int"),
    (lambda pool: pool.sign_in("ann", "half\ud800"), "password: got half of a surrogate pair"),
    (lambda pool: pool.sign_in("ann b", "pw"), "username: got 'ann b'"),
    (lambda pool: pool.sign_in("ann", "pw", preferred="PASSWORD"), "belong to method='choice'"),
    (lambda pool: pool.sign_in("ann", "pw", session="s"), "belong to method='choice'"),
    (lambda pool: pool.sign_in("ann", "pw", method="choice"), "uses it only with preferred="),
    (lambda pool: pool.sign_in("ann", "pw", method="choice", preferred="EMAIL_OTP"), "uses it only with"),
    (
        lambda pool: pool.sign_in("ann", method="choice", session="s", preferred="SMS_OTP"),
        "signs in by itself",
    ),
    (lambda pool: pool.sign_in("ann", method="choice", step_up_from="token"), "needs acr_values="),
    (lambda pool: pool.sign_in("ann", method="choice", max_age=-1), "max_age: got -1"),
    (lambda pool: pool.sign_in("ann", method="choice", max_age=True), "max_age: got True"),
    (lambda pool: pool.sign_in("ann", "pw", device="k_1"), "device: got str: expected the Device"),
    (lambda pool: pool.sign_in("ann", "pw", client_metadata={"k": 1}), "client_metadata"),
    (lambda pool: pool.respond("123456"), "answer: got str: expected what the challenge's own"),
    (lambda pool: pool.respond(challenge()), "answer: got SmsMfa: expected what the challenge's own"),
    (
        lambda pool: pool.respond(challenge(owner="eu-west-1_Other/abc").answer(code="1")),
        "of another user pool or app client",
    ),
    (lambda pool: pool.begin_totp_setup(challenge()), "challenge: got SmsMfa: expected the MfaSetup"),
    (lambda pool: pool.confirm_device("token"), "tokens: they name no new device"),
    (
        lambda pool: pool.confirm_device(TokenSet.issued(access_token="a", expires_in=1, now=START)),
        "tokens: they name no new device",
    ),
    (lambda pool: pool.initiate_auth("X", {"A": 1}), "parameters"),
    (lambda pool: pool.respond_to_auth_challenge("X", {"ANSWER": "1"}), "USERNAME is missing"),
]


def challenge(**more: Any) -> challenges.SmsMfa:
    """A challenge of this client's."""
    content = {"owner": _seal.owner_of(APP), **more}
    return challenges.SmsMfa(name="SMS_MFA", username="ann", session=SESSION, asked_at=START, **content)


@pytest.mark.parametrize("call, message", REFUSED)
def test_what_cannot_be_right_is_refused_before_it_is_sent(
    scripted: Scripted, call: Callable[[Any], object], message: str
) -> None:
    """With the argument's name, and what was expected."""
    with pytest.raises(errors.UsageError, match=message):
        call(scripted().under(UserPool(APP)))


def test_srp_needs_to_know_the_pool(scripted: Scripted) -> None:
    """Its name is part of the proof; a plain password works with a region alone."""
    regional = AppClient(client_id="abc", region="eu-west-1")
    with pytest.raises(errors.UsageError, match="pool_id"):
        scripted().under(UserPool(regional)).sign_in("ann", "pw")
    runtime = scripted(*answers(TOKENS))
    assert isinstance(runtime.under(UserPool(regional)).sign_in("ann", "pw", method="password"), TokenSet)


# ── in the service's own words ──────────────────────────────────────────────────────────────────────────


def test_the_low_level_calls_do_no_step_inside(scripted: Scripted) -> None:
    """They add the secret hash over the name that is given, and nothing else."""
    confidential = AppClient(client_id="abc", pool_id="eu-west-1_Fake00001", client_secret="s3cret")
    runtime = scripted(*answers(asks("PASSWORD_VERIFIER", PROOF), TOKENS, TOKENS))
    pool = runtime.under(UserPool(confidential))
    asked = pool.initiate_auth("USER_SRP_AUTH", {"USERNAME": "ann", "SRP_A": "abc"}, session=SESSION)
    assert type(asked) is Challenge
    given = {"USERNAME": "sub-1", "TIMESTAMP": "now"}
    assert isinstance(
        pool.respond_to_auth_challenge("PASSWORD_VERIFIER", given, session=asked.session), TokenSet
    )
    assert isinstance(pool.initiate_auth("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": "r"}), TokenSet)
    first, second, third = responses(runtime)
    assert {"USERNAME", "SRP_A", "SECRET_HASH"} == first.keys()
    assert {"USERNAME", "TIMESTAMP", "SECRET_HASH"} == second.keys()
    assert first["SECRET_HASH"] != second["SECRET_HASH"]
    assert {"REFRESH_TOKEN": "r"} == third


def test_an_operation_that_is_switched_off_says_both_remedies(scripted: Scripted) -> None:
    """Whichever code says so; another refusal of the same class keeps the service's words alone."""
    runtime = scripted(*answers(error("UnsupportedOperationException", "off")))
    with pytest.raises(errors.UnsupportedOperation, match="ALLOW_CUSTOM_AUTH"):
        runtime.under(UserPool(APP)).sign_in("ann", method="custom")
    runtime = scripted(*answers(error("InvalidParameterException", "Custom auth lambda is missing")))
    with pytest.raises(errors.InvalidParameter) as refused:
        runtime.under(UserPool(APP)).sign_in("ann", method="custom")
    assert "ALLOW" not in str(refused.value)


def test_an_emulator_that_forgets_sessions_keeps_the_one_there_is(scripted: Scripted) -> None:
    """AssociateSoftwareToken without a new session goes on with the old one."""
    runtime = scripted(*answers({"SecretCode": "ABCDEFGHIJKLMNOP"}))
    setup = challenges.MfaSetup(
        name="MFA_SETUP", username="ann", session=SESSION, asked_at=START, owner=_seal.owner_of(APP)
    )
    begun = runtime.under(UserPool(APP)).begin_totp_setup(setup, account="Ann")
    assert (SESSION, "otpauth://totp/Ann?secret=ABCDEFGHIJKLMNOP") == (begun.session, begun.uri)
