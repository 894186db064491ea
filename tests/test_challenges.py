"""Challenges as values: typed details, typed answers, and a sealed form that nobody else opens."""

import datetime
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import AppClient, Challenge, Device, _seal, challenges, errors
from cognito_auth.challenges import CHALLENGES
from cognito_auth.users import UserContext

APP = AppClient(client_id="abc", pool_id="eu-west-1_Fake00001")
OTHER_CLIENT = AppClient(client_id="abd", pool_id="eu-west-1_Fake00001")
OTHER_POOL = AppClient(client_id="abc", pool_id="eu-west-1_Fake00002")
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
SESSION = "a session of a sign-in"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp()
OPTIONS = '{"challenge":"abc","rpId":"localhost"}'

PARAMETERS: dict[str, dict[str, str]] = {
    "SELECT_MFA_TYPE": {"MFAS_CAN_CHOOSE": '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'},
    "MFA_SETUP": {"MFAS_CAN_SETUP": "['SOFTWARE_TOKEN_MFA']"},  # a Python repr, as moto writes it
    "WEB_AUTHN": {"CREDENTIAL_REQUEST_OPTIONS": OPTIONS},
    "NEW_PASSWORD_REQUIRED": {
        "requiredAttributes": '["userAttributes.email", "userAttributes.custom:tenant"]',
        "userAttributes": '{"custom:tenant":"7"}',
    },
}


def asked(name: str, **more: Any) -> Any:
    """A challenge of its own class, as the service asks it."""
    content = {"parameters": PARAMETERS.get(name, {}), **more}
    return CHALLENGES.get(name, Challenge)(
        name=name, username="ann", session=SESSION, asked_at=NOW, owner=_seal.owner_of(APP), **content
    )


@pytest.fixture(autouse=True)
def a_known_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals are opened a minute after the service asked."""
    monkeypatch.setattr(_seal, "wall_clock", lambda: NOW + 60)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────

ANSWERS: list[tuple[str, Callable[[Any], challenges.Answer], dict[str, str]]] = [
    ("SMS_MFA", lambda each: each.answer(code="123456"), {"SMS_MFA_CODE": "123456"}),
    ("EMAIL_OTP", lambda each: each.answer(code="12345678"), {"EMAIL_OTP_CODE": "12345678"}),
    ("SMS_OTP", lambda each: each.answer(code="123456"), {"SMS_OTP_CODE": "123456"}),
    ("SOFTWARE_TOKEN_MFA", lambda each: each.answer(code="012345"), {"SOFTWARE_TOKEN_MFA_CODE": "012345"}),
    ("SELECT_MFA_TYPE", lambda each: each.answer(choice="SMS_MFA"), {"ANSWER": "SMS_MFA"}),
    ("MFA_SETUP", lambda each: each.answer(email="ann@example.com"), {"EMAIL": "ann@example.com"}),
    (
        "NEW_PASSWORD_REQUIRED",
        lambda each: each.answer(new_password="a new one", attributes={"email": "a@b.c"}),
        {"NEW_PASSWORD": "a new one", "userAttributes.email": "a@b.c"},
    ),
    ("CUSTOM_CHALLENGE", lambda each: each.answer(""), {"ANSWER": ""}),
    ("SELECT_CHALLENGE", lambda each: each.answer("EMAIL_OTP"), {"ANSWER": "EMAIL_OTP"}),
    (
        "SELECT_CHALLENGE",
        lambda each: each.answer("PASSWORD", password="secret"),
        {"ANSWER": "PASSWORD", "PASSWORD": "secret"},
    ),
    (
        "SELECT_CHALLENGE",
        lambda each: each.answer("PASSWORD_SRP", password="secret"),
        {"ANSWER": "PASSWORD_SRP"},
    ),
    (
        "SELECT_CHALLENGE",
        lambda each: each.answer("WEB_AUTHN", credential={"id": "x"}),
        {"ANSWER": "WEB_AUTHN", "CREDENTIAL": '{"id":"x"}'},
    ),
    ("PASSWORD", lambda each: each.answer(password="secret"), {"PASSWORD": "secret"}),
    ("PASSWORD_SRP", lambda each: each.answer(password="secret"), {}),
    ("WEB_AUTHN", lambda each: each.answer(credential='{"id": "x"}'), {"CREDENTIAL": '{"id":"x"}'}),
    ("NEW_IN_2027", lambda each: each.answer_with({"ANSWER": "42"}), {"ANSWER": "42"}),
]


@pytest.mark.parametrize("name, answer, expected", ANSWERS)
def test_an_answer_is_what_the_service_expects(
    name: str, answer: Callable[[Any], challenges.Answer], expected: dict[str, str]
) -> None:
    """In the service's own words, and nothing of it is shown."""
    challenge = asked(name)
    given = answer(challenge)
    assert given.challenge is challenge
    assert expected == dict(given.responses)
    assert not any(value and value in repr(given) for value in expected.values() if value != "PASSWORD")
    assert "secret" not in repr(given)
    assert SESSION not in repr(challenge)


