"""Conversing in place until there are tokens: the one thing whose arguments differ by face."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict, Unpack

from cognito_auth._challenge import Answer, Challenge
from cognito_auth._runtime.operation import run
from cognito_auth.errors import UsageError
from cognito_auth.user_pool import conversation
from cognito_auth.user_pool.base import Operations
from cognito_auth.user_pool.flows import Method
from cognito_auth.users import Device, UserContext

if TYPE_CHECKING:
    from cognito_auth.tokens import TokenSet
    from cognito_auth.user_pool.wire import Wire


class SignInOptions(TypedDict, total=False):
    """What ``sign_in`` takes beside the name and the password."""

    method: Method
    preferred: str | None
    session: str | None
    device: Device | None
    acr_values: str | Iterable[str]
    step_up_from: TokenSet | str | None
    max_age: int | None
    client_metadata: Mapping[str, str]
    user_context: UserContext | None
    analytics_endpoint_id: str | None


async def converse(
    wire: Wire,
    username: str,
    password: str | None,
    ask: Callable[[Challenge], Awaitable[Answer]],
    options: SignInOptions,
) -> TokenSet:
    """Tokens, however many challenges it takes."""
    outcome = await conversation.sign_in(wire, username, password, **options)
    while isinstance(outcome, Challenge):
        outcome = await conversation.respond(wire, await ask(outcome))
    return outcome


class BlockingInteractive(Operations):
    """Conversing, blocking."""

    def sign_in_interactively(
        self,
        username: str,
        password: str | None = None,
        *,
        answer: Callable[[Challenge], Answer],
        **options: Unpack[SignInOptions],
    ) -> TokenSet:
        """Tokens: each challenge is put to ``answer`` until there are some.

        Args:
            username: As in ``sign_in``.
            password: As in ``sign_in``.
            answer: Gets a challenge and returns the answer to it: what the challenge's own ``answer(…)`` gives.
            **options: What else ``sign_in`` takes.

        Raises:
            UsageError: ``answer`` is a coroutine function, or another argument cannot be right; nothing was sent.
            ServiceError: The service refused; a wrong code is not asked for again.
            TransportError: No whole answer came.
        """
        _check_plain(answer)

        async def ask(challenge: Challenge) -> Answer:
            return _checked_plain(answer(challenge))

        return run(converse(self._wire, username, password, ask, options))


class AwaitingInteractive(Operations):
    """Conversing, awaited."""

    async def sign_in_interactively(
        self,
        username: str,
        password: str | None = None,
        *,
        answer: Callable[[Challenge], Answer | Awaitable[Answer]],
        **options: Unpack[SignInOptions],
    ) -> TokenSet:
        """Tokens: each challenge is put to ``answer`` until there are some.

        Args:
            username: As in ``sign_in``.
            password: As in ``sign_in``.
            answer: Gets a challenge and returns the answer to it, what the challenge's own ``answer(…)`` gives; a
                plain function or a coroutine function.
            **options: What else ``sign_in`` takes.

        Raises:
            UsageError: An argument cannot be right; nothing was sent.
            ServiceError: The service refused; a wrong code is not asked for again.
            TransportError: No whole answer came.
        """

        async def ask(challenge: Challenge) -> Answer:
            given = answer(challenge)
            return await given if inspect.isawaitable(given) else given

        return await converse(self._wire, username, password, ask, options)


_ASYNCHRONOUS = "answer: a coroutine function cannot answer on the blocking face: expected a plain function, or AsyncUserPool"


def _check_plain(answer: object) -> None:
    called = getattr(answer, "__call__", None)  # noqa: B004 - an object may have a coroutine method there
    if inspect.iscoroutinefunction(answer) or inspect.iscoroutinefunction(called):
        raise UsageError(_ASYNCHRONOUS)


def _checked_plain(given: Answer) -> Answer:
    """What a plain function gave, which may still be a coroutine that nobody awaits."""
    if inspect.iscoroutine(given):
        given.close()
        raise UsageError(_ASYNCHRONOUS)
    return given
