"""An issuer's keys (JWKS, RFC 7517): fetched when needed, kept while they are good, refreshed without anyone waiting.

* A known key is found without a lock and without waiting.
* Past the soft lifetime one caller refreshes; the others go on with what they have, and so does that caller if
  the endpoint is down, up to the hard limit.
* An unknown key id is worth one fetch, then a pause: a stranger's tokens must not turn into requests.
* What a fetch brings replaces what was there: a key that the issuer withdrew is forgotten.

One key set stands for one address, and serves the issuers that this address is known for, nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cognito_auth import compact
from cognito_auth._runtime import retry
from cognito_auth._runtime.flight import Flights
from cognito_auth._runtime.http import Request
from cognito_auth._runtime.operation import checked_seconds
from cognito_auth._runtime.retry import Resend
from cognito_auth.errors import KeysUnavailable, MalformedToken, TransportError, UnknownKey, UsageError
from cognito_auth.events import Listener, announce

if TYPE_CHECKING:
    from cognito_auth._runtime.http import Reply
    from cognito_auth._runtime.runtime import Runtime

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192


def _whole_number(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{field.name}: {value!r} is not a number above 0")


def _seconds(_: object, field: attrs.Attribute[Any], value: float) -> None:
    checked_seconds(value, field.name)


@attrs.frozen(kw_only=True)
class KeyPolicy:
    """How keys are kept.

    Args:
        fresh_for: Seconds after which one caller fetches them again.
        usable_for: Seconds for which they serve while the endpoint is down.
        cooldown: Seconds between fetches that an unknown key id or a failure caused.
        max_bytes: A longer key set is refused.
        max_keys: A key set with more entries is refused.

    The two caps are those of Application Load Balancers:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html

    Raises:
        UsageError: A number is out of range.
    """

    fresh_for: float = attrs.field(default=3600.0, validator=_seconds)
    usable_for: float = attrs.field(default=86400.0, validator=_seconds)
    cooldown: float = attrs.field(default=10.0, validator=_seconds)
    max_bytes: int = attrs.field(default=150 * 1024, validator=_whole_number)
    max_keys: int = attrs.field(default=10, validator=_whole_number)

    def __attrs_post_init__(self) -> None:
        """The hard limit cannot come before the soft one."""
        if self.usable_for < self.fresh_for:
            raise UsageError("usable_for: is shorter than fresh_for: expected at least as many seconds")


PublicKey = TypeVar("PublicKey", bound=RSAPublicKey | EllipticCurvePublicKey)


@attrs.frozen(kw_only=True)
class Key(Generic[PublicKey]):
    """A public key of an issuer.

    Attributes:
        kid: Its id.
        public: What verifies.
        jwk: What it is made of, as it is published.
    """

    kid: str
    public: PublicKey = attrs.field(repr=False, eq=False)
    jwk: Mapping[str, str]


def read_key(entry: object) -> Key[RSAPublicKey] | None:
    """The key of an entry of a key set; ``None`` where it cannot verify a token of Cognito's."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA":
        return None
    kid, modulus, exponent = (entry.get(name) for name in ("kid", "n", "e"))
    if not (isinstance(kid, str) and kid and isinstance(modulus, str) and isinstance(exponent, str)):
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    public = _rsa_key(modulus, exponent)
    if public is None:
        return None
    jwk = {"kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig", "n": modulus, "e": exponent}
    return Key(kid=kid, public=public, jwk=jwk)


def _rsa_key(modulus: str, exponent: str) -> RSAPublicKey | None:
    """The key of these numbers, if it is neither weak nor made to waste time."""
    from jwt.algorithms import RSAAlgorithm
    from jwt.exceptions import PyJWTError

    if len(modulus) > MAX_RSA_BITS // 6 + 2 or len(exponent) > 8:
        return None
    try:
        # Only the public members: a key set that leaks private ones must not make a private key of them.
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
    except (PyJWTError, ValueError):
        return None
    if not isinstance(key, RSAPublicKey) or not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return None
    return key


def read_key_set(content: bytes, max_keys: int) -> dict[str, Key[RSAPublicKey]]:
    """The usable keys of a key set, by id. A bad entry does not spoil the good ones.

    Raises:
        ValueError: It is not a key set, or a too long one.
    """
    try:
        document = compact.read_json(content, "key set")
    except MalformedToken as error:
        raise ValueError(error.reason) from None
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise ValueError("the key set has no list of keys")  # noqa: TRY004 - its content is wrong, not its type
    if len(entries) > max_keys:
        raise ValueError(f"the key set has more than {max_keys} keys")
    keys: dict[str, Key[RSAPublicKey]] = {}
    for entry in entries:
        key = read_key(entry)
        if key is not None:
            keys.setdefault(key.kid, key)
    return keys


