"""Whose tokens: the key that an entry is stored under, and the check of the credential that earned it.

The key is a hash of who and what, without any secret: it may be seen. So whoever knows the names finds the entry; the
check decides whether they may have it. A wrong password never finds the right user's tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from cognito_auth import grants
from cognito_auth.errors import UsageError

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient

Check = Mapping[str, Any]

_SCHEMA: Final = "cognito-auth token entry 1"
_SALT_BYTES: Final = 16
_LIVE_SECRETS: Final = 2
"""How many secrets of an app client may be live at once."""

# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt: N=2^15, r=8, p=3
_SCRYPT: Final[dict[str, int]] = {"n": 2**15, "r": 8, "p": 3, "maxmem": 64 * 1024 * 1024}


def cache_key(app: AppClient, grant: grants.Grant, identity: str | None) -> str:
    """The key of an identity's entry, in hexadecimal digits.

    Args:
        app: Which app client.
        grant: What it is for; its secrets take no part.
        identity: The caller's own name for the user, where the grant names none.
    """
    kind, subject, scopes, metadata = _facts_of(grant)
    fields = [
        _SCHEMA,
        app.endpoint_url if app.region or app.endpoint else "",
        app.pool_id or app.domain or "",
        app.client_id,
        kind,
        subject,
        "" if identity is None else f"={identity}",
        *_counted(sorted(scopes)),
        *_counted([part for pair in sorted(metadata.items()) for part in pair]),
    ]
    digest = hashlib.sha256()
    for field in fields:
        encoded = field.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def _counted(members: list[str]) -> list[str]:
    return [str(len(members)), *members]


def _facts_of(grant: grants.Grant) -> tuple[str, str, frozenset[str], Mapping[str, str]]:
    """Kind, subject, scopes and metadata."""
    match grant:
        case grants.Password():
            return "password", grant.username, frozenset(), {}
        case grants.ClientCredentials():
            return f"client-credentials/{grant.via}", "", grant.scopes, grant.client_metadata
        case grants.BrowserLogin():
            return "browser", "", grant.scopes, {}
        case grants.RefreshToken():
            return "refresh-token", "", frozenset(), {}
        case _:
            return "callable", "", frozenset(), {}


def names_its_subject(grant: grants.Grant) -> bool:
    """Whether two users with this kind of grant have different keys of themselves."""
    return isinstance(grant, (grants.Password, grants.ClientCredentials))


def checked_identity(identity: object, grant: grants.Grant, *, is_shared: bool) -> None:
    """Refuse a cache that two users could meet in.

    Raises:
        UsageError: ``identity`` is missing, or not a text.
    """
    if identity is None:
        if is_shared and not names_its_subject(grant):
            raise UsageError(
                "identity: this grant does not say whose tokens it brings, and two users must never share a cache entry: "
                "expected identity='…', your own name for the user"
            )
    elif not isinstance(identity, str) or not identity:
        raise UsageError(f"identity: {identity!r} is not a name: expected a non-empty text such as 'user-42'")


class Credential:
    """What earns the tokens of a source, and the checks that it passes.

    Args:
        app: Whose secret a machine shows.
        grant: Whose password or refresh token.
        is_shared: Whether anybody else can meet the entries; else they need no check.
    """

    def __init__(self, app: AppClient, grant: grants.Grant, *, is_shared: bool) -> None:
        scheme, self._secret = _earned_by(app, grant)
        self._scheme = scheme if is_shared else None
        self._passed: Check | None = None
        # Callers share a flight only with whoever shows the same: in memory, for this process alone.
        self.share: Hashable = (
            id(self._secret) if callable(self._secret) else _digest(_PROCESS_SALT, self._secret or "")
        )

    async def secret(self, runtime: Runtime) -> str:
        """The password, the client secret or the refresh token, as it is now."""
        secret = self._secret
        return (await runtime.offload(secret) if callable(secret) else secret) or ""

    async def passes(self, runtime: Runtime, check: Check | None) -> bool:
        """Whether this credential is the one that earned an entry."""
        scheme = self._scheme
        if scheme is None:
            return check is None
        if check is None:
            return False
        if check == self._passed:
            return True
        secret = await self.secret(runtime)
        if not await runtime.offload(lambda: scheme.passes(check, secret)):
            return False
        self._passed = check
        return True

    async def check(self, runtime: Runtime, previous: Check | None) -> Check | None:
        """A check for a new entry.

        Args:
            runtime: Where to compute.
            previous: That of the entry that it replaces.
        """
        scheme = self._scheme
        if scheme is None:
            return None
        if previous is not None and previous == self._passed:
            return previous
        secret, salt = await self.secret(runtime), runtime.random_bytes(_SALT_BYTES)
        self._passed = await runtime.offload(lambda: scheme.make(secret, salt, previous))
        return self._passed


_PROCESS_SALT: Final = os.urandom(_SALT_BYTES)


def _earned_by(app: AppClient, grant: grants.Grant) -> tuple[_Scheme | None, str | Callable[[], str] | None]:
    """How a credential is checked, and the credential; ``None`` for grants that show none to this library."""
    match grant:
        case grants.Password():
            return _Scrypt(), grant.password
        case grants.ClientCredentials():
            return _Digests(live=_LIVE_SECRETS), app.client_secret
        case grants.RefreshToken():
            return _Digests(live=1), grant.token
        case _:
            return None, None


class _Scheme(Protocol):
    """A way to check a credential."""

    def passes(self, check: Check, secret: str) -> bool:
        """Whether the check was made of this secret."""
        ...

    def make(self, secret: str, salt: bytes, previous: Check | None) -> Check:
        """A check of this secret."""
        ...


class _Scrypt:
    """For what people choose: slow on purpose (RFC 7914)."""

    def passes(self, check: Check, secret: str) -> bool:
        salt, expected = check.get("salt"), check.get("scrypt")
        if not isinstance(salt, str) or not isinstance(expected, str) or len(salt) > 64:
            return False
        return hmac.compare_digest(expected.encode(), _scrypt(secret, salt).encode())

    def make(self, secret: str, salt: bytes, previous: Check | None) -> Check:  # noqa: ARG002 - the protocol's
        text = base64.b64encode(salt).decode()
        return {"salt": text, "scrypt": _scrypt(secret, text)}


class _Digests:
    """For what machines make. While a secret is being replaced, the old and the new one are both good."""

    def __init__(self, *, live: int) -> None:
        self._live = live

    def passes(self, check: Check, secret: str) -> bool:
        salt, digests = check.get("salt"), check.get("sha256")
        if not isinstance(salt, str) or not isinstance(digests, list):
            return False
        mine = _digest(salt.encode(), secret)
        return any(
            isinstance(each, str) and hmac.compare_digest(each.encode(), mine.encode()) for each in digests
        )

    def make(self, secret: str, salt: bytes, previous: Check | None) -> Check:
        text, others = base64.b64encode(salt).decode(), []
        if previous is not None and isinstance(previous.get("salt"), str):
            others = [each for each in previous.get("sha256", ()) if isinstance(each, str)]
            text = previous["salt"]
        return {"salt": text, "sha256": [_digest(text.encode(), secret), *others][: self._live]}


def _scrypt(secret: str, salt: str) -> str:
    hashed = hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt.encode(), dklen=32, **_SCRYPT)
    return base64.b64encode(hashed).decode()


def _digest(salt: bytes, secret: str) -> str:
    return hmac.new(salt, secret.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
