"""What a verified token says, with names and types.

Nothing is computed before it is asked for: a verifier makes one of these for every request. Whoever makes one by
hand, in a test for instance, vouches for its content.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import attrs

from cognito_auth.tokens import aware


def _read_only(value: Any) -> Any:
    """The same value, in containers that nobody can change."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: _read_only(member) for name, member in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(_read_only(member) for member in value)
    return value


def _words(value: object) -> frozenset[str]:
    return frozenset(value.split()) if isinstance(value, str) else frozenset()


def _is_true(value: object) -> bool:
    # User attributes are texts in Cognito, and some of its answers hold flags as texts too.
    return value is True or value == "true"


@attrs.frozen(repr=False)
class Claims:
    """What access and ID tokens have in common.

    Args:
        claims: The payload, as it stood in the token.
    """

    _claims: Mapping[str, Any]

    _shown: ClassVar[tuple[str, ...]] = ()

    @property
    def raw(self) -> Mapping[str, Any]:
        """Every claim under its own name, custom ones too; read-only to the last list."""
        whole: Mapping[str, Any] = _read_only(self._claims)
        return whole

    @property
    def sub(self) -> str:
        """Who the token is about: a user's permanent id, or the client's id of a machine."""
        return self._text("sub") or ""

    @property
    def issuer(self) -> str:
        """``iss``: the user pool."""
        return self._text("iss") or ""

    @property
    def groups(self) -> frozenset[str]:
        """``cognito:groups``."""
        return frozenset(self._claims.get("cognito:groups", ()))

    @property
    def audience(self) -> frozenset[str]:
        """``aud``: the app client of an ID token; the APIs that an access token is bound to, if it is."""
        value = self._claims.get("aud", ())
        return frozenset([value]) if isinstance(value, str) else frozenset(value)

    @property
    def issued_at(self) -> datetime.datetime | None:
        """``iat``, aware."""
        return self._moment("iat")

    @property
    def expires_at(self) -> datetime.datetime:
        """``exp``, aware."""
        return aware(self._claims["exp"])

    @property
    def auth_time(self) -> datetime.datetime | None:
        """When the user signed in, aware."""
        return self._moment("auth_time")

    @property
    def acr(self) -> str | None:
        """How strongly the user signed in."""
        return self._text("acr")

    @property
    def token_id(self) -> str | None:
        """``jti``: this token's own id."""
        return self._text("jti")

    @property
    def origin_jti(self) -> str | None:
        """The id that all tokens of one sign-in share; revocation lists hold it."""
        return self._text("origin_jti")

    @property
    def act(self) -> Mapping[str, Any] | None:
        """Who acts for the subject, in a token that was exchanged (RFC 8693 §4.1); read-only."""
        actor = self._claims.get("act")
        return None if actor is None else _read_only(actor)

    def _text(self, name: str) -> str | None:
        value = self._claims.get(name)
        return value if isinstance(value, str) else None

    def _moment(self, name: str) -> datetime.datetime | None:
        value = self._claims.get(name)
        return None if value is None else aware(value)

    def __repr__(self) -> str:
        """Who and what for; the rest of the claims is personal."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({shown})"

    def __hash__(self) -> int:
        """Equal claims have an equal id and subject."""
        return hash((self._text("jti"), self._text("sub")))


@attrs.frozen(repr=False, eq=False)
class AccessClaims(Claims):
    """What an access token says.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html

    Args:
        claims: The payload, as it stood in the token.
    """

    _shown = ("sub", "client_id", "scopes")

    @property
    def token_use(self) -> Literal["access"]:
        """``"access"``."""
        return "access"

    @property
    def client_id(self) -> str:
        """The app client that the token was issued to."""
        return self._text("client_id") or ""

    @property
    def username(self) -> str | None:
        """The user's name in the pool; ``None`` for a machine."""
        return self._text("username")

    @property
    def scopes(self) -> frozenset[str]:
        """What the token allows."""
        return _words(self._claims.get("scope"))

    @property
    def is_machine(self) -> bool:
        """Whether no user is behind the token: it comes from client credentials."""
        return "username" not in self._claims

    @property
    def device_key(self) -> str | None:
        """The remembered device of the sign-in."""
        return self._text("device_key")


@attrs.frozen(repr=False, eq=False)
class IdClaims(Claims):
    """What an ID token says.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html

    Args:
        claims: The payload, as it stood in the token.
    """

    _shown = ("sub", "client_id")

    @property
    def token_use(self) -> Literal["id"]:
        """``"id"``."""
        return "id"

    @property
    def client_id(self) -> str:
        """The app client that the token was issued to: ``aud``."""
        return next(iter(sorted(self.audience)), "")

    @property
    def username(self) -> str | None:
        """The user's name in the pool."""
        return self._text("cognito:username")

    @property
    def is_machine(self) -> bool:
        """``False``: machines get no ID token."""
        return False

    @property
    def email(self) -> str | None:
        """The e-mail address; trust it only where :attr:`email_verified` is true."""
        return self._text("email")

    @property
    def email_verified(self) -> bool:
        """Whether the pool knows that the address is the user's."""
        return _is_true(self._claims.get("email_verified"))

    @property
    def phone_number(self) -> str | None:
        """The telephone number; trust it only where :attr:`phone_number_verified` is true."""
        return self._text("phone_number")

    @property
    def phone_number_verified(self) -> bool:
        """Whether the pool knows that the number is the user's."""
        return _is_true(self._claims.get("phone_number_verified"))

    @property
    def name(self) -> str | None:
        """The user's full name."""
        return self._text("name")

    @property
    def nonce(self) -> str | None:
        """What the login sent along (OpenID Connect Core §2)."""
        return self._text("nonce")

    @property
    def at_hash(self) -> str | None:
        """The hash of the access token that came along (OpenID Connect Core §3.1.3.6)."""
        return self._text("at_hash")

    @property
    def roles(self) -> tuple[str, ...]:
        """``cognito:roles``: the IAM roles of the user's groups."""
        return tuple(self._claims.get("cognito:roles", ()))

    @property
    def preferred_role(self) -> str | None:
        """``cognito:preferred_role``: the IAM role of the group with the best precedence."""
        return self._text("cognito:preferred_role")

    @property
    def identities(self) -> tuple[Mapping[str, Any], ...]:
        """The external identities of a federated user; read-only."""
        found: tuple[Mapping[str, Any], ...] = _read_only(self._claims.get("identities", ()))
        return found


@attrs.frozen(repr=False, eq=False)
class AlbClaims(Claims):
    """What an Application Load Balancer says of a user: the user-info endpoint's answer, bound by the header.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html

    Args:
        claims: The payload.
        header: The header, which says who signed, for whom and until when.
    """

    _header: Mapping[str, Any]

    _shown = ("sub", "client_id", "signer")

    @property
    def issuer(self) -> str:
        """``iss``, of the header."""
        return str(self._header["iss"])

    @property
    def client_id(self) -> str:
        """The app client of the load balancer's sign-in rule."""
        return str(self._header["client"])

    @property
    def signer(self) -> str:
        """The load balancer's ARN."""
        return str(self._header["signer"])

    @property
    def expires_at(self) -> datetime.datetime:
        """``exp``, of the header, aware."""
        return aware(self._header["exp"])

    @property
    def username(self) -> str | None:
        """The user's name in the pool."""
        return self._text("username")

    @property
    def email(self) -> str | None:
        """The e-mail address; trust it only where :attr:`email_verified` is true."""
        return self._text("email")

    @property
    def email_verified(self) -> bool:
        """Whether the pool knows that the address is the user's."""
        return _is_true(self._claims.get("email_verified"))
