"""Which user pool, which app client, and at which addresses they are.

No address is ever built from the content of a token: every host that this library talks to follows from here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs

from cognito_auth._values import Secretive, checked_url, origin_of, redacted, required_text
from cognito_auth.errors import UsageError

# The suffixes of AWS's partitions, the first match wins (botocore's partitions.json, dnsSuffix).
_DNS_SUFFIXES: Final = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("", "amazonaws.com"),
)

# Whole match, ASCII only: \w would let Cyrillic letters through, and "$" a trailing newline.
_POOL_ID: Final = re.compile(r"([\w-]+)_([0-9a-zA-Z]+)", re.ASCII)
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", re.ASCII)
_CLIENT_ID: Final = re.compile(r"[\w+]{1,128}", re.ASCII)
_DOMAIN_PREFIX: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_HOST_NAME: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII | re.IGNORECASE
)

ClientSecret = str | Callable[[], str]


def split_pool_id(pool_id: object) -> tuple[str, str]:
    """The Region and the pool's own name, the two halves of a pool id.

    Raises:
        UsageError: It is not shaped like one (botocore's pattern, at most 55 characters, ASCII).
    """
    found = _POOL_ID.fullmatch(pool_id) if isinstance(pool_id, str) and len(pool_id) <= 55 else None
    if found is None:
        raise UsageError(
            f"pool_id: {pool_id!r} is not a user pool id: expected the Region, an underscore and letters or digits, "
            "such as 'eu-west-1_AbCdEfGhI' (at most 55 ASCII characters, nothing before or after)"
        )
    return found[1], found[2]


def dns_suffix(region: str) -> str:
    """The host suffix of the AWS partition that a Region belongs to."""
    return next(suffix for prefix, suffix in _DNS_SUFFIXES if region.startswith(prefix))


def _is_aws_region(region: str) -> bool:
    return _REGION.fullmatch(region) is not None


def _checked_base(value: str | None, argument: str) -> str | None:
    """An address to append paths to, without its trailing slash."""
    if value is None:
        return None
    parts = checked_url(value, argument)
    return origin_of(parts) + parts.path.rstrip("/")


def _repr_of_secret(value: ClientSecret | None) -> str:
    return "<callable>" if callable(value) else redacted(value)


@attrs.frozen(kw_only=True)
class AppClient(Secretive):
    """An app client of a user pool, with everything that is needed to reach it.

    >>> app = AppClient(client_id="1h57kf5cpq17m0eml12EXAMPLE", pool_id="eu-west-1_AbCdEfGhI")
    >>> app.endpoint_url
    'https://cognito-idp.eu-west-1.amazonaws.com'

    Args:
        client_id: The app client's id.
        pool_id: The user pool's id. Without it, only what needs no pool id works: InitiateAuth with a plain
            password, the OAuth endpoints.
        region: Needed without ``pool_id``; beside it, the Region of a replica (multi-Region pools).
        client_secret: The secret of a confidential client, or a callable that returns the present one: two may be
            live at once while one is being rotated.
        domain: The pool's domain for managed login and the OAuth endpoints: a prefix (``"my-prefix"``), a host
            name (``"auth.example.com"``) or an address.
        endpoint: The address of the JSON API, where it is not AWS's own for the Region.
        issuer: The ``iss`` of the pool's tokens, where it is neither of the two AWS forms.
        jwks_uri: Where the keys are, where that is not below the issuer.
        fips: Use the FIPS endpoint of the Region.

    Raises:
        UsageError: An id, Region or address cannot be right; the text names the argument.

    https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html lists the endpoints.
    """

    client_id: str
    pool_id: str | None = None
    region: str = attrs.field(default="")
    client_secret: ClientSecret | None = attrs.field(default=None, repr=_repr_of_secret)
    domain: str | None = None
    endpoint: str | None = None
    issuer: str | None = None
    jwks_uri: str | None = None
    fips: bool = False

    def __attrs_post_init__(self) -> None:
        """Everything is checked and normalised here, once."""
        self._check_client()
        for name in ("endpoint", "issuer", "jwks_uri"):
            self._set(name, _checked_base(getattr(self, name), name))
        self._check_region()
        if self.fips and self.endpoint is not None:
            raise UsageError(
                "fips: cannot go with endpoint=: give the FIPS address as endpoint=, or leave it out"
            )
        if self.domain is not None:
            self._set("domain", self._domain_url(self.domain))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_client(self) -> None:
        if not isinstance(self.client_id, str) or _CLIENT_ID.fullmatch(self.client_id) is None:
            raise UsageError(
                f"client_id: {self.client_id!r} is not an app client id: expected 1 to 128 letters, digits, '_' or "
                "'+', such as '1h57kf5cpq17m0eml12EXAMPLE'"
            )
        if self.client_secret is not None and not callable(self.client_secret):
            required_text(self.client_secret, "client_secret", "the app client's secret, or a callable")

    def _check_region(self) -> None:
        pool_region = split_pool_id(self.pool_id)[0] if self.pool_id is not None else None
        region = self.region or pool_region
        if region is None:
            raise UsageError(
                "pool_id: missing, and no region either: give pool_id='eu-west-1_AbCdEfGhI', or region='eu-west-1'"
            )
        if not isinstance(region, str) or not region.isascii():
            raise UsageError(f"region: {region!r} is not a Region: expected one such as 'eu-west-1'")
        if not _is_aws_region(region) and self.endpoint is None and self.issuer is None:
            argument = "region" if self.region else "pool_id"
            raise UsageError(
                f"{argument}: {region!r} is not shaped like an AWS Region such as 'eu-west-1': expected one, or "
                "endpoint= (or issuer=) beside it where the pool is an emulator's"
            )
        self._set("region", region)

    def _domain_url(self, domain: str) -> str:
        required_text(domain, "domain", "my-prefix")
        if "://" in domain:
            parts = checked_url(domain, "domain")
            if parts.path not in {"", "/"}:
                raise UsageError(
                    f"domain: {domain!r} has a path: expected the host alone, such as 'https://auth.example.com'"
                )
            return origin_of(parts)
        if _HOST_NAME.fullmatch(domain):
            return f"https://{domain.lower()}"
        if _DOMAIN_PREFIX.fullmatch(domain):
            # https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html
            kind = "auth-fips" if self.fips else "auth"
            return f"https://{domain}.{kind}.{self.region}.amazoncognito.com"
        raise UsageError(
            f"domain: {domain!r} is not a domain: expected a prefix such as 'my-prefix', a host name such as "
            "'auth.example.com', or an address such as 'https://auth.example.com'"
        )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The app client that the environment names.

        Reads ``COGNITO_POOL_ID``, ``COGNITO_CLIENT_ID``, ``COGNITO_CLIENT_SECRET``, ``COGNITO_REGION``,
        ``COGNITO_DOMAIN`` and ``COGNITO_ENDPOINT``; empty ones count as not set.

        Args:
            environ: Where to look instead of ``os.environ``.

        Raises:
            UsageError: ``COGNITO_CLIENT_ID`` is missing, or a value cannot be right.
        """
        source = os.environ if environ is None else environ
        settings: dict[str, Any] = {
            name: source[variable]
            for name in ("pool_id", "client_id", "client_secret", "region", "domain", "endpoint")
            if source.get(variable := f"COGNITO_{name.upper()}")
        }
        if "client_id" not in settings:
            raise UsageError("COGNITO_CLIENT_ID: not set: expected the app client's id in the environment")
        return cls(**settings)

    @property
    def endpoint_url(self) -> str:
        """The address of the JSON API, without a trailing slash."""
        if self.endpoint is not None:
            return self.endpoint
        return f"https://cognito-idp{'-fips' if self.fips else ''}.{self.region}.{dns_suffix(self.region)}"

    @property
    def pool_name(self) -> str:
        """The part of the pool id after the underscore, which SRP proofs are made over.

        Raises:
            UsageError: The app client was made without ``pool_id``.
        """
        return split_pool_id(self.required_pool_id("this operation"))[1]

    @property
    def domain_url(self) -> str:
        """The origin of the OAuth endpoints.

        Raises:
            UsageError: The app client was made without ``domain``.
        """
        if self.domain is None:
            raise UsageError(
                "domain: this app client has none: expected AppClient(…, domain='my-prefix'), the pool's domain for "
                "managed login and the OAuth endpoints"
            )
        return self.domain

    def required_pool_id(self, purpose: str) -> str:
        """The pool id.

        Raises:
            UsageError: The app client was made without one.
        """
        if self.pool_id is None:
            raise UsageError(
                f"pool_id: this app client has none, and {purpose} needs it: expected AppClient(…, pool_id='eu-west-1_AbCdEfGhI')"
            )
        return self.pool_id

    def secret(self) -> str | None:
        """The client secret at this moment; ``None`` for a public client.

        Raises:
            UsageError: The callable returned something other than a non-empty text.
        """
        if self.client_secret is None or isinstance(self.client_secret, str):
            return self.client_secret
        return required_text(self.client_secret(), "client_secret", "what the callable returns")

    @property
    def is_aws(self) -> bool:
        """Whether the JSON API is AWS's own, not an emulator's or a proxy's."""
        host = urlsplit(self.endpoint_url).hostname or ""
        return any(host.endswith("." + suffix) for _, suffix in _DNS_SUFFIXES)


def checked_app(app: object) -> AppClient:
    """The app client itself.

    Raises:
        UsageError: It is something else, such as a pool id.
    """
    if not isinstance(app, AppClient):
        raise UsageError(
            f"app: got {type(app).__name__}: expected an AppClient, such as "
            "AppClient(client_id='1h57kf5cpq17m0eml12EXAMPLE', pool_id='eu-west-1_AbCdEfGhI')"
        )
    return app


def issuers_of(pool_id: str) -> tuple[str, str]:
    """Both forms of a pool's issuer that AWS has, the original one first.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html

    Raises:
        UsageError: The pool id, or the Region in it, is not shaped like AWS's.
    """
    region, _ = split_pool_id(pool_id)
    if not _is_aws_region(region):
        raise UsageError(f"pool_id: {region!r} is not shaped like an AWS Region: give issuer= beside it")
    suffix = dns_suffix(region)
    return (
        f"https://cognito-idp.{region}.{suffix}/{pool_id}",
        f"https://issuer-cognito-idp.{region}.{suffix}/{pool_id}",
    )
