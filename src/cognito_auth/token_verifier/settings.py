"""What a verifier is told, turned into rules and keys for each issuer."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from cognito_auth._values import checked_url
from cognito_auth.app_client import AppClient, issuers_of, split_pool_id
from cognito_auth.errors import UsageError
from cognito_auth.events import Listener
from cognito_auth.token_verifier.keys import KeyPolicy, KeySource, bundled_keys, read_key_set
from cognito_auth.token_verifier.rules import Rules
from cognito_auth.token_verifier.verification import Question, Realm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from cognito_auth._runtime.runtime import Runtime

_WELL_KNOWN = "/.well-known/jwks.json"


def realms(
    runtime: Runtime,
    pool_id: str,
    *,
    jwks: Mapping[str, Any] | str | bytes | None = None,
    jwks_uri: str | None = None,
    issuer: str | None = None,
    offline: bool = False,
    check: Question | None = None,
    is_revoked: Question | None = None,
    key_policy: KeyPolicy | None = None,
    on_event: Listener | None = None,
    **rules: Any,
) -> dict[str, Realm]:
    """The issuers of a pool, each with its rules and keys.

    Args:
        runtime: Fetches the keys.
        pool_id: The user pool's id.
        jwks: Keys to begin with.
        jwks_uri: Where the keys are, where that is not below the issuer.
        issuer: The pool's issuer, where it is neither of the two AWS forms.
        offline: Never fetch.
        check: The application's own question.
        is_revoked: Likewise.
        key_policy: How keys are kept.
        on_event: Told of fetches of keys.
        rules: The arguments of :class:`~cognito_auth.token_verifier.rules.Rules`.

    Raises:
        UsageError: An argument cannot be right.
    """
    for name, question in (("check", check), ("is_revoked", is_revoked)):
        if question is not None and not callable(question):
            raise UsageError(f"{name}: {question!r} cannot be asked: expected a function of the claims")
    judged = Rules(**rules)
    _warn_if_open(judged)
    sources = _sources(
        _issuers(pool_id, issuer),
        jwks=jwks,
        jwks_uri=jwks_uri,
        offline=offline,
        policy=key_policy or KeyPolicy(),
        on_event=on_event,
    )
    for source in sources.values():
        source.begin(runtime.now(), runtime.monotonic())
    return {
        name: Realm(rules=judged, source=source, runtime=runtime, check=check, is_revoked=is_revoked)
        for name, source in sources.items()
    }


def of_app(app: AppClient) -> dict[str, Any]:
    """What an app client says of its tokens.

    With an endpoint of its own the keys are there, though the tokens still name the pool's AWS issuer: emulators,
    proxies and private endpoints do so.
    """
    pool_id = app.required_pool_id("verifying tokens")
    jwks_uri = app.jwks_uri
    if jwks_uri is None and app.endpoint is not None:
        jwks_uri = f"{app.endpoint}/{pool_id}{_WELL_KNOWN}"
    return {"pool_id": pool_id, "client_id": app.client_id, "issuer": app.issuer, "jwks_uri": jwks_uri}


def refuse_coroutines(**questions: object) -> None:
    """The blocking face cannot wait for an answer.

    Raises:
        UsageError: A question is a coroutine function.
    """
    for name, question in questions.items():
        if inspect.iscoroutinefunction(question):
            raise UsageError(
                f"{name}: a coroutine function cannot be asked by a blocking verifier: expected a plain "
                "function, or AsyncTokenVerifier"
            )


def _warn_if_open(rules: Rules) -> None:
    if rules.is_open:
        warnings.warn(
            "client_id=None with neither scopes nor resource= accepts the tokens of every app client of the pool, and "
            "anyone may be able to register one: name the clients, or ask for a scope",
            UserWarning,
            stacklevel=4,
        )


def _issuers(pool_id: str, issuer: str | None) -> tuple[str, ...]:
    split_pool_id(pool_id)
    if issuer is None:
        return issuers_of(pool_id)
    checked_url(issuer, "issuer")
    return (issuer,)


def _sources(
    issuers: tuple[str, ...],
    *,
    jwks: Mapping[str, Any] | str | bytes | None,
    jwks_uri: str | None,
    offline: bool,
    policy: KeyPolicy,
    on_event: Listener | None,
) -> dict[str, KeySource[RSAPublicKey]]:
    """Each issuer's keys: at an address of its own, or all at the given one."""
    if offline and jwks is None:
        raise UsageError("offline: without keys nothing can be verified: expected jwks= beside it")
    bundled = None if jwks is None else bundled_keys(jwks, policy.max_keys)
    if jwks_uri is not None:
        checked_url(jwks_uri, "jwks_uri")

    def source(issuer: str, address: str | None, closed: frozenset[int]) -> KeySource[RSAPublicKey]:
        read = partial(read_key_set, max_keys=policy.max_keys)
        return KeySource(
            address,
            issuer=issuer,
            policy=policy,
            bundled=bundled,
            read=read,
            closed=closed,
            on_event=on_event,
        )

    if offline or jwks_uri is not None:
        return dict.fromkeys(issuers, source(issuers[0], None if offline else jwks_uri, frozenset()))
    # Only a pool that was switched to the newer form of the issuer answers there; others answer 403.
    closed = frozenset([403]) if len(issuers) > 1 else frozenset[int]()
    return {issuer: source(issuer, issuer.rstrip("/") + _WELL_KNOWN, closed) for issuer in issuers}
