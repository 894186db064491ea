"""Signing in by every method and through every challenge: against the fake pool, on every face, with and without a secret."""

from typing import Any, Literal

import pytest

from cognito_auth import AppClient, AsyncUserPool, Challenge, Device, TokenSet, challenges, errors
from cognito_auth.compact import parse
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.callbacks import Callbacks, CustomAuthEvent
from cognito_auth.testing.fake_user_pool.settings import Settings
from support.faces import Face
from user_pool.conftest import PASSWORD, MakePool

NEW_PASSWORD = "Another-horse2"


def pool_with(**settings: Any) -> FakeUserPool:
    """A fake pool that is set up in another way."""
    return FakeUserPool(pool_id="eu-west-1_Fake00001", settings=Settings(**settings))


def app_of(fake: FakeUserPool, *, secret: bool = True) -> AppClient:
    """An app client of a fake pool, with a secret unless told otherwise: its hash is over another name at each step."""
    return fake.app_client(fake.add_client(secret=secret))


def tokens_of(outcome: TokenSet | Challenge) -> TokenSet:
    """The tokens that a sign-in gave."""
    assert isinstance(outcome, TokenSet), outcome
    return outcome


# ── by password ─────────────────────────────────────────────────────────────────────────────────────────


async def test_srp_is_the_default_and_the_password_stays_here(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """Two requests, and the password is in neither."""
    tokens = tokens_of(await face(user_pool(app).sign_in("ann", PASSWORD)))
    assert tokens.refresh_token is not None
    assert (fake.calls["InitiateAuth"], fake.calls["RespondToAuthChallenge"]) == (1, 1)
    assert PASSWORD not in repr(fake.requests)


async def test_srp_with_a_wrong_password_is_refused_and_tried_once(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """Repeated failures lock a user out."""
    with pytest.raises(errors.NotAuthorized):
        await face(user_pool(app).sign_in("ann", "Wrong-horse1"))
    assert 1 == fake.calls["RespondToAuthChallenge"]


@pytest.mark.parametrize("name", ["zoë@example.com", "Zoë", "+4915112345678"])
async def test_srp_works_with_aliases_and_unicode(face: Face, user_pool: MakePool, name: str) -> None:
    """The proof is over the internal name, whatever name signed in; the secret hash follows."""
    fake = pool_with(alias_attributes=frozenset({"email", "phone_number"}))
    fake.add_user(
        "Zoë", "пароль Ω 1", attributes={"email": "zoë@example.com", "phone_number": "+4915112345678"}
    )
    tokens_of(await face(user_pool(app_of(fake), at=fake).sign_in(name, "пароль Ω 1")))


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
async def test_an_address_as_user_name_is_not_the_internal_name(
    face: Face, user_pool: MakePool, *, secret: bool
) -> None:
    """Proofs, later secret hashes and the older refresh are over the name that the service made up."""
    fake = pool_with(username_attributes=frozenset({"email"}))
    fake.add_user("zoe@example.com", PASSWORD, mfa="totp")
    pool = user_pool(app_of(fake, secret=secret), at=fake)
    challenge = await face(pool.sign_in("ZOE@example.com", PASSWORD))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    assert "@" not in challenge.username
    answer = challenge.answer(code=fake.totp("zoe@example.com"))
    tokens = tokens_of(await face(pool.respond(answer)))
    assert challenge.username == claims_of(tokens)["username"]
    for legacy in (True, False):
        await face(pool.refresh(tokens, legacy=legacy))


async def test_no_sign_in_fails_while_a_client_secret_is_changed(face: Face, user_pool: MakePool) -> None:
    """Whoever still has the withdrawn secret in hand asks for the present one, in the middle of a sign-in too."""
    fake = pool_with()
    fake.add_user("bob", PASSWORD, mfa="totp")
    client = fake.add_client(secret=True)
    store = [str(client.client_secret)]
    settings = fake.app_client(client)
    app = AppClient(
        client_id=settings.client_id,
        pool_id=settings.pool_id,
        endpoint=settings.endpoint,
        client_secret=lambda: store.pop(0) if len(store) > 1 else store[0],
    )
    pool = user_pool(app, at=fake)
    old, new = store[0], client.add_secret()
    client.drop_oldest_secret()
    store[:] = [old, new, old, new]
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    store[:] = [old, new]
    tokens = tokens_of(await face(pool.respond(challenge.answer(code=fake.totp("bob")))))
    store[:] = [old, new]
    await face(pool.refresh(tokens))


async def test_a_clock_that_is_off_does_not_spoil_the_proof(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """The service would take a proof of another hour for a wrong password: its own date is believed."""
    fake.clock.advance(3 * 3600)
    tokens_of(await face(user_pool(app).sign_in("ann", PASSWORD)))


async def test_a_method_that_the_client_does_not_allow_is_never_changed_silently(
    face: Face, user_pool: MakePool, fake: FakeUserPool
) -> None:
    """The error says both remedies."""
    app = fake.app_client(fake.add_client(flows={"ALLOW_USER_PASSWORD_AUTH"}))
    with pytest.raises(errors.InvalidParameter) as refused:
        await face(user_pool(app).sign_in("ann", PASSWORD))
    assert "ALLOW_USER_SRP_AUTH" in str(refused.value)
    assert "'password'" in str(refused.value)
    assert 1 == fake.calls["InitiateAuth"]


# ── second factors ──────────────────────────────────────────────────────────────────────────────────────


async def test_an_authenticators_code_is_asked_for(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """A wrong code leaves the challenge in hand."""
    fake.add_user("bob", PASSWORD, mfa="totp")
    pool = user_pool(app)
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    wrong = f"{(int(fake.totp('bob')) + 1) % 1_000_000:06}"
    with pytest.raises(errors.CodeMismatch):
        await face(pool.respond(challenge.answer(code=wrong)))
    tokens_of(await face(pool.respond(challenge.answer(code=fake.totp("bob")))))


@pytest.mark.parametrize(
    "kind, expected",
    [("sms", challenges.SmsMfa), ("email", challenges.EmailOtp)],
)
async def test_a_code_by_message_is_asked_for(  # noqa: PLR0917 - fixtures and parameters
    face: Face,
    user_pool: MakePool,
    app: AppClient,
    fake: FakeUserPool,
    kind: Literal["sms", "email"],
    expected: type,
) -> None:
    """The challenge says where the code went."""
    addresses = {"phone_number": "+4915112345678", "email": "bob@example.com"}
    fake.add_user("bob", PASSWORD, attributes=addresses, mfa=kind)
    pool = user_pool(app)
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, (challenges.SmsMfa, challenges.EmailOtp))
    assert type(challenge) is expected
    assert challenge.delivery.destination is not None
    assert "***" in challenge.delivery.destination
    tokens_of(await face(pool.respond(challenge.answer(code=fake.codes["bob"]))))


async def test_a_user_with_several_second_factors_chooses(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """SELECT_MFA_TYPE, then the chosen one's challenge."""
    user = fake.add_user("bob", PASSWORD, attributes={"email": "bob@example.com"}, mfa="totp")
    user.mfa.append("EMAIL_OTP")
    user.preferred_mfa = None
    pool = user_pool(app)
    choice = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(choice, challenges.SelectMfaType)
    assert ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP") == choice.choices
    challenge = await face(pool.respond(choice.answer(choice="EMAIL_OTP")))
    assert isinstance(challenge, challenges.EmailOtp)
    tokens_of(await face(pool.respond(challenge.answer(code=fake.codes["bob"]))))


# ── chains ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_new_password_then_an_authenticator_to_set_up_then_a_device(
    face: Face, user_pool: MakePool
) -> None:
    """A chain of any length; every link of it is sealed and opened in between, as between two web requests."""
    fake = pool_with(mfa="ON", devices="always", required_attributes=frozenset({"email"}))
    fake.add_user("bob", "Temporary-1", status="FORCE_CHANGE_PASSWORD")
    app = app_of(fake)
    pool, key = user_pool(app, at=fake), b"k" * 32

    def carried(outcome: TokenSet | Challenge) -> Challenge:
        assert isinstance(outcome, Challenge)
        return Challenge.loads(outcome.dumps(key), key, app=app)

    first = carried(await face(pool.sign_in("bob", "Temporary-1")))
    assert isinstance(first, challenges.NewPasswordRequired)
    assert ("email",) == first.required_attributes
    answer = first.answer(new_password=NEW_PASSWORD, attributes={"email": "bob@example.com"})
    second = carried(await face(pool.respond(answer)))
    assert isinstance(second, challenges.MfaSetup)
    assert "SOFTWARE_TOKEN_MFA" in second.choices
    setup = carried(await face(pool.begin_totp_setup(second, issuer="Example Ltd")))
    assert isinstance(setup, challenges.TotpSetup)
    assert setup.uri.startswith("otpauth://totp/Example%20Ltd:bob?secret=")
    tokens = tokens_of(await face(pool.respond(setup.answer(code=fake.totp("bob")))))
    assert tokens.new_device is not None
    assert tokens.device_key == tokens.new_device.key


async def test_a_wrong_first_code_of_a_new_authenticator_can_be_followed_by_another(
    face: Face, user_pool: MakePool
) -> None:
    """The set-up stays in hand."""
    fake = pool_with(mfa="ON")
    fake.add_user("bob", PASSWORD)
    pool = user_pool(app_of(fake), at=fake)
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.MfaSetup)
    setup = await face(pool.begin_totp_setup(challenge))
    wrong = f"{(int(fake.totp('bob')) + 1) % 1_000_000:06}"
    with pytest.raises((errors.EnableSoftwareTokenMFA, errors.CodeMismatch)):
        await face(pool.respond(setup.answer(code=wrong)))
    tokens_of(
        await face(pool.respond(setup.answer(code=fake.totp("bob"), friendly_device_name="bob's phone")))
    )


async def test_an_email_address_can_be_set_up_as_second_factor(face: Face, user_pool: MakePool) -> None:
    """MFA_SETUP by e-mail: the first code is asked for next."""
    fake = pool_with(mfa="ON")
    fake.add_user("bob", PASSWORD)
    pool = user_pool(app_of(fake), at=fake)
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.MfaSetup)
    asked = await face(pool.respond(challenge.answer(email="bob@example.com")))
    assert isinstance(asked, challenges.EmailOtp)
    tokens_of(await face(pool.respond(asked.answer(code=fake.codes["bob"]))))


# ── choice ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_user_chooses_how_to_sign_in(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """SELECT_CHALLENGE names the ways; each works with its proof at once, and with the choice first."""
    pool = user_pool(app)

    async def choose() -> challenges.SelectChallenge:
        choice = await face(pool.sign_in("ann", method="choice"))
        assert isinstance(choice, challenges.SelectChallenge)
        return choice

    choice = await choose()
    assert {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"} == set(choice.choices)
    tokens_of(await face(pool.respond(choice.answer("PASSWORD", password=PASSWORD))))
    tokens_of(await face(pool.respond((await choose()).answer("PASSWORD_SRP", password=PASSWORD))))

    plain = await face(pool.respond((await choose()).answer("PASSWORD")))
    assert isinstance(plain, challenges.Password)
    tokens_of(await face(pool.respond(plain.answer(password=PASSWORD))))

    proved = await face(pool.respond((await choose()).answer("PASSWORD_SRP")))
    assert isinstance(proved, challenges.PasswordSrp)
    tokens_of(await face(pool.respond(proved.answer(password=PASSWORD))))

    code = await face(pool.respond((await choose()).answer("EMAIL_OTP")))
    assert isinstance(code, challenges.EmailOtp)
    tokens_of(await face(pool.respond(code.answer(code=fake.codes["ann"]))))


@pytest.mark.parametrize("preferred", ["PASSWORD", "PASSWORD_SRP"])
async def test_a_preferred_way_with_its_password_asks_nothing(
    face: Face, user_pool: MakePool, app: AppClient, preferred: str
) -> None:
    """USER_AUTH with a password, sent or proved."""
    outcome = await face(user_pool(app).sign_in("ann", PASSWORD, method="choice", preferred=preferred))
    tokens_of(outcome)


async def test_a_preferred_way_can_be_answered_later(face: Face, user_pool: MakePool, app: AppClient) -> None:
    """Preferred without its password, it comes out as its own challenge."""
    pool = user_pool(app)
    asked = await face(pool.sign_in("ann", method="choice", preferred="PASSWORD_SRP"))
    assert isinstance(asked, challenges.PasswordSrp)
    tokens_of(await face(pool.respond(asked.answer(password=PASSWORD))))


async def test_a_preferred_way_that_the_user_lacks_becomes_a_choice(
    face: Face, user_pool: MakePool, app: AppClient
) -> None:
    """The service says what else there is."""
    choice = await face(user_pool(app).sign_in("ann", method="choice", preferred="WEB_AUTHN"))
    assert isinstance(choice, challenges.SelectChallenge)
    assert "WEB_AUTHN" not in choice.choices


async def test_a_code_by_text_message_signs_in(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """USER_AUTH with SMS_OTP preferred, without any password."""
    fake.add_user("bob", attributes={"phone_number": "+4915112345678"})
    pool = user_pool(app)
    challenge = await face(pool.sign_in("bob", method="choice", preferred="SMS_OTP"))
    assert isinstance(challenge, challenges.SmsOtp)
    tokens_of(await face(pool.respond(challenge.answer(code=fake.codes["bob"]))))


async def test_who_has_just_confirmed_is_signed_in_at_once(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """The session of confirm_sign_up takes the place of a password."""
    pool = user_pool(app)
    receipt = await face(pool.sign_up("bob", PASSWORD, attributes={"email": "bob@example.com"}))
    session = await face(pool.confirm_sign_up("bob", fake.codes["bob"], session=receipt.session))
    assert session is not None
    tokens_of(await face(pool.sign_in("bob", method="choice", session=session)))


async def test_a_sign_in_is_stepped_up(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """The new tokens say the level that was reached."""
    pool = user_pool(app)
    first = tokens_of(await face(pool.sign_in("ann", PASSWORD)))
    stronger = await face(
        pool.sign_in(
            "ann",
            PASSWORD,
            method="choice",
            preferred="PASSWORD_SRP",
            step_up_from=first,
            acr_values=["urn:level:2", "urn:level:1"],
            max_age=600,
        )
    )
    assert "urn:level:2" == claims_of(tokens_of(stronger))["acr"]


# ── custom ──────────────────────────────────────────────────────────────────────────────────────────────


def riddles(first: str | None = None) -> Callbacks:
    """Triggers that ask one riddle."""

    def define(event: CustomAuthEvent) -> str:
        if first is not None and len(event.history) == 1:
            return first
        asked = [result for result in event.history if result.name == "CUSTOM_CHALLENGE"]
        if not asked:
            return "CUSTOM_CHALLENGE"
        return "ISSUE_TOKENS" if asked[-1].passed else "CUSTOM_CHALLENGE"

    return Callbacks(
        define_auth_challenge=define,
        create_auth_challenge=lambda _: ({"question": "6 times 9?"}, {"answer": "42"}),
        verify_auth_challenge=lambda _, answer, private: answer == private["answer"],
    )


@pytest.mark.parametrize("method", ["custom", "custom-srp"])
async def test_the_pools_own_triggers_ask(
    face: Face, user_pool: MakePool, method: Literal["custom", "custom-srp"]
) -> None:
    """CUSTOM_AUTH, alone and after a proof of the password; a wrong answer is asked again if the triggers say so."""
    first = "PASSWORD_VERIFIER" if method == "custom-srp" else None
    fake = FakeUserPool(pool_id="eu-west-1_Fake00001", callbacks=riddles(first))
    fake.add_user("bob", PASSWORD)
    pool = user_pool(app_of(fake), at=fake)
    password = PASSWORD if method == "custom-srp" else None
    outcome = await face(pool.sign_in("bob", password, method=method))
    for answer in ("54", "42"):
        assert isinstance(outcome, challenges.CustomChallenge)
        assert "6 times 9?" == outcome.parameters["question"]
        outcome = await face(pool.respond(outcome.answer(answer)))
    tokens_of(outcome)


# ── devices ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_confirmed_device_stands_in_for_the_second_factor(face: Face, user_pool: MakePool) -> None:
    """Named, confirmed, carried sealed, used, refreshed with, forgotten, and then a full sign-in again."""
    fake = pool_with(devices="always")
    fake.add_user("bob", PASSWORD, mfa="totp")
    app = app_of(fake)
    pool, key = user_pool(app, at=fake), b"k" * 32
    device = await confirmed(face, pool, fake)
    assert not device.needs_user_choice
    assert device.secret not in repr(device)
    kept = Device.loads(device.dumps(key), key, app=app)
    assert kept == device
    tokens = tokens_of(await face(pool.sign_in("bob", PASSWORD, device=kept)))
    assert (tokens.device_key, tokens.new_device) == (device.key, None)
    again = await face(pool.refresh(tokens))
    assert again.device_key == device.key
    await face(pool.forget_device(again, device.key))
    assert isinstance(await face(pool.sign_in("bob", PASSWORD, device=kept)), challenges.SoftwareTokenMfa)


async def confirmed(face: Face, pool: AsyncUserPool, fake: FakeUserPool) -> Device:
    """A device that bob has signed in from with both factors."""
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    tokens = tokens_of(await face(pool.respond(challenge.answer(code=fake.totp("bob")))))
    return await face(pool.confirm_device(tokens, name="bob's laptop"))


async def test_a_device_waits_for_its_user_where_the_user_decides(face: Face, user_pool: MakePool) -> None:
    """UserConfirmationNecessary becomes needs_user_choice, and update_device_status is the choice."""
    fake = pool_with(devices="opt-in")
    fake.add_user("bob", PASSWORD, mfa="totp")
    pool = user_pool(app_of(fake), at=fake)
    device = await confirmed(face, pool, fake)
    assert device.needs_user_choice
    challenge = await face(pool.sign_in("bob", PASSWORD, device=device))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    tokens = tokens_of(await face(pool.respond(challenge.answer(code=fake.totp("bob")))))
    await face(pool.update_device_status(tokens, device.key, remembered=True))
    tokens_of(await face(pool.sign_in("bob", PASSWORD, device=device)))


# ── conversing in place ─────────────────────────────────────────────────────────────────────────────────


async def test_conversing_in_place_ends_with_tokens(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """Each challenge is put to the function."""
    fake.add_user("bob", PASSWORD, mfa="totp")

    def answer(challenge: Challenge) -> challenges.Answer:
        assert isinstance(challenge, challenges.SoftwareTokenMfa)
        return challenge.answer(code=fake.totp("bob"))

    pool = user_pool(app)
    tokens = await face(pool.sign_in_interactively("bob", PASSWORD, answer=answer, method="password"))
    assert tokens.refresh_token is not None


async def test_a_coroutine_function_answers_on_the_async_face_alone(
    face: Face, user_pool: MakePool, app: AppClient, fake: FakeUserPool
) -> None:
    """On the blocking face it is refused before anything is sent."""
    fake.add_user("bob", PASSWORD, mfa="totp")

    async def answer(challenge: Challenge) -> challenges.Answer:
        assert isinstance(challenge, challenges.SoftwareTokenMfa)
        return challenge.answer(code=fake.totp("bob"))

    pool = user_pool(app)
    if not face.is_blocking:
        assert (await face(pool.sign_in_interactively("bob", PASSWORD, answer=answer))).access_token
        return
    with pytest.raises(errors.UsageError, match="coroutine function"):
        await face(pool.sign_in_interactively("bob", PASSWORD, answer=answer))
    assert 0 == fake.calls["InitiateAuth"]
    with pytest.raises(errors.UsageError, match="coroutine function"):
        await face(pool.sign_in_interactively("bob", PASSWORD, answer=lambda challenge: answer(challenge)))  # noqa: PLW0108 - no coroutine function by its looks


def claims_of(tokens: TokenSet) -> dict[str, object]:
    """What the access token says."""
    return dict(parse(tokens.access_token).claims)
