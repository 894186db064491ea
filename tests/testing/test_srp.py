"""The server's half of SRP: right proofs of every shape pass, and nothing else."""

from datetime import UTC, datetime

import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool import srp
from cognito_auth.testing.fake_user_pool.state import Client
from support.srp_client import DAYS, MONTHS, SrpClient

from .conftest import Api

PASSWORD = "Correct-horse 1"


def stamp(moment: datetime) -> str:
    """A moment as Cognito wants it."""
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day} {moment:%H:%M:%S} UTC {moment.year}"


def someone(pool: FakeUserPool, username: str = "ann", password: str = PASSWORD) -> SrpClient:
    """A client that knows a password."""
    return SrpClient(identity=pool.name + username, password=password)


def test_the_client_of_these_tests_computes_the_known_vector() -> None:
    """The vector of cognito.md (it came from AWS's own code): so what these tests send is right."""
    client = SrpClient(identity="myPooltest", password="test", private=1234567890)
    block = "c2VjcmV0c3NlY3Jlc3Rzc2VjcmV0cw=="

    assert client.proof("499602d2", "499602d2", block, "Tue Jul 10 11:01:00 UTC 2018") == (
        "tdvQu/Li/qWl8Nni0aFPs+MwY4rvKZm0kSMrGIMSUHk="
    )


def test_the_group_is_the_one_of_the_rfc() -> None:
    """The multiplier, which is a hash over both numbers of the group, is the known one."""
    assert f"{srp.MULTIPLIER:x}" == "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"


@pytest.mark.parametrize(
    "salt",
    [
        pytest.param(0x00FF << 100, id="leading zero byte"),
        pytest.param(0xABC, id="odd length"),
        pytest.param(1 << 127, id="top bit set"),
        pytest.param(1, id="tiny"),
        pytest.param(0, id="zero"),
        pytest.param(-(1 << 127), id="negative, a power of two"),
        pytest.param(-0xABCDE, id="negative, odd length"),
    ],
)
def test_a_proof_with_any_salt_passes(pool: FakeUserPool, api: Api, client: Client, salt: int) -> None:
    """Salts are integers: it does not matter how their hexadecimal looks."""
    pool.add_user("ann", PASSWORD).srp_salt = salt
    ann = someone(pool)
    challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
    answer = ann.answer(challenge["ChallengeParameters"], stamp(pool.clock.today()))

    assert int(challenge["ChallengeParameters"]["SALT"], 16) == salt
    assert "AuthenticationResult" in api.respond(client, challenge, **answer)


def test_a_user_srp_challenge_has_no_session(pool: FakeUserPool, api: Api) -> None:
    """As at AWS, the secret block is what the service remembers the exchange by."""
    pool.add_user("ann", PASSWORD)
    client = pool.add_client(secret=True)
    challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=someone(pool).public)

    assert set(challenge) == {"ChallengeName", "ChallengeParameters"}
    assert set(challenge["ChallengeParameters"]) == {
        "SALT",
        "SRP_B",
        "SECRET_BLOCK",
        "USERNAME",
        "USER_ID_FOR_SRP",
    }


@pytest.mark.parametrize(
    "change, refusal",
    [
        ({"PASSWORD_CLAIM_SIGNATURE": "d3Jvbmc="}, "NotAuthorized"),
        ({"PASSWORD_CLAIM_SIGNATURE": "not base64!"}, "NotAuthorized"),
        ({"PASSWORD_CLAIM_SIGNATURE": ""}, "InvalidParameter"),
        ({"TIMESTAMP": "Sun Jan 1 00:00:00 UTC 2023"}, "NotAuthorized"),
        ({"TIMESTAMP": ""}, "InvalidParameter"),
        ({"USERNAME": "ANN"}, "NotAuthorized"),
        ({"USERNAME": ""}, "InvalidParameter"),
        ({"PASSWORD_CLAIM_SECRET_BLOCK": "b3RoZXI="}, "NotAuthorized"),
    ],
)
def test_a_wrong_answer_to_the_verifier_is_refused(
    pool: FakeUserPool, api: Api, client: Client, change: dict[str, str], refusal: str
) -> None:
    """A proof that is wrong, late, about another block or under another name gives no tokens."""
    pool.add_user("ann", PASSWORD)
    ann = someone(pool)
    challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
    answer = {**ann.answer(challenge["ChallengeParameters"], stamp(pool.clock.today())), **change}
    code, _ = api.refused("RespondToAuthChallenge", **api.answer(client, challenge, **answer))

    assert code == refusal


@pytest.mark.parametrize("again", ["same answer", "next exchange"])
def test_a_secret_block_serves_once(pool: FakeUserPool, api: Api, client: Client, again: str) -> None:
    """Neither the same answer twice, nor one exchange's answer in another."""
    pool.add_user("ann", PASSWORD)
    ann = someone(pool)
    challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
    answer = ann.answer(challenge["ChallengeParameters"], stamp(pool.clock.today()))
    if again == "same answer":
        api.respond(client, challenge, **answer)
    else:
        other = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
        answer["PASSWORD_CLAIM_SECRET_BLOCK"] = other["ChallengeParameters"]["SECRET_BLOCK"]

    assert (
        api.refused("RespondToAuthChallenge", **api.answer(client, challenge, **answer))[0] == "NotAuthorized"
    )