def test_a_password_that_is_proved_is_not_among_the_responses() -> None:
    """It is kept beside them."""
    assert "secret" == asked("PASSWORD_SRP").answer(password="secret").proving


WRONG: list[tuple[str, Callable[[Any], object], str]] = [
    ("SMS_MFA", lambda each: each.answer(code="123 456"), "code: got a text with spaces"),
    ("SMS_MFA", lambda each: each.answer(code=123456), "code: got int"),
    ("SMS_MFA", lambda each: each.answer(), "missing a required .*argument: 'code'"),
    (
        "SMS_MFA",
        lambda each: each.answer(new_password="x"),
        r"expected SmsMfa.answer\(\*, code\)",
    ),
    ("SOFTWARE_TOKEN_MFA", lambda each: each.answer(code="12345"), "code: got a text of 5 characters"),
    ("SOFTWARE_TOKEN_MFA", lambda each: each.answer("123456"), "too many positional arguments"),
    ("SELECT_MFA_TYPE", lambda each: each.answer(choice="EMAIL_OTP"), "expected one of SMS_MFA"),
    ("SELECT_MFA_TYPE", lambda each: each.answer(choice=None), "choice: got None"),
    ("MFA_SETUP", lambda each: each.answer(email=""), "email: got an empty text"),
    ("NEW_PASSWORD_REQUIRED", lambda each: each.answer(new_password="x"), "attributes: missing: email"),
    (
        "NEW_PASSWORD_REQUIRED",
        lambda each: each.answer(new_password="", attributes={"email": "a@b.c"}),
        "new_password: got an empty text",
    ),
    ("CUSTOM_CHALLENGE", lambda each: each.answer(42), "answer: got int"),
    ("SELECT_CHALLENGE", lambda each: each.answer("EMAIL_OTP", password="x"), "password: EMAIL_OTP takes"),
    ("SELECT_CHALLENGE", lambda each: each.answer("PASSWORD", credential={}), "credential: PASSWORD takes"),
    ("WEB_AUTHN", lambda each: each.answer(credential="no json"), "credential: expected"),
    ("NEW_IN_2027", lambda each: each.answer_with({"ANSWER": 42}), "responses"),
]


@pytest.mark.parametrize("name, answer, message", WRONG)
def test_an_answer_of_the_wrong_kind_is_refused(
    name: str, answer: Callable[[Any], object], message: str
) -> None:
    """By name, with what was expected, and without showing what was given."""
    with pytest.raises(errors.UsageError, match=message):
        answer(asked(name))


def test_codes_are_never_shown() -> None:
    """Not even in the refusal of one."""
    with pytest.raises(errors.UsageError) as refused:
        asked("SMS_MFA").answer(code="987 654")
    assert "987" not in str(refused.value)


# ── details ─────────────────────────────────────────────────────────────────────────────────────────────


def test_details_are_typed() -> None:
    """What the service says in texts and JSON texts."""
    assert ("SMS_MFA", "SOFTWARE_TOKEN_MFA") == asked("SELECT_MFA_TYPE").choices
    assert ("SOFTWARE_TOKEN_MFA",) == asked("MFA_SETUP").choices
    assert {"challenge": "abc", "rpId": "localhost"} == asked("WEB_AUTHN").options
    assert {} == asked("WEB_AUTHN", parameters={}).options
    assert asked("SELECT_CHALLENGE").options is None
    new_password = asked("NEW_PASSWORD_REQUIRED")
    assert ("email", "custom:tenant") == new_password.required_attributes
    assert {"custom:tenant": "7"} == new_password.attributes
    sent = asked("SMS_MFA", parameters={"CODE_DELIVERY_DESTINATION": "+***45"}).delivery
    assert ("+***45", None) == (sent.destination, sent.medium)
    named = asked("SOFTWARE_TOKEN_MFA", parameters={"FRIENDLY_DEVICE_NAME": "phone"})
    assert "phone" == named.friendly_device_name


