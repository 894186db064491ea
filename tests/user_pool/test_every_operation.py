"""Every operation that needs no AWS credentials, on every face, against the fake pool: judged both ways by botocore's model."""

from typing import Any

import pytest

from cognito_auth import AppClient, AsyncUserPool, TokenSet, challenges, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.settings import Settings
from cognito_auth.users import MfaOption, UserContext
from support import model_judge
from support.authenticator import Authenticator
from support.faces import Face
from user_pool.conftest import PASSWORD, Asked, MakePool

SAYING: Any = {
    "client_metadata": {"campaign": "spring"},
    "user_context": UserContext(ip_address="192.0.2.1", encoded_data="collected"),
    "analytics_endpoint_id": "endpoint-1",
}
"""What an operation may say beside its job."""


FOLLOWING_PAGES = {"NextToken", "PaginationToken"}
"""Sent only where a list is longer than a page: `test_lists_come_whole` does that."""


def without_credentials() -> set[str]:
    """The operations that the model says need no signature, and the two that need none although it does not say so."""
    names = model_judge.service().operation_names
    unsigned = {name for name in names if model_judge.operation(name).auth_type == "none"}
    return unsigned | {"GetClientToken", "GetDerivedToken"}


def members_that_were_never_sent(asked: Asked) -> dict[str, set[str]]:
    """What the model lets an operation take, and no request here had: an argument that the method lacks, or no test gives."""
    left = {name: members_of(name) - sent - FOLLOWING_PAGES for name, sent in asked.items()}
    return {name: members for name, members in left.items() if members}


def members_of(operation: str) -> set[str]:
    """What the model lets an operation take."""
    return set(model_judge.operation(operation).input_shape.members)


async def test_every_operation_is_one_that_cognito_could_take(
    face: Face, user_pool: MakePool, every_request_is_judged: Asked
) -> None:
    """One user's life, from sign-up to the end of the account, through all 36 operations."""
    fake = FakeUserPool(settings=Settings(devices="opt-in", track_sessions=True))
    app = fake.app_client(fake.add_client(secret=True))
    pool = user_pool(app, at=fake)

    await sign_up(face, pool, fake)
    tokens = await sign_in(face, pool)
    await manage_the_account(face, pool, fake, tokens)
    await lose_the_password(face, pool, fake, tokens)
    await set_up_an_authenticator(face, pool, fake, tokens)
    await be_asked_for_an_authenticator(face, user_pool)
    await use_a_passkey(face, pool, tokens)
    await keep_a_device(face, pool, tokens)
    await look_at_sessions(face, pool, fake, tokens)
    await exchange_tokens(face, user_pool, fake)
    await go(face, pool, tokens)

    assert without_credentials() == every_request_is_judged.keys()
    assert 36 == len(every_request_is_judged)
    assert {} == members_that_were_never_sent(every_request_is_judged)


async def sign_up(face: Face, pool: AsyncUserPool, fake: FakeUserPool) -> None:
    """SignUp, ResendConfirmationCode, ConfirmSignUp."""
    attributes = {"email": "bob@example.com", "phone_number": "+4915112345678", "nickname": "bob"}
    await face(
        pool.sign_up("bob", PASSWORD, attributes=attributes, validation_data={"invited": "yes"}, **SAYING)
    )
    delivery = await face(pool.resend_confirmation_code("bob", **SAYING))
    assert delivery is not None
    assert "phone_number" == delivery.attribute
    code, session = fake.codes["bob"], "the session of a sign-up"
    confirmed = pool.confirm_sign_up("bob", code, session=session, force_alias_creation=True, **SAYING)
    again = await face(pool.sign_in("bob", method="choice", session=await face(confirmed), **SAYING))
    assert isinstance(again, TokenSet)


async def sign_in(face: Face, pool: AsyncUserPool) -> TokenSet:
    """InitiateAuth, RespondToAuthChallenge."""
    tokens = await face(pool.sign_in("bob", PASSWORD, **SAYING))
    assert isinstance(tokens, TokenSet)
    return tokens


async def manage_the_account(face: Face, pool: AsyncUserPool, fake: FakeUserPool, tokens: TokenSet) -> None:
    """What has to do with attributes."""
    user = await face(pool.get_user(tokens))
    assert "bob" == user.attributes["nickname"]
    await face(pool.update_user_attributes(tokens, {"email": "bob@example.org"}, client_metadata={"k": "v"}))
    await face(pool.get_user_attribute_verification_code(tokens, "email", client_metadata={"k": "v"}))
    await face(pool.verify_user_attribute(tokens, "email", fake.codes["bob"]))
    await face(pool.delete_user_attributes(tokens, "nickname"))
    assert "nickname" not in (await face(pool.get_user(tokens.access_token))).attributes
    assert "PASSWORD" in (await face(pool.get_user_auth_factors(tokens))).first_factors
    await face(pool.set_user_settings(tokens, [MfaOption(attribute="phone_number")]))
    await face(pool.set_user_mfa_preference(tokens, sms=False, email=False, web_authn=False))


async def lose_the_password(face: Face, pool: AsyncUserPool, fake: FakeUserPool, tokens: TokenSet) -> None:
    """ForgotPassword, ConfirmForgotPassword, ChangePassword."""
    await face(pool.forgot_password("bob", **SAYING))
    await face(pool.confirm_forgot_password("bob", fake.codes["bob"], "Forgotten-no-more-1", **SAYING))
    await face(
        pool.change_password(tokens, previous_password="Forgotten-no-more-1", proposed_password=PASSWORD)
    )


