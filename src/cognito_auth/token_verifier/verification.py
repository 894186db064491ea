"""How a token is verified: what both faces share.

A token is parsed and judged before any key is asked for; its signature is checked next; what a good token may do,
``check=`` and ``is_revoked=`` come last. With a known key nothing waits and nothing is locked
(:meth:`Verification.at_once`); only keys that must be fetched, and the application's own questions, are waited for
(:meth:`Verification.in_full`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_auth import compact
from cognito_auth.claims import AccessClaims, Claims, IdClaims
from cognito_auth.errors import (
    BadSignature,
    KeysUnavailable,
    RefusedByCheck,
    TokenRejected,
    TokenRevoked,
    UsageError,
    WrongAlgorithm,
    WrongIssuer,
)
from cognito_auth.token_verifier.keys import Key, KeySource, merged
from cognito_auth.token_verifier.memory import Memory, fingerprint
from cognito_auth.token_verifier.rules import Rules

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime

_ALGORITHM: Final = "RS256"
_PADDING: Final = PKCS1v15()
_SHA256: Final = SHA256()
_LONGEST_REMEMBERED: Final = 512
_CLAIMS: Final[Mapping[str, Callable[[Mapping[str, Any]], Claims]]] = {
    "access": AccessClaims,
    "id": IdClaims,
}

Question = Callable[[Any], object]
"""What an application asks of the claims; under the async face the answer may have to be awaited."""


@attrs.frozen(kw_only=True)
class Realm:
    """One issuer: its rules, its keys, and who fetches them."""

    rules: Rules
    source: KeySource[RSAPublicKey]
    runtime: Runtime
    check: Question | None = None
    is_revoked: Question | None = None


Remembered = tuple[float, float, Key[RSAPublicKey], Realm, Claims]
"""A token that was good: from when and until when it is, the key that proved it, its issuer, and what was returned.

