"""What an Application Load Balancer says of a user whom it has signed in (``x-amzn-oidc-data``).

It is a JWT of its own kind: signed with ES256, its segments padded, and what binds it (issuer, client, signer, end)
in the header; the payload is what the user-info endpoint said. Each key has an address of its own, which ends with
the key's id, so an id is worth a request only if it is a UUID, and strangers' ids are worth few.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cognito_auth import compact
from cognito_auth._runtime.operation import Awaiting, Blocking, operation
from cognito_auth._runtime.retry import Retry
from cognito_auth._runtime.runtime import AsyncRuntime, BlockingRuntime
from cognito_auth._values import checked_url, required_text, text_set
from cognito_auth.app_client import dns_suffix
from cognito_auth.claims import AlbClaims
from cognito_auth.errors import (
    BadSignature,
    KeysUnavailable,
    MalformedToken,
    TokenExpired,
    UnknownKey,
    UsageError,
    WrongAlgorithm,
    WrongClient,
    WrongIssuer,
    WrongSigner,
)
from cognito_auth.token_verifier.face import DEFAULT_TIMEOUT, Names, within
from cognito_auth.token_verifier.keys import Key, KeyPolicy, KeySource
from cognito_auth.token_verifier.rules import accepted_clients

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.runtime import Runtime

_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:elasticloadbalancing:([a-z0-9-]+):\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]+", re.ASCII
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ES256: Final = ECDSA(SHA256())
_HALF: Final = 32
"""Bytes of each of the two numbers of a signature (RFC 7518 §3.4)."""

_MOST_KEYS: Final = 64
_NEW_KEYS: Final = 10
_NEW_KEYS_PER: Final = 60.0
"""Seconds in which so many new key ids are worth a request."""


def _arns(value: Names) -> frozenset[str]:
    arns = text_set(value, "load_balancer_arn")
    for arn in arns:
        if _ARN.fullmatch(arn) is None:
            raise UsageError(
                f"load_balancer_arn: {arn!r} is not an Application Load Balancer's: expected one such as "
                "'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/my-alb/50dc6c495c0c9188'"
            )
    if not arns:
        raise UsageError("load_balancer_arn: none at all: give one, or several")
    return arns


def _key_host(arn: str) -> str:
    """Where the keys of a load balancer's Region are."""
    region = arn.split(":")[3]
    if region.startswith("us-gov-"):
        return f"https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
    return f"https://public-keys.auth.elb.{region}.{dns_suffix(region)}"


def read_pem(content: bytes, kid: str) -> dict[str, Key[EllipticCurvePublicKey]]:
    """The key of a PEM text.

    Raises:
        ValueError: It is not a public key on P-256.
    """
    try:
        public = load_pem_public_key(content)
    except Exception:  # noqa: BLE001 - cryptography raises several kinds, of several packages, for junk
        public = None
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, SECP256R1):
        raise ValueError("not a public key for ES256 in PEM")  # noqa: TRY004 - its content is wrong, not its type
    return {kid: Key(kid=kid, public=public, jwk={"pem": content.decode("ascii")})}