async def set_up_an_authenticator(
    face: Face, pool: AsyncUserPool, fake: FakeUserPool, tokens: TokenSet
) -> None:
    """AssociateSoftwareToken, VerifySoftwareToken, SetUserMFAPreference."""
    await face(pool.associate_software_token(tokens))
    await face(pool.verify_software_token(tokens, fake.totp("bob"), device_name="bob's phone"))
    await face(pool.set_user_mfa_preference(tokens, preferred="software_token"))
    challenge = await face(pool.sign_in("bob", PASSWORD))
    assert isinstance(challenge, challenges.SoftwareTokenMfa)
    assert "bob's phone" == challenge.friendly_device_name
    assert isinstance(await face(pool.respond(challenge.answer(code=fake.totp("bob")))), TokenSet)
    await face(pool.set_user_mfa_preference(tokens, software_token=False))


async def be_asked_for_an_authenticator(face: Face, user_pool: MakePool) -> None:
    """The same in the middle of a sign-in, in a pool that requires a second factor."""
    strict = FakeUserPool(settings=Settings(mfa="ON"))
    strict.add_user("eve", PASSWORD)
    pool = user_pool(strict.app_client(strict.add_client()), at=strict)
    challenge = await face(pool.sign_in("eve", PASSWORD))
    assert isinstance(challenge, challenges.MfaSetup)
    setup = await face(pool.begin_totp_setup(challenge))
    answer = setup.answer(code=strict.totp("eve"), friendly_device_name="eve's phone")
    assert isinstance(await face(pool.respond(answer)), TokenSet)


async def use_a_passkey(face: Face, pool: AsyncUserPool, tokens: TokenSet) -> None:
    """Registered, listed, signed in with at once and after its options were asked for, deleted."""
    authenticator = Authenticator()
    options = await face(pool.start_web_authn_registration(tokens))
    await face(pool.complete_web_authn_registration(tokens, authenticator.create(options)))
    [passkey] = await face(pool.list_web_authn_credentials(tokens))
    challenge = await face(pool.sign_in("bob", method="choice", preferred="WEB_AUTHN"))
    assert isinstance(challenge, challenges.WebAuthn)
    answer = challenge.answer(credential=authenticator.get(challenge.options))
    assert isinstance(await face(pool.respond(answer)), TokenSet)
    choice = await face(pool.sign_in("bob", method="choice"))
    assert isinstance(choice, challenges.SelectChallenge)
    assert choice.options is not None
    at_once = choice.answer("WEB_AUTHN", credential=authenticator.get(choice.options))
    assert isinstance(await face(pool.respond(at_once)), TokenSet)
    await face(pool.delete_web_authn_credential(tokens, passkey.credential_id))
    assert () == await face(pool.list_web_authn_credentials(tokens))


async def keep_a_device(face: Face, pool: AsyncUserPool, tokens: TokenSet) -> None:
    """ConfirmDevice, GetDevice, ListDevices, UpdateDeviceStatus, both device challenges, refresh, ForgetDevice."""
    device = await face(pool.confirm_device(tokens, name="bob's laptop"))
    await face(pool.update_device_status(tokens, device.key, remembered=True))
    known = await face(pool.get_device(tokens, device.key))
    assert "bob's laptop" == known.attributes["device_name"]
    assert [device.key] == [each.key for each in await face(pool.list_devices(tokens))]
    again = await face(pool.sign_in("bob", PASSWORD, device=device))
    assert isinstance(again, TokenSet)
    await face(pool.refresh(again, client_metadata={"k": "v"}))
    await face(pool.refresh(again, legacy=True))
    await face(pool.forget_device(tokens, device.key))


async def look_at_sessions(face: Face, pool: AsyncUserPool, fake: FakeUserPool, tokens: TokenSet) -> None:
    """ListUserSessions, RevokeUserSession, UpdateAuthEventFeedback, RevokeToken."""
    sessions = await face(pool.list_user_sessions(tokens))
    other = next(each for each in sessions if not each.is_current)
    await face(pool.revoke_user_session(tokens, other.session_id, associated_sessions="NONE"))
    event = fake.suspect("bob")
    await face(
        pool.update_auth_event_feedback(
            "bob", event_id=event.event_id, feedback_token=event.feedback_token, feedback="Valid"
        )
    )
    third = await sign_in(face, pool)
    await face(pool.revoke_token(third, associated_sessions="LINKED"))


async def exchange_tokens(face: Face, user_pool: MakePool, fake: FakeUserPool) -> None:
    """GetClientToken, GetDerivedToken."""
    machine = fake.add_client(secret=True, scopes={"orders/read"}, flows={"ALLOW_CLIENT_TOKEN_AUTH"})
    app: AppClient = fake.app_client(machine)
    pool = user_pool(app, at=fake)
    tokens = await face(pool.get_client_token(scopes="orders/read", client_metadata={"k": "v"}))
    exchanging = fake.add_client(secret=True, scopes={"orders/read"})
    pool = user_pool(fake.app_client(exchanging), at=fake)
    derived = await face(
        pool.get_derived_token(
            tokens.access_token,
            subject_token_type="ACCESS_TOKEN",
            subject_token_provider="Cognito",
            actor_token=tokens.access_token,
            actor_token_type="ACCESS_TOKEN",
            actor_token_provider="Cognito",
            scopes="orders/read",
            audience="https://api.example.com",
            requested_token_type="ACCESS_TOKEN",
        )
    )
    assert "ACCESS_TOKEN" == derived.kind
    narrowed = await face(pool.get_derived_token(tokens.access_token, resource="https://api.example.com"))
    assert "Bearer" == narrowed.token_type


async def go(face: Face, pool: AsyncUserPool, tokens: TokenSet) -> None:
    """GlobalSignOut, DeleteUser."""
    await face(pool.global_sign_out(tokens))
    with pytest.raises(errors.NotAuthorized):
        await face(pool.get_user(tokens))
    await face(pool.delete_user(await sign_in(face, pool)))
