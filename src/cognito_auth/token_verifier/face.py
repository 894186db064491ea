"""What both faces of the token verifier have, and the types of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypedDict, TypeVar

from cognito_auth._runtime.operation import checked_seconds, operation
from cognito_auth._runtime.retry import Retry
from cognito_auth.claims import Claims
from cognito_auth.errors import UsageError
from cognito_auth.events import Listener
from cognito_auth.token_verifier.keys import KeyPolicy
from cognito_auth.token_verifier.verification import Verification

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient

C = TypeVar("C", bound=Claims)
C_co = TypeVar("C_co", bound=Claims, covariant=True)

DEFAULT_TIMEOUT: Final = 5.0
"""Seconds for the keys, all attempts together."""

Names = str | Iterable[str]


def within(timeout: float) -> Retry:
    """How passing failures of the key endpoint are met: three attempts, all within one request's time.

    Raises:
        UsageError: It is not a number of seconds.
    """
    return Retry(attempts=3, deadline=checked_seconds(timeout, "timeout"))


class Settings(TypedDict, Generic[C], total=False):
    """The optional arguments of a token verifier."""

    all_scopes: Names
    any_scopes: Names
    all_groups: Names
    any_groups: Names
    resource: str | None
    acr: Names | None
    max_age: float | None
    leeway: float
    jwks: Mapping[str, Any] | str | bytes | None
    jwks_uri: str | None
    issuer: str | None
    offline: bool
    remember: int
    max_token_bytes: int
    check: Callable[[C], object] | None
    is_revoked: Callable[[C], object] | None
    key_policy: KeyPolicy | None
    on_event: Listener | None
    timeout: float
    retry: Retry | None


class BlockingSettings(Settings[C], Generic[C], total=False):
    """… of the blocking face."""

    http_client: BlockingClient | None


class AsyncSettings(Settings[C], Generic[C], total=False):
    """… of the async face."""

    http_client: AwaitingClient | None


class _Parts:
    """In the place of a runtime: the verifiers that another one is made of, to be closed with it."""

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self._parts = parts

    def close(self) -> None:
        for part in self._parts:
            part.close()

    async def aclose(self) -> None:
        for part in self._parts:
            await part.aclose()


class Verifying(Generic[C_co]):
    """What both faces have."""

    _runtime: Any
    _verification: Verification

    @operation
    async def warm(self) -> None:
        """Fetch the keys now, at start-up for instance, so that the first request does not wait for them.

        Raises:
            KeysUnavailable: No issuer's keys could be had.
        """
        await self._verification.warm()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The keys that are held now, as a key set to bundle (``jwks=``)."""
        return self._verification.jwks()

    def __repr__(self) -> str:
        """Whose tokens, and of which kind."""
        realms = self._verification.realms
        uses = sorted({realm.rules.token_use or "access or id" for realm in realms.values()})
        return f"<{type(self).__name__} of {' or '.join(uses)} tokens of {', '.join(sorted(realms))}>"

    @classmethod
    def _of_parts(cls, parts: tuple[Any, ...]) -> Any:
        if not all(isinstance(part, cls) for part in parts):
            raise UsageError(f"any_of: expected instances of {cls.__name__}")
        joined = cls.__new__(cls)
        joined._join(parts)  # noqa: SLF001 - one of this class
        return joined

    def _join(self, parts: tuple[Any, ...]) -> None:
        self._verification = Verification.any_of(part._verification for part in parts)  # noqa: SLF001 - own class
        self._runtime = _Parts(parts)
