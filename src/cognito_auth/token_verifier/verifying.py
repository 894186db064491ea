"""How a token is verified: the conversation that both faces share.

A token is parsed and judged before any key is asked for; its signature is checked next; what a good token may do,
``check=`` and ``is_revoked=`` come last. With a known key nothing waits and nothing is locked.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_auth import compact
from cognito_auth._runtime.operation import operation
from cognito_auth._values import checked_url
from cognito_auth.app_client import AppClient, issuers_of, split_pool_id
from cognito_auth.claims import AccessClaims, Claims, IdClaims
from cognito_auth.errors import (
    BadSignature,
    KeysUnavailable,
    RefusedByCheck,
    TokenRevoked,
    UsageError,
    WrongAlgorithm,
    WrongIssuer,
)
from cognito_auth.token_verifier.keys import Key, KeyPolicy, KeySource, bundled_keys, merged
from cognito_auth.token_verifier.rules import Rules

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime

C_co = TypeVar("C_co", bound=Claims, covariant=True)

_ALGORITHM: Final = "RS256"
_PADDING: Final = PKCS1v15()
_SHA256: Final = SHA256()
_HEADERS_REMEMBERED: Final = 64
_CLAIMS: Final[Mapping[str, Callable[[Mapping[str, Any]], Claims]]] = {"access": AccessClaims, "id": IdClaims}


@attrs.frozen(kw_only=True)
class _Realm:
    """One issuer: its rules and its keys."""

    rules: Rules
    source: KeySource
    runtime: Runtime
    check: Callable[[Any], object] | None
    is_revoked: Callable[[Any], object] | None


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
    jwks: object,
    jwks_uri: str | None,
    offline: bool,
    policy: KeyPolicy,
) -> dict[str, KeySource]:
    """Each issuer's keys: at an address of its own, or all at the given one."""
    if offline and jwks is None:
        raise UsageError("offline: without keys nothing can be verified: expected jwks= beside it")
    bundled = None if jwks is None else bundled_keys(jwks, policy.max_keys)
    if jwks_uri is not None:
        checked_url(jwks_uri, "jwks_uri")
    if offline or jwks_uri is not None:
        address = None if offline else jwks_uri
        source = KeySource(address, issuer=issuers[0], policy=policy, bundled=bundled)
        return dict.fromkeys(issuers, source)
    return {
        issuer: KeySource(
            f"{issuer.rstrip('/')}/.well-known/jwks.json",
            issuer=issuer,
            policy=policy,
            bundled=bundled,
            may_be_closed=len(issuers) > 1,
        )
        for issuer in issuers
    }


class Verifying(Generic[C_co]):
    """What both faces do."""

    _runtime: Any
    _realms: Mapping[str, _Realm]
    _kids: dict[bytes, str]

    def _set_up(
        self,
        runtime: Runtime,
        pool_id: str,
        *,
        jwks: object,
        jwks_uri: str | None,
        issuer: str | None,
        offline: bool,
        check: Callable[[Any], object] | None,
        is_revoked: Callable[[Any], object] | None,
        key_policy: KeyPolicy | None,
        **rules: Any,
    ) -> None:
        self._runtime = runtime
        judged = Rules(**rules)
        _warn_if_open(judged)
        sources = _sources(
            _issuers(pool_id, issuer),
            jwks=jwks,
            jwks_uri=jwks_uri,
            offline=offline,
            policy=key_policy or KeyPolicy(),
        )
        self._kids = {}
        self._realms = {
            name: _Realm(rules=judged, source=source, runtime=runtime, check=check, is_revoked=is_revoked)
            for name, source in sources.items()
        }
        for source in sources.values():
            source.begin(runtime.now(), runtime.monotonic())

    @operation
    async def verify(self, token: str) -> C_co:
        """The claims of a token that is good, for here and now.

        Args:
            token: The compact JWT, without ``Bearer``.

        Raises:
            TokenRejected: It must not be trusted; the class says why, ``http_status`` what to answer.
            KeysUnavailable: The issuer's keys could not be had: answer 503.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
        """
        segments = compact.split(token)
        kid = self._kids.get(segments.header) or _key_id(segments.header)
        claims = compact.read_claims(segments.payload)
        realm = self._realms.get(claims.get("iss", ""))
        if realm is None:
            raise WrongIssuer(
                "the token is another user pool's", expected=set(self._realms), actual=claims.get("iss")
            )
        now = realm.runtime.now()
        realm.rules.judge(claims, now)
        signature = compact.decode(segments.signature, "signature")
        key = realm.source.known(kid, now, realm.runtime.monotonic())
        if key is None:
            key = await realm.source.find(realm.runtime, kid)
        _check_signature(key, signature, segments.signing_input)
        self._remember_header(segments.header, kid)
        if realm.rules.restrict:
            realm.rules.permit(claims)
        verified = _CLAIMS[claims["token_use"]](claims)
        if realm.check is not None and not await self._answer(realm.check, verified):
            raise RefusedByCheck("the application's own check refused the token")
        if realm.is_revoked is not None and await self._answer(realm.is_revoked, verified):
            raise TokenRevoked("the token was revoked")
        return cast("C_co", verified)

    @operation
    async def warm(self) -> None:
        """Fetch the keys now, at start-up for instance, so that the first request does not wait for them.

        Raises:
            KeysUnavailable: No issuer's keys could be had.
        """
        failure: KeysUnavailable | None = None
        served = 0
        for realm in self._realms.values():
            try:
                await realm.source.warm(realm.runtime)
                served += not realm.source.closed
            except KeysUnavailable as error:
                failure = error
        if failure is not None and not served:
            raise failure

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The keys that are held now, as a key set to bundle (``jwks=``)."""
        return merged({id(realm.source): realm.source for realm in self._realms.values()}.values())

    def _remember_header(self, header: bytes, kid: str) -> None:
        # Only headers of good tokens, which are few: one for each key.
        if header not in self._kids:
            if len(self._kids) >= _HEADERS_REMEMBERED:
                self._kids.clear()
            self._kids[header] = kid

    async def _answer(self, question: Callable[[Any], object], claims: Claims) -> bool:
        """What the application says of the claims."""
        answer = question(claims)
        if inspect.isawaitable(answer):
            answer = await self._awaited(answer)
        return bool(answer)

    async def _awaited(self, answer: Awaitable[object]) -> object:
        return await answer


def _key_id(header: bytes) -> str:
    fields = compact.read_header(header)
    if fields["alg"] != _ALGORITHM:
        raise WrongAlgorithm("Cognito signs with RS256 only", expected=_ALGORITHM, actual=fields["alg"])
    kid: str = fields["kid"]
    return kid


def _check_signature(key: Key, signature: bytes, signed: bytes) -> None:
    try:
        key.public.verify(signature, signed, _PADDING, _SHA256)
    except InvalidSignature:
        pass
    else:
        return
    raise BadSignature("the signature does not fit the token")


def of_app(app: AppClient) -> dict[str, Any]:
    """What an app client says of its tokens.

    With an endpoint of its own the keys are there, though the tokens still name the pool's AWS issuer: emulators,
    proxies and private endpoints do so.
    """
    pool_id = app.required_pool_id("verifying tokens")
    jwks_uri = app.jwks_uri
    if jwks_uri is None and app.endpoint is not None:
        jwks_uri = f"{app.endpoint}/{pool_id}/.well-known/jwks.json"
    return {"pool_id": pool_id, "client_id": app.client_id, "issuer": app.issuer, "jwks_uri": jwks_uri}
