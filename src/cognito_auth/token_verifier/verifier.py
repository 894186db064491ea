"""The token verifier's two faces. The claims' type follows from ``token_use``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from cognito_auth._runtime.operation import Awaiting, Blocking, run
from cognito_auth._runtime.retry import Retry
from cognito_auth._runtime.runtime import AsyncRuntime, BlockingRuntime
from cognito_auth.app_client import AppClient
from cognito_auth.claims import AccessClaims, IdClaims
from cognito_auth.compact import DEFAULT_MAX_BYTES
from cognito_auth.events import Listener
from cognito_auth.token_verifier.face import (
    DEFAULT_TIMEOUT,
    AsyncSettings,
    BlockingSettings,
    C,
    C_co,
    Names,
    Verifying,
    within,
)
from cognito_auth.token_verifier.keys import KeyPolicy
from cognito_auth.token_verifier.rules import TokenUse
from cognito_auth.token_verifier.settings import of_app, realms, refuse_coroutines
from cognito_auth.token_verifier.verification import Question, Verification, Wanted

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient


class TokenVerifier(Verifying[C_co], Blocking):
    """Verifies the tokens of one user pool.

    >>> verifier = TokenVerifier("eu-west-1_AbCdEfGhI", client_id="1h57kf5cpq17m0eml12EXAMPLE", token_use="access")
    >>> verifier.verify("not a token")
    Traceback (most recent call last):
        ...
    cognito_auth.errors.MalformedToken: a compact JWT has three segments, this text has 1

    Args:
        pool_id: The user pool's id.
        client_id: The app client, or clients, whose tokens are accepted; ``None`` accepts any on purpose.
        token_use: ``"access"``, ``"id"``, or ``None`` for either. The claims' type follows from it.
        all_scopes: Scopes that a token must all have, such as ``"orders/read"``.
        any_scopes: Scopes of which a token must have one.
        all_groups: Groups that the user must all be in.
        any_groups: Groups of which the user must be in one.
        resource: The ``aud`` that an access token must have (RFC 8707). Without it a token that is bound to an API
            is refused.
        acr: The ``acr`` value, or values, of which a token must have one.
        max_age: Seconds since the user signed in.
        leeway: Seconds by which clocks may differ.
        jwks: Keys to begin with: a key set, or its JSON text.
        jwks_uri: Where the keys are, where that is not below the issuer.
        issuer: The ``iss`` of the pool's tokens, where it is neither of the two AWS forms.
        offline: Never fetch; ``jwks`` is all there is.
        remember: How many verified tokens to remember, by a hash; the same token is then not verified anew, but its
            time, rules, key, ``check`` and ``is_revoked`` are asked again.
        max_token_bytes: A longer token is refused unread.
        check: Asked last, with the claims: anything but a true answer refuses the token (403).
        is_revoked: Asked last, with the claims: a true answer refuses the token (401).
        key_policy: How long keys are kept, and how large a key set may be.
        on_event: Told of each fetch of keys, with an ``Event`` named ``"keys_fetched"`` or ``"keys_failed"``.
        http_client: An ``httpx`` or ``httpx2`` client to fetch keys with; the caller closes it.
        timeout: Seconds for one fetch of keys, all attempts together.
        retry: How passing failures of the key endpoint are met.

    Raises:
        UsageError: An argument cannot be right; the text names it.
    """

    @overload
    def __init__(
        self: TokenVerifier[AccessClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: Literal["access"],
        **settings: Unpack[BlockingSettings[AccessClaims]],
    ) -> None: ...
    @overload
    def __init__(
        self: TokenVerifier[IdClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: Literal["id"],
        **settings: Unpack[BlockingSettings[IdClaims]],
    ) -> None: ...
    @overload
    def __init__(
        self: TokenVerifier[AccessClaims | IdClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: None,
        **settings: Unpack[BlockingSettings[AccessClaims | IdClaims]],
    ) -> None: ...
    def __init__(
        self,
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: TokenUse | None,
        all_scopes: Names = (),
        any_scopes: Names = (),
        all_groups: Names = (),
        any_groups: Names = (),
        resource: str | None = None,
        acr: Names | None = None,
        max_age: float | None = None,
        leeway: float = 0,
        jwks: Mapping[str, Any] | str | bytes | None = None,
        jwks_uri: str | None = None,
        issuer: str | None = None,
        offline: bool = False,
        remember: int = 0,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        check: Question | None = None,
        is_revoked: Question | None = None,
        key_policy: KeyPolicy | None = None,
        on_event: Listener | None = None,
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        refuse_coroutines(check=check, is_revoked=is_revoked)
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry or within(timeout))
        known = realms(
            self._runtime,
            pool_id,
            client_id=client_id,
            token_use=token_use,
            all_scopes=all_scopes,
            any_scopes=any_scopes,
            all_groups=all_groups,
            any_groups=any_groups,
            resource=resource,
            acr=acr,
            max_age=max_age,
            leeway=leeway,
            jwks=jwks,
            jwks_uri=jwks_uri,
            issuer=issuer,
            offline=offline,
            check=check,
            is_revoked=is_revoked,
            key_policy=key_policy,
            on_event=on_event,
        )
        self._verification = Verification(known, remember=remember, max_token_bytes=max_token_bytes)

    @overload
    @classmethod
    def for_app(
        cls,
        app: AppClient,
        *,
        token_use: Literal["access"],
        **settings: Unpack[BlockingSettings[AccessClaims]],
    ) -> TokenVerifier[AccessClaims]: ...
    @overload
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: Literal["id"], **settings: Unpack[BlockingSettings[IdClaims]]
    ) -> TokenVerifier[IdClaims]: ...
    @overload
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: None, **settings: Unpack[BlockingSettings[AccessClaims | IdClaims]]
    ) -> TokenVerifier[AccessClaims | IdClaims]: ...
    @classmethod
    def for_app(cls, app: AppClient, *, token_use: TokenUse | None, **settings: Any) -> TokenVerifier[Any]:
        """A verifier of the tokens that are issued to an app client, at the addresses that it names.

        Args:
            app: The app client, made with ``pool_id``.
            token_use: ``"access"``, ``"id"``, or ``None`` for either.
            settings: Any other argument of the class.
        """
        make: Any = cls  # the overloads above say what comes of it
        verifier: TokenVerifier[Any] = make(**{**of_app(app), **settings}, token_use=token_use)
        return verifier

    @classmethod
    def any_of(cls, *verifiers: TokenVerifier[C]) -> TokenVerifier[C]:
        """One verifier for the tokens of several user pools: each token goes to the verifier of its issuer.

        Args:
            verifiers: One for each pool. Closing the new one closes them.

        Raises:
            UsageError: Two verify the same issuer.
        """
        joined: TokenVerifier[C] = cls._of_parts(verifiers)
        return joined

    def verify(self, token: str) -> C_co:
        """The claims of a token that is good, for here and now.

        Args:
            token: The compact JWT, without ``Bearer``.

        Raises:
            TokenRejected: It must not be trusted; the class says why, ``http_status`` what to answer.
            KeysUnavailable: The issuer's keys could not be had: answer 503.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
        """
        verification = self._verification
        outcome = verification.at_once(token)
        if verification.asks or isinstance(outcome, Wanted):
            outcome = run(verification.in_full(token, outcome))
        return outcome  # type: ignore[return-value] # pyright: ignore[reportReturnType] - token_use made its type


class AsyncTokenVerifier(Verifying[C_co], Awaiting):
    """Verifies the tokens of one user pool; ``await`` its methods.

    Verifying itself never waits once the keys are there: it takes less time than handing it to a thread would.

    Args:
        pool_id: The user pool's id.
        client_id: The app client, or clients, whose tokens are accepted; ``None`` accepts any on purpose.
        token_use: ``"access"``, ``"id"``, or ``None`` for either. The claims' type follows from it.
        all_scopes: Scopes that a token must all have, such as ``"orders/read"``.
        any_scopes: Scopes of which a token must have one.
        all_groups: Groups that the user must all be in.
        any_groups: Groups of which the user must be in one.
        resource: The ``aud`` that an access token must have (RFC 8707). Without it a token that is bound to an API
            is refused.
        acr: The ``acr`` value, or values, of which a token must have one.
        max_age: Seconds since the user signed in.
        leeway: Seconds by which clocks may differ.
        jwks: Keys to begin with: a key set, or its JSON text.
        jwks_uri: Where the keys are, where that is not below the issuer.
        issuer: The ``iss`` of the pool's tokens, where it is neither of the two AWS forms.
        offline: Never fetch; ``jwks`` is all there is.
        remember: How many verified tokens to remember, by a hash; the same token is then not verified anew, but its
            time, rules, key, ``check`` and ``is_revoked`` are asked again.
        max_token_bytes: A longer token is refused unread.
        check: Asked last, with the claims: anything but a true answer refuses the token (403). It may be a
            coroutine function.
        is_revoked: Asked last, with the claims: a true answer refuses the token (401). It may be a
            coroutine function.
        key_policy: How long keys are kept, and how large a key set may be.
        on_event: Told of each fetch of keys, with an ``Event`` named ``"keys_fetched"`` or ``"keys_failed"``.
        http_client: An ``httpx`` or ``httpx2`` client to fetch keys with; the caller closes it.
        timeout: Seconds for one fetch of keys, all attempts together.
        retry: How passing failures of the key endpoint are met.

    Raises:
        UsageError: An argument cannot be right; the text names it.
    """

    @overload
    def __init__(
        self: AsyncTokenVerifier[AccessClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: Literal["access"],
        **settings: Unpack[AsyncSettings[AccessClaims]],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncTokenVerifier[IdClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: Literal["id"],
        **settings: Unpack[AsyncSettings[IdClaims]],
    ) -> None: ...
    @overload
    def __init__(
        self: AsyncTokenVerifier[AccessClaims | IdClaims],
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: None,
        **settings: Unpack[AsyncSettings[AccessClaims | IdClaims]],
    ) -> None: ...
    def __init__(
        self,
        pool_id: str,
        *,
        client_id: Names | None,
        token_use: TokenUse | None,
        all_scopes: Names = (),
        any_scopes: Names = (),
        all_groups: Names = (),
        any_groups: Names = (),
        resource: str | None = None,
        acr: Names | None = None,
        max_age: float | None = None,
        leeway: float = 0,
        jwks: Mapping[str, Any] | str | bytes | None = None,
        jwks_uri: str | None = None,
        issuer: str | None = None,
        offline: bool = False,
        remember: int = 0,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        check: Question | None = None,
        is_revoked: Question | None = None,
        key_policy: KeyPolicy | None = None,
        on_event: Listener | None = None,
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry or within(timeout))
        known = realms(
            self._runtime,
            pool_id,
            client_id=client_id,
            token_use=token_use,
            all_scopes=all_scopes,
            any_scopes=any_scopes,
            all_groups=all_groups,
            any_groups=any_groups,
            resource=resource,
            acr=acr,
            max_age=max_age,
            leeway=leeway,
            jwks=jwks,
            jwks_uri=jwks_uri,
            issuer=issuer,
            offline=offline,
            check=check,
            is_revoked=is_revoked,
            key_policy=key_policy,
            on_event=on_event,
        )
        self._verification = Verification(known, remember=remember, max_token_bytes=max_token_bytes)

    @overload
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: Literal["access"], **settings: Unpack[AsyncSettings[AccessClaims]]
    ) -> AsyncTokenVerifier[AccessClaims]: ...
    @overload
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: Literal["id"], **settings: Unpack[AsyncSettings[IdClaims]]
    ) -> AsyncTokenVerifier[IdClaims]: ...
    @overload
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: None, **settings: Unpack[AsyncSettings[AccessClaims | IdClaims]]
    ) -> AsyncTokenVerifier[AccessClaims | IdClaims]: ...
    @classmethod
    def for_app(
        cls, app: AppClient, *, token_use: TokenUse | None, **settings: Any
    ) -> AsyncTokenVerifier[Any]:
        """A verifier of the tokens that are issued to an app client, at the addresses that it names.

        Args:
            app: The app client, made with ``pool_id``.
            token_use: ``"access"``, ``"id"``, or ``None`` for either.
            settings: Any other argument of the class.
        """
        make: Any = cls  # the overloads above say what comes of it
        verifier: AsyncTokenVerifier[Any] = make(**{**of_app(app), **settings}, token_use=token_use)
        return verifier

    @classmethod
    def any_of(cls, *verifiers: AsyncTokenVerifier[C]) -> AsyncTokenVerifier[C]:
        """One verifier for the tokens of several user pools: each token goes to the verifier of its issuer.

        Args:
            verifiers: One for each pool. Closing the new one closes them.

        Raises:
            UsageError: Two verify the same issuer.
        """
        joined: AsyncTokenVerifier[C] = cls._of_parts(verifiers)
        return joined

    async def verify(self, token: str) -> C_co:
        """The claims of a token that is good, for here and now.

        Args:
            token: The compact JWT, without ``Bearer``.

        Raises:
            TokenRejected: It must not be trusted; the class says why, ``http_status`` what to answer.
            KeysUnavailable: The issuer's keys could not be had: answer 503.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
        """
        verification = self._verification
        outcome = verification.at_once(token)
        if verification.asks or isinstance(outcome, Wanted):
            outcome = await verification.in_full(token, outcome)
        return outcome  # type: ignore[return-value] # pyright: ignore[reportReturnType] - token_use made its type