class AlbKeys:
    """The keys of load balancers, each at an address of its own.

    Args:
        policy: How each is kept.
    """

    def __init__(self, policy: KeyPolicy) -> None:
        self._policy = policy
        self._sources: dict[str, KeySource[EllipticCurvePublicKey]] = {}
        self._window = (0.0, 0)

    async def find(self, runtime: Runtime, host: str, kid: str) -> Key[EllipticCurvePublicKey]:
        """The key, fetched where that is due and allowed.

        Raises:
            UnknownKey: There is no such key.
            KeysUnavailable: It cannot be known.
        """
        if _UUID.fullmatch(kid) is None:
            raise UnknownKey("a load balancer's key id is a UUID", expected="a UUID", actual=kid)
        address = f"{host}/{kid}"
        source = self._sources.get(address) or self._new(runtime, address, kid)
        known = source.known(kid, runtime.now(), runtime.monotonic())
        return known or await source.find(runtime, kid)

    def _new(self, runtime: Runtime, address: str, kid: str) -> KeySource[EllipticCurvePublicKey]:
        self._count(runtime, address)
        if len(self._sources) >= _MOST_KEYS:
            # What holds no key goes first, then what came first.
            oldest = min(list(self._sources.items()), key=lambda entry: bool(entry[1].jwks()))[0]
            self._sources.pop(oldest, None)
        source = KeySource[EllipticCurvePublicKey](
            address,
            issuer=address,
            policy=self._policy,
            read=lambda content: read_pem(content, kid),
            closed=frozenset([403, 404]),
        )
        return self._sources.setdefault(address, source)

    def _count(self, runtime: Runtime, address: str) -> None:
        """Let few new ids through: anyone can make up UUIDs."""
        began, count = self._window
        ticks = runtime.monotonic()
        if count and ticks - began < _NEW_KEYS_PER:
            if count >= _NEW_KEYS:
                raise KeysUnavailable(
                    f"{address} is not asked for: {count} new key ids were within a minute", issuer=address
                )
            self._window = (began, count + 1)
        else:
            self._window = (ticks, 1)


@attrs.frozen(kw_only=True)
class AlbRules:
    """Which load balancers, for which clients, of which issuer.

    Args:
        signers: The load balancers' ARNs.
        client_id: The clients of their sign-in rules; ``None`` for any.
        issuer: The ``iss`` of their sign-in rules.
        leeway: Seconds by which clocks may differ.
    """

    signers: frozenset[str] = attrs.field(converter=_arns)
    client_id: frozenset[str] | None = attrs.field(converter=accepted_clients)
    issuer: str
    leeway: float = 0

    def judge(self, header: Mapping[str, Any], now: float) -> None:
        """Return if the token is of these, for here and now.

        Raises:
            TokenRejected: It is not.
        """
        expires = header.get("exp")
        if isinstance(expires, bool) or not isinstance(expires, (int, float)):
            raise MalformedToken("the header's exp is missing or no number", expected="exp", actual=expires)
        if not 0 <= expires < compact.YEAR_10000:
            raise MalformedToken("the header's exp is beyond every range", expected="exp", actual=expires)
        for name, expected, refusal in (
            ("signer", self.signers, WrongSigner),
            ("iss", {self.issuer}, WrongIssuer),
            ("client", self.client_id, WrongClient),
        ):
            actual = header.get(name)
            if not isinstance(actual, str) or (expected is not None and actual not in expected):
                raise refusal(
                    f"the header's {name} is not the expected one", expected=expected or name, actual=actual
                )
        if now >= expires + self.leeway:
            raise TokenExpired("the token has expired", expected=f"exp after {now:.0f}", actual=expires)


def _unpadded(segment: bytes, name: str) -> bytes:
    """A segment without the padding that load balancers write."""
    bare = segment.rstrip(b"=")
    padding = len(segment) - len(bare)
    if padding and padding != -len(bare) % 4:
        raise MalformedToken(f"the {name} is wrongly padded")
    return bare


class _AlbVerifying:
    """What both faces do."""

    _runtime: Any
    _rules: AlbRules
    _keys: AlbKeys
    _host: str | None

    def _set_up(
        self,
        runtime: Runtime,
        load_balancer_arn: Names,
        *,
        client_id: Names | None,
        issuer: str,
        leeway: float,
        keys_url: str | None,
        key_policy: KeyPolicy | None,
    ) -> None:
        if isinstance(leeway, bool) or not isinstance(leeway, (int, float)) or not 0 <= leeway < float("inf"):
            raise UsageError(f"leeway: {leeway!r} is not a number of seconds: expected 0 or more")
        self._runtime = runtime
        self._rules = AlbRules(
            signers=load_balancer_arn,
            client_id=client_id,
            issuer=required_text(
                issuer, "issuer", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
            ),
            leeway=leeway,
        )
        if keys_url is not None:
            checked_url(keys_url, "keys_url")
        self._host = None if keys_url is None else keys_url.rstrip("/")
        self._keys = AlbKeys(key_policy or KeyPolicy(max_bytes=8 * 1024))

    @operation
    async def verify(self, token: str) -> AlbClaims:
        """What the load balancer says of its user.

        Args:
            token: The value of ``x-amzn-oidc-data``.

        Raises:
            TokenRejected: It must not be trusted; the class says why.
            KeysUnavailable: The key could not be had: answer 503.
        """
        encoded_header, payload, encoded_signature, signed = compact.split(token)
        header = compact.read_header(_unpadded(encoded_header, "header"))
        if header["alg"] != "ES256":
            raise WrongAlgorithm(
                "load balancers sign with ES256 only", expected="ES256", actual=header["alg"]
            )
        self._rules.judge(header, self._runtime.now())
        claims = compact.read_claims(_unpadded(payload, "payload"))
        signature = compact.decode(_unpadded(encoded_signature, "signature"), "signature")
        host = self._host or _key_host(header["signer"])
        key = await self._keys.find(self._runtime, host, header["kid"])
        _check(key, signature, signed)
        return AlbClaims(claims, header)