@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_a_multiple_of_the_prime_is_refused(
    pool: FakeUserPool, api: Api, client: Client, multiple: int
) -> None:
    """With such an A the shared secret would be known to anybody."""
    pool.add_user("ann", PASSWORD)
    given = api.initiate(client, "USER_SRP_AUTH", USERNAME="ann", SRP_A=f"{multiple * srp.PRIME:x}")

    assert api.refused("InitiateAuth", **given) == ("InvalidParameter", "Invalid SRP_A")


@pytest.mark.parametrize("text", ["xyz", "0x12", "-5", "1 2"])
def test_what_is_no_number_is_refused(pool: FakeUserPool, api: Api, client: Client, text: str) -> None:
    """`SRP_A` is hexadecimal and nothing else."""
    pool.add_user("ann", PASSWORD)
    given = api.initiate(client, "USER_SRP_AUTH", USERNAME="ann", SRP_A=text)

    assert api.refused("InitiateAuth", **given)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    "text, moment",
    [
        ("Sat Sep 5 07:08:09 UTC 2026", datetime(2026, 9, 5, 7, 8, 9, tzinfo=UTC)),
        ("Thu Feb 29 23:59:59 UTC 2024", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("Sat Sep 05 07:08:09 UTC 2026", None),
        ("Sun Sep 5 07:08:09 UTC 2026", None),
        ("Sa Sep 5 07:08:09 UTC 2026", None),
        ("Sat Sept 5 07:08:09 UTC 2026", None),
        ("Sat Sep 5 07:08:09 GMT 2026", None),
        ("Mon Feb 30 00:00:00 UTC 2026", None),
        ("Sat Sep 5 25:08:09 UTC 2026", None),
        ("sam. sept. 5 07:08:09 UTC 2026", None),
    ],
)
def test_a_timestamp_is_read_strictly(text: str, moment: datetime | None) -> None:
    """English names, a day without a leading zero, the right weekday: as measured at AWS."""
    assert srp.read_timestamp(text) == moment


def test_a_proof_at_the_pools_own_time_passes(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A client that follows the service's clock signs in after the clock was moved, and so does one that does not."""
    pool.add_user("ann", PASSWORD)
    pool.clock.advance(86_400)
    ann = someone(pool)
    for now in (pool.clock.today(), datetime.now(UTC)):
        challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
        api.respond(client, challenge, **ann.answer(challenge["ChallengeParameters"], stamp(now)))

    assert pool.calls["RespondToAuthChallenge"] == 2


def test_nobodys_challenge_looks_like_anybodys(pool: FakeUserPool, api: Api, client: Client) -> None:
    """A hidden name gets the same salt each time, and no proof passes; a client that does not hide names says so."""
    nobody = someone(pool, "nobody")
    challenges = [api.begin(client, "USER_SRP_AUTH", "nobody", SRP_A=nobody.public) for _ in range(2)]
    answer = nobody.answer(challenges[0]["ChallengeParameters"], stamp(pool.clock.today()))
    refused = api.refused("RespondToAuthChallenge", **api.answer(client, challenges[0], **answer))
    open_client = pool.add_client(prevent_user_existence_errors=False)
    told = api.refused(
        "InitiateAuth", **api.initiate(open_client, "USER_SRP_AUTH", USERNAME="nobody", SRP_A="abc")
    )

    assert len({each["ChallengeParameters"]["SALT"] for each in challenges}) == 1
    assert refused == ("NotAuthorized", "Incorrect username or password.")
    assert told == ("UserNotFound", "User does not exist.")


def test_a_user_without_a_password_has_no_proof(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Who signs in with codes or passkeys only cannot be impersonated by SRP."""
    pool.add_user("ann")
    ann = someone(pool, password="")
    challenge = api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public)
    answer = ann.answer(challenge["ChallengeParameters"], stamp(pool.clock.today()))

    assert (
        api.refused("RespondToAuthChallenge", **api.answer(client, challenge, **answer))[0] == "NotAuthorized"
    )


def test_wrong_proofs_lock_out_as_wrong_passwords_do(pool: FakeUserPool, api: Api, client: Client) -> None:
    """Five wrong proofs, and the user cannot even begin for a second."""
    pool.clock.freeze()
    pool.add_user("ann", PASSWORD)
    ann = someone(pool, password="guess")
    challenges = [api.begin(client, "USER_SRP_AUTH", SRP_A=ann.public) for _ in range(6)]
    messages = [
        api.refused(
            "RespondToAuthChallenge",
            **api.answer(client, each, **ann.answer(each["ChallengeParameters"], stamp(pool.clock.today()))),
        )[1]
        for each in challenges
    ]
    begun = api.refused(
        "InitiateAuth", **api.initiate(client, "USER_SRP_AUTH", USERNAME="ann", SRP_A=ann.public)
    )

    assert messages == ["Incorrect username or password."] * 5 + ["Password attempts exceeded"]
    assert begun == ("NotAuthorized", "Password attempts exceeded")