Its other rules need no second look: they are frozen with the verifier, and the claims with the token."""


class Wanted(NamedTuple):
    """The key that a token needs, where it is not at hand."""

    realm: Realm
    kid: str


class Verification:
    """Verifies the tokens of some issuers.

    Args:
        realms: Rules and keys by issuer.
        remember: How many verified tokens to remember; 0 for none.
        max_token_bytes: A longer token is refused unread.
    """

    def __init__(
        self,
        realms: Mapping[str, Realm],
        *,
        remember: int = 0,
        max_token_bytes: int = compact.DEFAULT_MAX_BYTES,
    ) -> None:
        if isinstance(max_token_bytes, bool) or not isinstance(max_token_bytes, int) or max_token_bytes < 1:
            raise UsageError(f"max_token_bytes: {max_token_bytes!r} is not a number of bytes above 0")
        self.realms = realms
        self.remember = remember
        self.max_token_bytes = max_token_bytes
        self.asks = any(realm.check or realm.is_revoked for realm in realms.values())
        """Whether the application has questions of its own."""
        memory: Memory[Remembered] = Memory(remember)
        self._memory = memory if remember else None

    def at_once(self, token: str, key: Key[RSAPublicKey] | None = None) -> Claims | Wanted:
        """The claims of a token, where nothing has to be waited for; else the key that is wanted.

        The application's own questions are not asked yet.

        Args:
            token: The compact JWT.
            key: What was wanted; without it, what is at hand.

        Raises:
            TokenRejected: It must not be trusted.
        """
        memory, key_of_token = self._memory, b""
        if memory is not None:
            key_of_token = fingerprint(token, self.max_token_bytes)
            remembered = memory.get(key_of_token)
            if remembered is not None and _still_holds(remembered):
                return remembered[4]

        # Everything that can be said before a key is needed.
        header, content, encoded_signature, signed = compact.split(token, self.max_token_bytes)
        kid = key_id(header)
        payload = compact.read_claims(content)
        realm = self.realms.get(payload.get("iss", ""))
        if realm is None:
            raise WrongIssuer(
                "the token is another user pool's", expected=set(self.realms), actual=payload.get("iss")
            )
        runtime, rules = realm.runtime, realm.rules
        now = runtime.now()
        rules.judge(payload, now)
        signature = compact.decode(encoded_signature, "signature")

        key = key or realm.source.known(kid, now, runtime.monotonic())
        if key is None:
            return Wanted(realm, kid)
        try:
            key.public.verify(signature, signed, _PADDING, _SHA256)
        except InvalidSignature:
            raise BadSignature("the signature does not fit the token") from None

        # What only a good token can be told.
        if rules.restrict:
            rules.permit(payload.get("scope", "").split(), payload.get("cognito:groups", ()))
        claims = _CLAIMS[payload["token_use"]](payload)
        if memory is not None:
            begins, ends = rules.window(payload)
            memory.put(key_of_token, (begins, ends, key, realm, claims))
        return claims

    async def in_full(self, token: str, outcome: Claims | Wanted) -> Claims:
        """The claims of a token, with everything that has to be waited for.

        Args:
            token: The compact JWT.
            outcome: What :meth:`at_once` said.

        Raises:
            TokenRejected: It must not be trusted.
            KeysUnavailable: The issuer's keys could not be had.
        """
        if isinstance(outcome, Wanted):
            key = await outcome.realm.source.find(outcome.realm.runtime, outcome.kid)
            outcome = self.at_once(token, key)
        claims = cast("Claims", outcome)  # with a key there is nothing more to want
        if self.asks:
            await self._ask(self.realms[claims.issuer], claims)
        return claims

    async def warm(self) -> None:
        """Fetch the keys of every issuer that has any.

        Raises:
            KeysUnavailable: No issuer's keys could be had.
        """
        failure: KeysUnavailable | None = None
        served = False
        for realm in self.realms.values():
            try:
                await realm.source.warm(realm.runtime)
            except KeysUnavailable as error:
                failure = error
            else:
                served = served or not realm.source.closed
        if failure is not None and not served:
            raise failure

    @classmethod
    def any_of(cls, parts: Iterable[Verification]) -> Verification:
        """The issuers of all parts together.

        Raises:
            UsageError: There is no part, or two verify the same issuer.
        """
        parts = tuple(parts)
        names = [name for part in parts for name in part.realms]
        doubled = {name for name in names if names.count(name) > 1}
        if not names or doubled:
            raise UsageError(
                "any_of: routes by issuer, so it takes verifiers of different user pools"
                + (
                    f"; two of these verify {min(doubled)}: give one verifier several clients"
                    if doubled
                    else ""
                )
            )
        return cls(
            {name: realm for part in parts for name, realm in part.realms.items()},
            remember=sum(part.remember for part in parts),
            max_token_bytes=min(part.max_token_bytes for part in parts),
        )

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The keys that are held now, as one key set."""
        return merged({id(realm.source): realm.source for realm in self.realms.values()}.values())

    async def _ask(self, realm: Realm, claims: Claims) -> None:
        """The application's own questions, the last of all."""
        if realm.check is not None and not await _answer(realm.check, claims):
            raise RefusedByCheck("the application's own check refused the token")
        if realm.is_revoked is not None and await _answer(realm.is_revoked, claims):
            raise TokenRevoked("the token was revoked")


def _still_holds(remembered: Remembered) -> bool:
    """Whether it is still the token's time, and the key that proved it still the issuer's."""
    begins, ends, key, realm, _ = remembered
    runtime = realm.runtime
    now = runtime.now()
    return begins <= now < ends and realm.source.known(key.kid, now, runtime.monotonic()) is key


async def _answer(question: Question, claims: Claims) -> object:
    answer = question(claims)
    return await answer if inspect.isawaitable(answer) else answer


def key_id(header: bytes) -> str:
    """The ``kid`` of a header that Cognito could have written.

    There is one header for each key, so reading it is remembered; strangers' junk repeats itself as well.

    Raises:
        MalformedToken: It is no header.
        WrongAlgorithm: It asks for something else than Cognito's algorithm.
    """
    verdict = _verdict(header) if len(header) <= _LONGEST_REMEMBERED else _verdict.__wrapped__(header)
    if isinstance(verdict, str):
        return verdict
    raise type(verdict)(verdict.reason, expected=verdict.expected, actual=verdict.actual)


@lru_cache(maxsize=256)
def _verdict(header: bytes) -> str | TokenRejected:
    try:
        fields = compact.read_header(header)
    except TokenRejected as error:
        return type(error)(
            error.reason, expected=error.expected, actual=error.actual
        )  # without its traceback
    if fields["alg"] != _ALGORITHM:
        return WrongAlgorithm("Cognito signs with RS256 only", expected=_ALGORITHM, actual=fields["alg"])
    kid: str = fields["kid"]
    return kid