@attrs.frozen(kw_only=True)
class _Held(Generic[PublicKey]):
    """The keys of one fetch. It is replaced whole, so readers need no lock."""

    keys: Mapping[str, Key[PublicKey]]
    at: float
    """When they came, by the machine's clock, which may be set but goes on while a process is frozen."""
    ticks: float
    """When they came, by the clock that is never set."""

    def age(self, now: float, ticks: float) -> float:
        """Seconds, by whichever clock says more."""
        return max(now - self.at, ticks - self.ticks)


_NEVER: Final = float("-inf")


class KeySource(Generic[PublicKey]):
    """The keys at one address.

    Args:
        address: The JWKS's address; ``None`` for no fetches at all.
        issuer: Whose keys they are, for errors.
        policy: How they are kept.
        bundled: Keys to begin with.
        read: What makes keys of an answer; it raises ValueError where it cannot.
        closed: Statuses that mean that there are no keys here, and will be none soon.
        on_event: Told of fetches.
    """

    def __init__(
        self,
        address: str | None,
        *,
        issuer: str,
        policy: KeyPolicy,
        bundled: Mapping[str, Key[PublicKey]] | None = None,
        read: Callable[[bytes], Mapping[str, Key[PublicKey]]],
        closed: frozenset[int] = frozenset(),
        on_event: Listener | None = None,
    ) -> None:
        self.address = address
        self.issuer = issuer
        self._policy = policy
        self._read = read
        self._closed_statuses = closed
        self._on_event = on_event
        self._flights: Flights[None] = Flights()
        self._held = _Held[PublicKey](keys=bundled or {}, at=_NEVER, ticks=_NEVER)
        self._has_any = bundled is not None
        self._fresh_until = (_NEVER, _NEVER)
        self._cool_until = _NEVER
        self._refreshed_until = _NEVER
        self._closed = False
        self._failing = False

    def begin(self, now: float, ticks: float) -> None:
        """Let the bundled keys count as fetched now."""
        if self._has_any:
            self._hold(self._held.keys, now, ticks)

    def known(self, kid: str, now: float, ticks: float) -> Key[PublicKey] | None:
        """The key, if it is here and nothing is to be done about it."""
        until, ticks_until = self._fresh_until
        return self._held.keys.get(kid) if now < until and ticks < ticks_until else None

    def jwks(self) -> list[dict[str, str]]:
        """The keys that are held, as a key set has them."""
        return [dict(key.jwk) for key in self._held.keys.values()]

    async def find(self, runtime: Runtime, kid: str) -> Key[PublicKey]:
        """The key, fetched where that is due and allowed.

        Raises:
            UnknownKey: The issuer has no such key.
            KeysUnavailable: It cannot be known, because the keys could not be had.
        """
        if kid not in self._usable(runtime):
            await self._ask_for_unknown(runtime, kid)
        elif self._may_refresh(runtime):
            await self._refresh(runtime)
        key = self._usable(runtime).get(kid)
        if key is None:
            raise UnknownKey("the issuer has no such key", expected=set(self._held.keys), actual=kid)
        return key

    async def warm(self, runtime: Runtime) -> None:
        """Fetch the keys, if there are none that are fresh.

        Raises:
            KeysUnavailable: They could not be had.
        """
        if self.address is not None and not self._is_fresh(runtime):
            await self._fetch_together(runtime)

    @property
    def closed(self) -> bool:
        """Whether the address answered that there are no keys here."""
        return self._closed

    def _is_fresh(self, runtime: Runtime) -> bool:
        until, ticks_until = self._fresh_until
        return runtime.now() < until and runtime.monotonic() < ticks_until

    def _is_usable(self, runtime: Runtime) -> bool:
        age = self._held.age(runtime.now(), runtime.monotonic())
        return self.address is None or age < self._policy.usable_for

    def _usable(self, runtime: Runtime) -> Mapping[str, Key[PublicKey]]:
        return self._held.keys if self._is_usable(runtime) else {}

    def _cool_down(self, runtime: Runtime, seconds: float | None = None) -> None:
        pause = self._policy.cooldown if seconds is None else seconds
        self._cool_until = max(self._cool_until, runtime.monotonic() + pause)

    async def _ask_for_unknown(self, runtime: Runtime, kid: str) -> None:
        if self.address is None:
            return
        if runtime.monotonic() >= self._cool_until:
            await self._fetch_together(runtime)
            if kid not in self._held.keys:
                self._cool_down(runtime)
        elif self._failing or not self._is_usable(runtime):
            raise self._unavailable("the last attempt failed a moment ago")

    def _may_refresh(self, runtime: Runtime) -> bool:
        """Whether this caller is the one that refreshes."""
        ticks = runtime.monotonic()
        if self.address is None or ticks < self._cool_until or ticks < self._refreshed_until:
            return False
        self._refreshed_until = ticks + runtime.retry.deadline
        return True

    async def _refresh(self, runtime: Runtime) -> None:
        try:
            await self._fetch_together(runtime)
        except KeysUnavailable:
            return  # what is here still serves, and the pause has begun

    async def _fetch_together(self, runtime: Runtime) -> None:
        seen = self._held
        await self._flights.join(runtime, "keys", lambda: self._fetch(runtime, seen))

    async def _fetch(self, runtime: Runtime, seen: _Held[PublicKey]) -> None:
        if self._held is not seen:
            return  # another caller's fetch ended between this one's look and its turn
        try:
            keys = await self._keys_at_address(runtime)
        except KeysUnavailable as error:
            self._failing = True
            self._cool_down(runtime)
            announce(self._on_event, "keys_failed", self.issuer, runtime.now(), {"error": str(error)})
            raise
        self._hold(keys, runtime.now(), runtime.monotonic())
        announce(self._on_event, "keys_fetched", self.issuer, runtime.now(), {"keys": len(keys)})

    def _hold(self, keys: Mapping[str, Key[PublicKey]], now: float, ticks: float) -> None:
        before = self._held.keys
        # The same key stays the same object, so that what was verified with it stays remembered.
        kept = {kid: before[kid] if before.get(kid) == key else key for kid, key in keys.items()}
        self._held = _Held[PublicKey](keys=kept, at=now, ticks=ticks)
        self._fresh_until = (now + self._policy.fresh_for, ticks + self._policy.fresh_for)
        self._refreshed_until = _NEVER
        self._failing = False

    async def _keys_at_address(self, runtime: Runtime) -> Mapping[str, Key[PublicKey]]:
        assert self.address is not None, "without an address nothing is fetched"  # noqa: S101 - for type checkers
        request = Request(
            method="GET", url=self.address, timeout=runtime.timeout, max_bytes=self._policy.max_bytes
        )
        try:
            reply = await retry.send(runtime, request, resend=Resend.SAFE, throttled=lambda _: False)
        except TransportError as error:
            failure = str(error)
        else:
            return self._keys_of(runtime, reply)
        raise self._unavailable(failure)

    def _keys_of(self, runtime: Runtime, reply: Reply) -> Mapping[str, Key[PublicKey]]:
        self._closed = reply.status in self._closed_statuses and not self._held.keys
        if self._closed:
            self._cool_down(runtime, self._policy.fresh_for)
            return {}
        if reply.status != 200:
            raise self._unavailable(f"{self.address} answered with status {reply.status}")
        try:
            return self._read(reply.content)
        except ValueError as error:
            failure = f"{self.address}: {error}"
        raise self._unavailable(failure)

    def _unavailable(self, why: str) -> KeysUnavailable:
        return KeysUnavailable(f"the keys of {self.issuer} could not be had: {why}", issuer=self.issuer)


def bundled_keys(value: object, max_keys: int) -> dict[str, Key[RSAPublicKey]]:
    """The keys of ``jwks=``: a key set as a mapping, or its JSON text.

    Raises:
        UsageError: It is not a key set, or has no key that could verify.
    """
    import json

    try:
        content = (
            value
            if isinstance(value, bytes)
            else value.encode()
            if isinstance(value, str)
            else json.dumps(value).encode()
        )
        keys = read_key_set(content, max_keys)
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"jwks: {error}: expected a key set such as {{'keys': [...]}}, or its JSON text"
        ) from None
    if not keys:
        raise UsageError(
            "jwks: no key in it can verify: expected RSA keys of 2048 bits or more, with kid, n and e"
        )
    return keys


def merged(sources: Iterable[KeySource[RSAPublicKey]]) -> dict[str, list[dict[str, str]]]:
    """One key set of the keys that several sources hold."""
    by_id = {jwk["kid"]: jwk for source in sources for jwk in source.jwks()}
    return {"keys": list(by_id.values())}
