"""How a token source obtains its first tokens.

A grant is a value: it says what to do, and does nothing by itself. Beside the classes here, a source takes any
callable that returns a :class:`~cognito_auth.TokenSet`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

import attrs

from cognito_auth._challenge import Answer, Challenge
from cognito_auth._values import NO_STRINGS, Secretive, checked_url, redacted, required_text, scope_set
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.users import Device


def _shown(value: object) -> str:
    return "<callable>" if callable(value) else redacted(value)


def _text(example: str) -> Callable[[object, attrs.Attribute[Any], object], None]:
    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        required_text(value, field.name, example)

    return check


def _text_or_callable(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if not callable(value):
        required_text(value, field.name, "the user's password, or a callable that returns it")


def _frozen(value: Mapping[str, str] | None) -> Mapping[str, str]:
    return NO_STRINGS if value is None else MappingProxyType(dict(value))


def _one_of(*values: str) -> Callable[[object, attrs.Attribute[Any], object], None]:
    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in values:
            raise UsageError(
                f"{field.name}: {value!r} is unknown: expected one of {', '.join(map(repr, values))}"
            )

    return check


Method = Literal["srp", "password", "choice", "custom", "custom-srp"]
"""How a password is shown to the service; as in ``UserPool.sign_in``."""


@attrs.frozen
class Password(Secretive):
    """A user signs in with a password.

    >>> from cognito_auth import grants
    >>> grants.Password("ann", "correct horse")
    Password(username='ann', password='***', method='srp', answer=None, device=None)

    Args:
        username: Who.
        password: The password, or a callable that returns it.
        method: How to prove it; as in ``UserPool.sign_in``.
        answer: Gets a challenge and returns what the challenge's own ``answer(…)`` gives; under an ``AsyncTokenSource``
            it may be a coroutine function. Without it a challenge ends in
            :class:`~cognito_auth.errors.SignInRequired`.
        device: A remembered device of the user's.

    Raises:
        UsageError: An argument cannot be right.
    """

    username: str = attrs.field(validator=_text("ann"))
    password: str | Callable[[], str] = attrs.field(repr=_shown, validator=_text_or_callable)
    method: Method = attrs.field(default="srp", kw_only=True, validator=_one_of(*get_args(Method)))
    answer: Callable[[Challenge], Answer | Awaitable[Answer]] | None = attrs.field(default=None, kw_only=True)
    device: Device | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class ClientCredentials(Secretive):
    """A machine shows the app client's secret (RFC 6749 §4.4).

    >>> from cognito_auth import grants
    >>> grants.ClientCredentials(scopes="orders/read").scopes
    frozenset({'orders/read'})

    Args:
        scopes: What the token is for; all that the app client has, where none are named.
        client_metadata: For the pool's Lambda triggers.
        via: ``"oauth"`` for the domain's token endpoint, ``"api"`` for ``GetClientToken``, which needs no domain.

    Raises:
        UsageError: An argument cannot be right.
    """

    scopes: frozenset[str] = attrs.field(default=frozenset(), converter=scope_set)
    client_metadata: Mapping[str, str] = attrs.field(default=None, converter=_frozen)
    via: Literal["oauth", "api"] = attrs.field(default="oauth", validator=_one_of("oauth", "api"))


@attrs.frozen
class RefreshToken(Secretive):
    """A session that somebody else began, by its refresh token.

    >>> from cognito_auth import grants
    >>> grants.RefreshToken("eyJjdHkiOiJ…")
    RefreshToken(token='***', device=None)

    Args:
        token: The refresh token.
        device: The remembered device that the session belongs to, or its key.

    Raises:
        UsageError: The token is empty.
    """

    token: str = attrs.field(repr=redacted, validator=_text("a refresh token"))
    device: Device | str | None = attrs.field(default=None, kw_only=True)


def _redirect(value: object) -> str:
    checked_url(value, "redirect_uri")
    return str(value)


@attrs.frozen(kw_only=True)
class BrowserLogin(Secretive):
    """A person signs in with this machine's browser (RFC 8252), for command-line tools.

    Args:
        redirect_uri: A loopback address that the app client allows, such as ``"http://localhost:8400/callback"``.
        scopes: What the tokens are for.
        timeout: Seconds that the person has.
        open_browser: Called with the address to show, in place of this machine's browser.

    Raises:
        UsageError: An argument cannot be right.
    """

    redirect_uri: str = attrs.field(converter=_redirect)
    scopes: frozenset[str] = attrs.field(default=frozenset({"openid"}), converter=scope_set)
    timeout: float = 300.0
    open_browser: Callable[[str], object] | None = None


Grant = (
    Password
    | ClientCredentials
    | RefreshToken
    | BrowserLogin
    | Callable[[], TokenSet]
    | Callable[[], Awaitable[TokenSet]]
)

KINDS: Final = (Password, ClientCredentials, RefreshToken, BrowserLogin)


def patience_of(grant: Grant) -> float:
    """Seconds that a grant may take beside its requests: people are slower than services."""
    return grant.timeout if isinstance(grant, BrowserLogin) else 0.0
