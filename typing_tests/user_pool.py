"""What must and what must not type-check with the user pool. Never run."""

from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import httpx
import httpx2

from cognito_auth import AppClient, AsyncUserPool, Challenge, TokenSet, UserPool
from cognito_auth.users import SignUpReceipt


def the_blocking_face_gives_results(app: AppClient) -> None:
    with UserPool(app) as pool:
        assert_type(pool, UserPool)
        assert_type(pool.sign_up("ann", "correct horse"), SignUpReceipt)
        assert_type(pool.confirm_sign_up("ann", "123456"), str | None)
        assert_type(pool.sign_in("ann", "correct horse"), TokenSet | Challenge)
        assert_type(pool.refresh("a refresh token"), TokenSet)


async def the_async_face_gives_awaitables(app: AppClient) -> None:
    async with AsyncUserPool(app) as pool:
        assert_type(pool, AsyncUserPool)
        assert_type(await pool.sign_up("ann", "correct horse"), SignUpReceipt)
        assert_type(await pool.sign_in("ann", "correct horse"), TokenSet | Challenge)
        await assert_type(pool.sign_up("ann", "correct horse"), Coroutine[Any, Any, SignUpReceipt])


async def a_forgotten_await_is_an_error(pool: AsyncUserPool) -> None:
    pool.sign_up("ann", "correct horse")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    receipt = pool.sign_up("ann", "correct horse")
    receipt.confirmed  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def a_forgotten_challenge_is_an_error(pool: UserPool) -> None:
    outcome = pool.sign_in("ann", "correct horse")
    outcome.access_token  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue]
    tokens: TokenSet = pool.sign_in("ann", "correct horse")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def a_missing_or_a_wrong_argument_is_an_error(pool: UserPool, other: AsyncUserPool) -> None:
    pool.confirm_sign_up("ann")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    other.confirm_sign_up("ann")  # type: ignore[call-arg, unused-coroutine]  # pyright: ignore[reportCallIssue]
    pool.sign_in("ann", b"correct horse")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pool.sign_in("ann", "correct horse", method="guess")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    pool.sign_up("ann", "correct horse", attributes={"email": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


def clients_of_both_libraries_pass_and_only_of_the_right_kind(app: AppClient) -> None:
    UserPool(app, http_client=httpx.Client())
    UserPool(app, http_client=httpx2.Client())
    AsyncUserPool(app, http_client=httpx.AsyncClient())
    AsyncUserPool(app, http_client=httpx2.AsyncClient())
    UserPool(app, http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncUserPool(app, http_client=httpx.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def methods_are_plain_callables(pool: UserPool, other: AsyncUserPool) -> None:
    confirm: Callable[[str, str], object] = pool.confirm_sign_up
    confirm_async: Callable[[str, str], Coroutine[Any, Any, object]] = other.confirm_sign_up
    wrong: Callable[[str, str], Coroutine[Any, Any, object]] = pool.confirm_sign_up  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
