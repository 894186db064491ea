"""What must and what must not type-check with challenges. Never run."""

from collections.abc import Awaitable
from typing import assert_type

from cognito_auth import AppClient, AsyncUserPool, Challenge, Device, TokenSet, UserPool, challenges


def an_answer_goes_to_respond(pool: UserPool, challenge: challenges.SoftwareTokenMfa) -> None:
    assert_type(challenge.answer(code="123456"), challenges.Answer)
    assert_type(pool.respond(challenge.answer(code="123456")), TokenSet | Challenge)
    pool.respond("123456")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pool.respond(challenge)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def the_wrong_kind_of_answer_is_an_error(
    code: challenges.SmsMfa, password: challenges.NewPasswordRequired, choice: challenges.SelectChallenge
) -> None:
    code.answer(new_password="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    code.answer(code=123456)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    code.answer("123456")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    password.answer(code="123456")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    choice.answer("PASSWORD", password="x")
    choice.answer("PASSWORD", code="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def a_match_tells_the_cases_apart(outcome: TokenSet | Challenge) -> str:
    match outcome:
        case TokenSet():
            assert_type(outcome, TokenSet)
            return outcome.access_token
        case challenges.EmailOtp():
            assert_type(outcome.answer(code="123456"), challenges.Answer)
            return str(outcome.delivery.destination)
        case _:
            assert_type(outcome, Challenge)
            return outcome.name


def a_plain_challenge_has_no_typed_answer(challenge: Challenge) -> None:
    assert_type(challenge.answer_with({"ANSWER": "42"}), challenges.Answer)
    challenge.answer("42")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def sealed_challenges_need_their_client(app: AppClient, key: bytes) -> None:
    assert_type(Challenge.loads("text", key, app=app), Challenge)
    assert_type(Device.loads("text", [key, key], app=app), Device)
    Challenge.loads("text", key)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def set_up_is_for_its_own_challenge(
    pool: UserPool, setup: challenges.MfaSetup, other: challenges.SmsMfa
) -> None:
    assert_type(pool.begin_totp_setup(setup), challenges.TotpSetup)
    pool.begin_totp_setup(other)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def answer_now(challenge: Challenge) -> challenges.Answer:
    return challenge.answer_with({})


async def answer_later(challenge: Challenge) -> challenges.Answer:
    return challenge.answer_with({})


def a_blocking_conversation_is_answered_by_plain_functions(pool: UserPool) -> None:
    assert_type(pool.sign_in_interactively("ann", "pw", answer=answer_now, method="password"), TokenSet)
    pool.sign_in_interactively("ann", "pw", answer=answer_later)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pool.sign_in_interactively("ann", "pw", answer=answer_now, method="guess")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def an_async_one_by_either(pool: AsyncUserPool) -> None:
    assert_type(await pool.sign_in_interactively("ann", "pw", answer=answer_now), TokenSet)
    assert_type(await pool.sign_in_interactively("ann", "pw", answer=answer_later), TokenSet)
    waiting: Awaitable[TokenSet] = pool.sign_in_interactively("ann", "pw", answer=answer_later)
    await waiting


def a_device_is_no_text(pool: UserPool, device: Device) -> None:
    pool.sign_in("ann", "pw", device=device)
    pool.sign_in("ann", "pw", device="a key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
