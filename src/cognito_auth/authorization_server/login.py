"""A login that is under way in a browser: its address, and what proves that the answer belongs to it.

PKCE (RFC 7636), ``state`` (RFC 6749 §10.12) and ``nonce`` (OpenID Connect Core §3.1.2.1) are made for each login.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlencode, urlsplit

import attrs

from cognito_auth import _seal
from cognito_auth._runtime.runtime import Runtime
from cognito_auth._seal import SealKey
from cognito_auth._values import Secretive, is_loopback, redacted, scope_set
from cognito_auth.app_client import AppClient
from cognito_auth.errors import UsageError
from cognito_auth.tokens import aware

LIFETIME: Final = 600.0
"""Seconds in which a login must come back."""

PROMPTS: Final = frozenset({"none", "login", "select_account", "consent"})
"""What ``prompt=`` may say (OpenID Connect Core §3.1.2.1)."""

_KIND: Final = "login"
_RANDOM_BYTES: Final = 32
_NO_WAY_BACK: Final = frozenset({"javascript", "data", "file", "vbscript", "about", "blob"})


@attrs.frozen(kw_only=True)
class Login(Secretive):
    """A login under way: send the browser to ``url``, keep the rest for ``exchange()``.

    A web application keeps it between two requests as ``login.dumps(key)``, in a cookie or its session.

    Attributes:
        url: Where the user signs in.
        redirect_uri: Where the browser comes back to.
        scopes: What was asked for; empty for everything that the app client has.
        state: Comes back with the browser, and proves that this login began here.
        nonce: Comes back in the ID token, and proves that the token was made for this login.
        code_verifier: The secret half of PKCE: only who has it can exchange the code.
        client_id: The app client's id.
        pool_id: The user pool's id.
        begun_at: When it was made, aware.
    """

    url: str = attrs.field(repr=lambda url: repr(url.partition("?")[0]))
    redirect_uri: str
    scopes: frozenset[str]
    state: str = attrs.field(repr=redacted)
    nonce: str = attrs.field(repr=redacted)
    code_verifier: str = attrs.field(repr=redacted)
    client_id: str
    pool_id: str
    begun_at: datetime.datetime

    def dumps(self, key: SealKey) -> str:
        """The login as an opaque text, sealed: it can be neither read nor altered, and opens for 10 minutes.

        Args:
            key: 16, 24 or 32 random bytes, or several such keys, the newest first.

        Raises:
            UsageError: A key is not one.
        """
        content = attrs.asdict(self, filter=attrs.filters.exclude("client_id", "pool_id", "begun_at"))
        content |= {"scopes": sorted(self.scopes), "at": self.begun_at.timestamp()}
        return _seal.seal(content, key=key, kind=_KIND, bound_to=_owner(self.client_id, self.pool_id))

    @classmethod
    def loads(cls, text: str, key: SealKey, *, app: AppClient) -> Self:
        """The login that :meth:`dumps` wrote.

        Args:
            text: What :meth:`dumps` returned.
            key: The key, or the key ring.
            app: The app client that the login was made for.

        Raises:
            SealRejected: It was altered, sealed with another key, or made for another app client or user pool.
            SealExpired: It was made more than 10 minutes ago.
            UsageError: A key is not one.
        """
        pool_id = app.required_pool_id("a login")
        owner = _owner(app.client_id, pool_id)
        content: dict[str, Any] = _seal.unseal(text, key=key, kind=_KIND, bound_to=owner, lifetime=LIFETIME)
        content["scopes"] = frozenset(content["scopes"])
        begun_at = aware(content.pop("at"))
        return cls(**content, client_id=app.client_id, pool_id=pool_id, begun_at=begun_at)


def _owner(client_id: str, pool_id: str) -> str:
    return json.dumps([pool_id, client_id])


def begin(
    runtime: Runtime,
    app: AppClient,
    *,
    redirect_uri: str,
    scopes: str | Iterable[str] = ("openid",),
    identity_provider: str | None = None,
    idp_identifier: str | None = None,
    login_hint: str | None = None,
    lang: str | None = None,
    prompt: str | Iterable[str] | None = None,
    resource: str | None = None,
) -> Login:
    """A new login; see ``AuthorizationServer.authorize``."""
    wanted = scope_set(scopes)
    if identity_provider is not None and idp_identifier is not None:
        raise UsageError(
            "idp_identifier: cannot go with identity_provider=, which names the provider already"
        )
    state, nonce, code_verifier = (_random_text(runtime) for _ in range(3))
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": checked_redirect_uri(redirect_uri),
        "scope": " ".join(sorted(wanted)) or None,
        "state": state,
        "nonce": nonce,
        "code_challenge": _base64url(hashlib.sha256(code_verifier.encode("ascii")).digest()),
        "code_challenge_method": "S256",
        "identity_provider": _text(identity_provider, "identity_provider", "Google"),
        "idp_identifier": _text(idp_identifier, "idp_identifier", "example.com"),
        "login_hint": _text(login_hint, "login_hint", "ann@example.com"),
        "lang": _text(lang, "lang", "fr"),
        "prompt": _checked_prompt(prompt),
        "resource": _checked_resource(resource),
    }
    fields = {name: value for name, value in query.items() if value is not None}
    return Login(
        url=f"{app.domain_url}/oauth2/authorize?{urlencode(fields)}",
        redirect_uri=redirect_uri,
        scopes=wanted,
        state=state,
        nonce=nonce,
        code_verifier=code_verifier,
        client_id=app.client_id,
        pool_id=app.required_pool_id("a login"),
        begun_at=aware(runtime.now()),
    )


def _random_text(runtime: Runtime) -> str:
    return _base64url(runtime.random_bytes(_RANDOM_BYTES))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def checked_redirect_uri(value: object, argument: str = "redirect_uri") -> str:
    """An address that a browser may be sent back to: https, http on loopback, or an app's own scheme.

    Raises:
        UsageError: It is anything else, or has a fragment (RFC 6749 §3.1.2).
    """
    parts = _absolute(value)
    if parts is None or parts.username is not None or parts.scheme in _NO_WAY_BACK:
        why = "is not an address that a browser can come back to"
    elif parts.scheme in {"http", "https"} and not parts.hostname:
        why = "has no host"
    elif parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        why = "is not encrypted"
    else:
        return str(value)
    raise UsageError(
        f"{argument}: {value!r} {why}: expected an absolute address without a fragment (https, http on loopback, or "
        "an app's own scheme) such as 'https://app.example.com/callback'"
    )


def _absolute(value: object) -> SplitResult | None:
    """An address with a scheme and something behind it, no fragment, nothing that an address cannot have."""
    if not isinstance(value, str) or not value.isascii() or re.search(r"[\s\\\x00-\x1f\x7f#]", value):
        return None
    try:
        parts = urlsplit(value)
        usable = parts.port != 0 and parts.scheme and (parts.netloc or parts.path)
    except ValueError:
        return None
    return parts if usable else None


def _checked_resource(value: str | None) -> str | None:
    """An absolute address without a fragment (RFC 8707 §2)."""
    if value is None or _absolute(value) is not None:
        return value
    raise UsageError(
        f"resource: {value!r}: expected one API's identifier, an absolute address without a fragment, such as "
        "'https://api.example.com'"
    )


def _checked_prompt(value: str | Iterable[str] | None) -> str | None:
    if value is None:
        return None
    prompts = scope_set(value, "prompt")
    if not prompts or not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise UsageError(
            f"prompt: {value!r}: expected 'none' alone, or some of 'login', 'select_account' and 'consent'"
        )
    return " ".join(sorted(prompts))


def _text(value: str | None, argument: str, example: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", value):
        raise UsageError(f"{argument}: {value!r}: expected a text such as {example!r}")
    return value
