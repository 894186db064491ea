"""Sign-up: codes and links, resending, what is told of whom."""

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool.outbox import masked
from cognito_auth.testing.fake_user_pool.state import Client

from .conftest import Api, pairs

PASSWORD = "Correct-horse 1"
EMAIL = {"email": "ann@example.com"}


def test_a_resent_code_replaces_the_first(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Only the newest one is worth anything."""
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))
    pool.outbox[0].code = "111111"
    details = api("ResendConfirmationCode", ClientId=client.client_id, Username="ann")
    pool.outbox[1].code = "222222"
    call = {"ClientId": client.client_id, "Username": "ann"}
    old = api.refused("ConfirmSignUp", **call, ConfirmationCode="111111")
    api("ConfirmSignUp", **call, ConfirmationCode="222222")

    assert details["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert old[0] == "CodeMismatch"
    assert api.refused("ConfirmSignUp", **call, ConfirmationCode="222222")[0] == "NotAuthorized"
    assert api.refused("ResendConfirmationCode", **call)[0] == "InvalidParameter"


def test_a_code_expires_and_guessing_ends(pool: FakeUserPool, api: Api, client: Client) -> None:
    """After a day, and after five wrong ones."""
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))
    call = {"ClientId": client.client_id, "Username": "ann"}
    guesses = [api.refused("ConfirmSignUp", **call, ConfirmationCode="x")[0] for _ in range(6)]
    api("ResendConfirmationCode", **call)
    pool.clock.advance(86_400)
    late = api.refused("ConfirmSignUp", **call, ConfirmationCode=pool.codes["ann"])

    assert guesses == ["CodeMismatch"] * 5 + ["TooManyFailedAttempts"]
    assert late[0] == "ExpiredCode"


def test_without_an_address_no_code_goes_out(pool: FakeUserPool, api: Api, client: Client) -> None:
    """The answer has no delivery, resending is refused, and the test is told why there is no code."""
    answer = api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD)
    refused = api.refused("ResendConfirmationCode", ClientId=client.client_id, Username="ann")

    assert (set(answer), refused[0]) == ({"UserConfirmed", "UserSub"}, "InvalidParameter")
    with pytest.raises(
        KeyError, match="no code was sent to 'ann': a code needs an e-mail address or a phone number"
    ):
        pool.codes["ann"]


def test_codes_are_a_mapping_of_those_who_have_one(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Users without a message are not in it."""
    pool.add_user("bob")
    api("SignUp", ClientId=client.client_id, Username="ann", Password=PASSWORD, UserAttributes=pairs(**EMAIL))

    assert dict(pool.codes) == {"ann": pool.outbox[-1].code}
    assert len(pool.codes) == 1


@pytest.mark.parametrize(
    "operation", ["ConfirmSignUp", "ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword"]
)
@pytest.mark.parametrize("hidden", [True, False])
def test_nobody_is_hidden_or_told(pool: FakeUserPool, api: Api, operation: str, *, hidden: bool) -> None:
    """Where the client hides names, an unknown one is answered as a known one would be."""
    client = pool.add_client(prevent_user_existence_errors=hidden)
    more = {"ConfirmationCode": "123456"} if operation.startswith("Confirm") else {}
    more |= {"Password": PASSWORD} if operation == "ConfirmForgotPassword" else {}
    reply = api.reply(operation, ClientId=client.client_id, Username="nobody", **more)

    assert (b"UserNotFound" in reply.body) is not hidden
    assert reply.status == (200 if hidden and not more else 400)


def test_a_pool_may_close_its_doors() -> None:
    """Sign-up can be left to administrators."""
    pool = FakeUserPool(settings=Settings(allow_sign_up=False))
    call = {"ClientId": pool.add_client().client_id, "Username": "ann", "Password": PASSWORD}

    assert Api(pool).refused("SignUp", **call)[0] == "NotAuthorized"


def test_required_attributes_come_at_sign_up() -> None:
    """What is missing is named; the address that is the user name counts."""
    required = frozenset({"email", "name"})
    pool = FakeUserPool(
        settings=Settings(required_attributes=required, username_attributes=frozenset({"email"}))
    )
    call = {"ClientId": pool.add_client().client_id, "Username": "a@b.c", "Password": PASSWORD}
    code, message = Api(pool).refused("SignUp", **call)

    assert (code, "name: The attribute name is required" in message, "email:" in message) == (
        "InvalidParameter",
        True,
        False,
    )


@pytest.mark.parametrize(
    "destination, shown", [("ann@example.com", "a***@e***"), ("+15550001234", "+*******1234")]
)
def test_destinations_are_masked(destination: str, shown: str) -> None:
    """As Cognito masks them."""
    assert masked(destination) == shown


def test_codes_do_not_get_mixed_up(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A code for somebody else, or for something else, is not taken, and does not make one's own worthless."""
    for name in ("ann", "bob"):
        api(
            "SignUp",
            ClientId=client.client_id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=pairs(**EMAIL),
        )
    for message, code in zip(pool.outbox, ("111111", "222222"), strict=True):
        message.code = code
    call = {"ClientId": client.client_id, "Username": "ann"}
    wrong = api.refused("ConfirmSignUp", **call, ConfirmationCode="222222")
    other = api.refused("ConfirmForgotPassword", **call, ConfirmationCode="111111", Password=PASSWORD)
    api("ConfirmSignUp", **call, ConfirmationCode="111111")

    assert (wrong[0], other[0], pool.users["ann"].status) == ("CodeMismatch", "ExpiredCode", "CONFIRMED")
