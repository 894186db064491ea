"""The JSON API of a user pool: signing up and in, challenges, devices, the account, refresh.

:class:`UserPool` and :class:`AsyncUserPool` are the two faces. Rooms above this one that bring their own runtime (a
token source) make a :class:`~cognito_auth.user_pool.wire.Wire`, keep it (it remembers whether refresh tokens rotate),
and call the same conversations as plain coroutines::

    from cognito_auth.user_pool import conversation, machines, refreshing
    from cognito_auth.user_pool.wire import Wire

    wire = Wire(app, runtime)
    outcome = await conversation.sign_in(wire, username, password, method=…, device=…)   # TokenSet | Challenge
    outcome = await conversation.respond(wire, challenge.answer(…))
    tokens = await refreshing.refresh(wire, tokens, legacy=False)
    await refreshing.revoke_token(wire, tokens)
    tokens = await machines.get_client_token(wire, scopes=…, client_metadata=…)

``wire.py`` is the protocol, ``fields.py`` reads answers without trusting them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth._runtime.operation import Awaiting, Blocking
from cognito_auth._runtime.runtime import DEFAULT_TIMEOUT, AsyncRuntime, BlockingRuntime
from cognito_auth.app_client import AppClient, checked_app
from cognito_auth.user_pool.account import Account
from cognito_auth.user_pool.delegation import Delegation
from cognito_auth.user_pool.device_management import DeviceManagement
from cognito_auth.user_pool.devices import Devices
from cognito_auth.user_pool.interactive import AwaitingInteractive, BlockingInteractive
from cognito_auth.user_pool.machines import Machines
from cognito_auth.user_pool.mfa import Mfa
from cognito_auth.user_pool.passkeys import Passkeys
from cognito_auth.user_pool.passwords import Passwords
from cognito_auth.user_pool.refreshing import Refreshing
from cognito_auth.user_pool.sessions import UserSessions
from cognito_auth.user_pool.sign_in import SignIn
from cognito_auth.user_pool.sign_up import SignUp
from cognito_auth.user_pool.wire import Facts

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.retry import Retry

__all__ = ["AsyncUserPool", "UserPool"]


class _Everything(
    SignIn,
    SignUp,
    Refreshing,
    Account,
    Passwords,
    Mfa,
    Passkeys,
    UserSessions,
    Devices,
    DeviceManagement,
    Machines,
    Delegation,
):
    """All groups of operations."""


class UserPool(_Everything, BlockingInteractive, Blocking):
    """A user pool, blocking.

    >>> from cognito_auth import AppClient, UserPool
    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", pool_id="eu-west-1_AbCdEfGhI")
    >>> pool = UserPool(app)

    Args:
        app: Which app client.
        http_client: An ``httpx.Client`` or ``httpx2.Client`` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: An argument cannot be right.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
    """

    def __init__(
        self,
        app: AppClient,
        *,
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._app = checked_app(app)
        self._facts = Facts()
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry)


class AsyncUserPool(_Everything, AwaitingInteractive, Awaiting):
    """A user pool, awaited.

    Args:
        app: Which app client.
        http_client: An ``httpx.AsyncClient`` or ``httpx2.AsyncClient`` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure.

    Raises:
        UsageError: An argument cannot be right.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/Welcome.html
    """

    def __init__(
        self,
        app: AppClient,
        *,
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._app = checked_app(app)
        self._facts = Facts()
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry)