def _check(key: Key[EllipticCurvePublicKey], signature: bytes, signed: bytes) -> None:
    fits = len(signature) == 2 * _HALF
    if fits:
        numbers = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
        try:
            key.public.verify(encode_dss_signature(*numbers), signed, _ES256)
        except InvalidSignature:
            fits = False
    if not fits:
        raise BadSignature("the signature does not fit the token")


class AlbTokenVerifier(_AlbVerifying, Blocking):
    """Verifies what Application Load Balancers say of their users (``x-amzn-oidc-data``).

    Args:
        load_balancer_arn: The load balancer's ARN, or several: whose word is taken.
        client_id: The app client, or clients, of its sign-in rule; ``None`` accepts any on purpose.
        issuer: The issuer of its sign-in rule, such as
            ``"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"``.
        leeway: Seconds by which clocks may differ.
        keys_url: Where the keys are, where that is not AWS's address for the load balancer's Region.
        key_policy: How long keys are kept.
        http_client: An ``httpx`` or ``httpx2`` client to fetch keys with; the caller closes it.
        timeout: Seconds for one fetch of a key, all attempts together.
        retry: How passing failures of the key endpoint are met.

    Raises:
        UsageError: An argument cannot be right; the text names it.
    """

    def __init__(
        self,
        load_balancer_arn: Names,
        *,
        client_id: Names | None,
        issuer: str,
        leeway: float = 0,
        keys_url: str | None = None,
        key_policy: KeyPolicy | None = None,
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._set_up(
            BlockingRuntime(http_client, timeout=timeout, retry=retry or within(timeout)),
            load_balancer_arn,
            client_id=client_id,
            issuer=issuer,
            leeway=leeway,
            keys_url=keys_url,
            key_policy=key_policy,
        )


class AsyncAlbTokenVerifier(_AlbVerifying, Awaiting):
    """Verifies what Application Load Balancers say of their users; ``await`` its methods.

    Args:
        load_balancer_arn: The load balancer's ARN, or several: whose word is taken.
        client_id: The app client, or clients, of its sign-in rule; ``None`` accepts any on purpose.
        issuer: The issuer of its sign-in rule.
        leeway: Seconds by which clocks may differ.
        keys_url: Where the keys are, where that is not AWS's address for the load balancer's Region.
        key_policy: How long keys are kept.
        http_client: An ``httpx`` or ``httpx2`` client to fetch keys with; the caller closes it.
        timeout: Seconds for one fetch of a key, all attempts together.
        retry: How passing failures of the key endpoint are met.

    Raises:
        UsageError: An argument cannot be right; the text names it.
    """

    def __init__(
        self,
        load_balancer_arn: Names,
        *,
        client_id: Names | None,
        issuer: str,
        leeway: float = 0,
        keys_url: str | None = None,
        key_policy: KeyPolicy | None = None,
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._set_up(
            AsyncRuntime(http_client, timeout=timeout, retry=retry or within(timeout)),
            load_balancer_arn,
            client_id=client_id,
            issuer=issuer,
            leeway=leeway,
            keys_url=keys_url,
            key_policy=key_policy,
        )