@pytest.mark.parametrize(
    "name, parameters",
    [
        ("WEB_AUTHN", {"CREDENTIAL_REQUEST_OPTIONS": "<html>"}),
        ("WEB_AUTHN", {"CREDENTIAL_REQUEST_OPTIONS": "[]"}),
        ("SELECT_CHALLENGE", {"CREDENTIAL_REQUEST_OPTIONS": "[" * 100_000}),
        ("NEW_PASSWORD_REQUIRED", {"requiredAttributes": "email"}),
        ("NEW_PASSWORD_REQUIRED", {"requiredAttributes": "[1]"}),
        ("NEW_PASSWORD_REQUIRED", {"userAttributes": "[]"}),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_comes_in(name: str, parameters: dict[str, str]) -> None:
    """Not later, where nobody expects it."""
    with pytest.raises(ValueError, match="is not a"):
        asked(name, parameters=parameters)


def test_an_authenticators_set_up_shows_its_address_and_hides_its_secret() -> None:
    """The address is for a QR code; with and without the application's name."""
    content: Any = {
        "name": "MFA_SETUP",
        "username": "ann",
        "asked_at": NOW,
        "owner": "x",
        "secret": "ABCDEFGH",
    }
    setup = challenges.TotpSetup(**content, account="ann", issuer=None)
    assert "otpauth://totp/ann?secret=ABCDEFGH" == setup.uri
    named = challenges.TotpSetup(**content, account="ann", issuer="Example Ltd")
    assert "otpauth://totp/Example%20Ltd:ann?secret=ABCDEFGH&issuer=Example%20Ltd" == named.uri
    assert "ABCDEFGH" not in repr(setup)
    answer = setup.answer(code="123456", friendly_device_name="phone")
    assert ("123456", "phone") == (answer.authenticator_code, answer.authenticator_name)
    assert "123456" not in repr(answer)


# ── sealed ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*CHALLENGES, "NEW_IN_2027"])
def test_a_sealed_challenge_opens_as_itself(name: str) -> None:
    """With all that is needed to go on, and nothing of it readable on the way."""
    device = Device(key="k_1", group_key="-g", secret="the device's secret", owner=_seal.owner_of(APP))
    challenge = asked(
        name,
        available=("PASSWORD", "EMAIL_OTP"),
        device=device,
        client_metadata={"campaign": "spring"},
        user_context=UserContext(ip_address="192.0.2.1"),
        analytics_endpoint_id="endpoint",
    )
    text = challenge.dumps(KEY)
    opened = Challenge.loads(text, KEY, app=APP)
    assert opened == challenge
    assert type(opened) is type(challenge)
    assert "campaign" not in text


def test_a_bare_challenge_opens_as_itself_too() -> None:
    """What is not there is not sealed."""
    challenge = Challenge(name="X", username="ann", asked_at=NOW, owner=_seal.owner_of(APP))
    assert Challenge.loads(challenge.dumps(KEY), KEY, app=APP) == challenge


def test_an_authenticators_set_up_travels_too() -> None:
    """Between the page with the QR code and the one with the code."""
    setup = challenges.TotpSetup(
        name="MFA_SETUP",
        username="ann",
        session=SESSION,
        asked_at=NOW,
        owner=_seal.owner_of(APP),
        secret="ABCDEFGH",
        account="ann",
    )
    assert Challenge.loads(setup.dumps([KEY]), [OTHER_KEY, KEY], app=APP) == setup


@pytest.mark.parametrize("app", [OTHER_CLIENT, OTHER_POOL])
def test_a_challenge_of_another_client_does_not_open(app: AppClient) -> None:
    """It is bound to its pool and client."""
    with pytest.raises(errors.SealRejected):
        Challenge.loads(asked("SMS_MFA").dumps(KEY), KEY, app=app)


def test_an_altered_a_foreign_and_an_old_one_do_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a clear error."""
    text = asked("SMS_MFA").dumps(KEY)
    with pytest.raises(errors.SealRejected):
        Challenge.loads(text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1], KEY, app=APP)
    with pytest.raises(errors.SealRejected):
        Challenge.loads(text, OTHER_KEY, app=APP)
    monkeypatch.setattr(_seal, "wall_clock", lambda: NOW + 15 * 60 + 1)
    with pytest.raises(errors.SealExpired, match="15 minutes"):
        Challenge.loads(text, KEY, app=APP)


@given(text=st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: f"c1.{raw.hex()}"))
def test_whatever_a_user_sends_back_is_refused_with_a_typed_error(text: str) -> None:
    """A cookie is the user's to change."""
    with pytest.raises(errors.SealRejected):
        Challenge.loads(text, KEY, app=APP)


def test_sealing_again_does_not_make_a_challenge_younger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its age counts from when the service asked."""
    text = asked("SMS_MFA").dumps(KEY)
    for _ in range(3):
        text = Challenge.loads(text, KEY, app=APP).dumps(KEY)
    monkeypatch.setattr(_seal, "wall_clock", lambda: NOW + 15 * 60 + 1)
    with pytest.raises(errors.SealExpired):
        Challenge.loads(text, KEY, app=APP)


def test_a_device_travels_sealed_and_never_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound like a challenge; a challenge does not open as a device."""
    device = Device(
        key="k_1", group_key="-g", secret="hush", needs_user_choice=True, owner=_seal.owner_of(APP)
    )
    text = device.dumps(KEY)
    monkeypatch.setattr(_seal, "wall_clock", lambda: NOW + 10 * 365 * 86_400)
    assert Device.loads(text, KEY, app=APP) == device
    assert "hush" not in repr(device)
    for app, sealed in ((OTHER_POOL, text), (APP, asked("SMS_MFA").dumps(KEY))):
        with pytest.raises(errors.SealRejected):
            Device.loads(sealed, KEY, app=app)


@pytest.mark.parametrize("value", [asked("SMS_MFA"), asked("SMS_MFA").answer(code="123456")])
def test_nothing_here_can_be_pickled(value: object) -> None:
    """A pickle would carry the session to wherever it goes."""
    with pytest.raises(TypeError, match="holds secrets"):
        pickle.dumps(value)
