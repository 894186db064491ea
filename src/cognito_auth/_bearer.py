"""What every host does with a request: find the token, verify it, and say no as RFC 6750 has it.

A host reads its framework's request into a :class:`Seen`, asks a :class:`Guard` to admit it, and carries either the
claims inwards or an :class:`Answer` outwards. Nothing here knows a framework.

=====================================================  ======  ===========================================
what is wrong                                          status  ``error`` of the challenge
=====================================================  ======  ===========================================
no token at all                                        401     none (RFC 6750 §3.1)
two tokens, or one that is not written as a token      400     ``invalid_request``
a cookie sent from a foreign page                      403     ``invalid_request``
the token is expired, altered, another client's, …     401     ``invalid_token``
the user signed in too weakly or too long ago          401     ``insufficient_user_authentication`` (RFC 9470)
the token lacks a scope or a group                     403     ``insufficient_scope``
the keys cannot be had                                 503     no challenge, but ``Retry-After``
=====================================================  ======  ===========================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Mapping
from copy import copy
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any, Final, Generic, Protocol, TypedDict, TypeVar, cast

import attrs

from cognito_auth._credentials import Names, NoToken, Places, RequestRefused, Seen
from cognito_auth._requires import Requires
from cognito_auth._values import checked_url, required_text, text_set
from cognito_auth.claims import Claims
from cognito_auth.errors import (
    KeysUnavailable,
    MissingScope,
    StaleAuthentication,
    TokenRejected,
    UsageError,
    WeakAuthentication,
)
from cognito_auth.token_verifier import AlbTokenVerifier, AsyncAlbTokenVerifier

C = TypeVar("C", bound=Claims)
C_co = TypeVar("C_co", bound=Claims, covariant=True)

RETRY_AFTER: Final = 10
"""Seconds: how long a verifier waits, unless told otherwise, before it asks again for keys that could not be had."""

# What may not stand in a quoted value of a challenge (RFC 6750 §3).
_UNQUOTABLE: Final = re.compile(r"[^\x20\x21\x23-\x5B\x5D-\x7E]")


class BlockingVerifier(Protocol[C_co]):
    """A ``TokenVerifier``, or whatever verifies like one."""

    def verify(self, token: str) -> C_co:
        """The claims of a good token."""
        ...


class AwaitingVerifier(Protocol[C_co]):
    """An ``AsyncTokenVerifier``, or whatever verifies like one."""

    def verify(self, token: str) -> Awaitable[C_co]:
        """The claims of a good token, awaited."""
        ...


# The verifiers of load balancers fit the protocols as well; pyright does not see it through their descriptor.
Verifier = BlockingVerifier[C] | AwaitingVerifier[C] | AlbTokenVerifier | AsyncAlbTokenVerifier
"""A verifier of either face, or whatever verifies like one."""

PatientVerifier = BlockingVerifier[C] | AlbTokenVerifier
"""A verifier that need not be awaited."""

Refused = RequestRefused | TokenRejected | KeysUnavailable
REFUSALS: Final = (RequestRefused, TokenRejected, KeysUnavailable)
"""What :meth:`Guard.answer` has an answer for. Anything else is a defect, and nobody is let in."""


# ── saying no ───────────────────────────────────────────────────────────────────────────────────────────


@attrs.frozen(kw_only=True)
class Answer:
    """What is sent instead of the resource.

    Attributes:
        status: The HTTP status.
        error: The error's code, for the body.
        description: A sentence for the developer at the other end.
        headers: Names and values, content type and length left out.
    """

    status: int
    error: str
    description: str
    headers: tuple[tuple[str, str], ...]

    @property
    def content(self) -> bytes:
        """The body: a JSON object."""
        return json.dumps({"error": self.error, "error_description": self.description}).encode()

    @property
    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers, with the content's type and length."""
        length = str(len(self.content))
        return (*self.headers, ("Content-Type", "application/json"), ("Content-Length", length))

    @property
    def phrase(self) -> str:
        """What the status is called."""
        return HTTPStatus(self.status).phrase


def _error_code(error: Refused, status: int) -> str | None:
    if isinstance(error, NoToken):
        # No code: "the client was unaware that authentication is necessary" (RFC 6750 §3.1).
        return None
    if isinstance(error, RequestRefused):
        return "invalid_request"
    if isinstance(error, (WeakAuthentication, StaleAuthentication)):
        return "insufficient_user_authentication"
    return "invalid_token" if status == HTTPStatus.UNAUTHORIZED else "insufficient_scope"


def _names(value: object) -> str | None:
    return " ".join(sorted(value)) if isinstance(value, frozenset) and value else None


def _challenge(**parameters: str | None) -> str:
    """The value of ``WWW-Authenticate`` (RFC 6750 §3)."""
    quoted = [f'{name}="{_UNQUOTABLE.sub("", value)}"' for name, value in parameters.items() if value]
    return f"Bearer {', '.join(quoted)}"


# ── all of it together ──────────────────────────────────────────────────────────────────────────────────


class Options(TypedDict, total=False):
    """The optional arguments of every host."""

    all_scopes: Names
    any_scopes: Names
    all_groups: Names
    any_groups: Names
    header: str | None
    scheme: str | None
    cookie: str | None
    origins: Names | None
    realm: str
    resource_metadata: str | None


_REQUIRES: Final = frozenset(field.name for field in attrs.fields(Requires))
_PLACES: Final = frozenset(field.name for field in attrs.fields(Places))


class Judge:
    """Says what a good token lacks, and how to say no.

    Args:
        requires: What tokens must have.
        realm: What is protected, as a name for people.
        resource_metadata: The address of the protected resource's metadata (RFC 9728 §5.1).

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        *,
        requires: tuple[Requires, ...] = (),
        realm: str = "Cognito",
        resource_metadata: str | None = None,
    ) -> None:
        if _UNQUOTABLE.search(required_text(realm, "realm", "orders")):
            raise UsageError(
                f"realm: {realm!r} cannot be quoted in a header: expected plain ASCII, such as 'orders'"
            )
        if resource_metadata is not None:
            checked_url(resource_metadata, "resource_metadata")
        self.requires = requires
        self.realm = realm
        self.resource_metadata = resource_metadata

    def permit(self, claims: C) -> C:
        """The claims themselves, where they have what is required.

        Raises:
            TokenRejected: They have not.
        """
        for requirement in self.requires:
            requirement.check(claims)
        return claims

    def answer(self, error: Refused) -> Answer:
        """What to answer when a request was refused with one of :data:`REFUSALS`."""
        status = int(error.http_status)
        no_store = ("Cache-Control", "no-store")
        if isinstance(error, KeysUnavailable):
            return Answer(
                status=status,
                error="temporarily_unavailable",
                description="the token cannot be verified at the moment",
                headers=(("Retry-After", str(RETRY_AFTER)), no_store),
            )
        code = _error_code(error, status)
        # The reason alone: what was expected and found may be more than a stranger should know.
        description = error.reason if isinstance(error, TokenRejected) else str(error)
        challenge = _challenge(
            realm=self.realm,
            error=code,
            error_description=description if code else None,
            scope=self._scope(error),
            acr_values=_names(error.expected) if isinstance(error, WeakAuthentication) else None,
            resource_metadata=self.resource_metadata,
        )
        return Answer(
            status=status,
            error=code or "unauthorized",
            description=description,
            headers=(("WWW-Authenticate", challenge), no_store),
        )

    def _scope(self, error: Refused) -> str | None:
        """The scopes to ask for: those that were missed, or with no token at all those that will be needed."""
        if isinstance(error, MissingScope):
            return _names(error.expected)
        if isinstance(error, NoToken):
            return _names(frozenset[str]().union(*(each.all_scopes for each in self.requires)))
        return None


class Guard(Judge, Generic[C]):
    """Admits requests with a good token, and answers the others.

    Args:
        verifier: What verifies tokens.
        places: Where they may stand.
        requires: What they must have.
        realm: What is protected, as a name for people.
        resource_metadata: The address of the protected resource's metadata (RFC 9728 §5.1).

    Raises:
        UsageError: An argument cannot be right.
    """

    def __init__(
        self,
        verifier: Verifier[C],
        *,
        places: Places | None = None,
        requires: tuple[Requires, ...] = (),
        realm: str = "Cognito",
        resource_metadata: str | None = None,
    ) -> None:
        if not callable(getattr(verifier, "verify", None)):
            raise UsageError(
                f"verifier: {type(verifier).__name__} verifies nothing: expected a TokenVerifier or an AsyncTokenVerifier"
            )
        super().__init__(requires=requires, realm=realm, resource_metadata=resource_metadata)
        self.verifier = verifier
        self.places = places or Places()

    @classmethod
    def of(cls, verifier: Verifier[C], options: Mapping[str, Any]) -> Guard[C]:
        """A guard of a host's :class:`Options`.

        Raises:
            UsageError: An option cannot be right.
        """
        requires = Requires(**{name: value for name, value in options.items() if name in _REQUIRES})
        places = Places(**{name: value for name, value in options.items() if name in _PLACES})
        rest = {name: value for name, value in options.items() if name not in _REQUIRES | _PLACES}
        return cls(verifier, places=places, requires=(requires,), **rest)

    def requiring(self, *requires: Requires) -> Guard[C]:
        """This guard, asking for more."""
        guard = copy(self)
        guard.requires = (*self.requires, *requires)
        return guard

    @property
    def is_awaiting(self) -> bool:
        """Whether the verifier is to be awaited."""
        return iscoroutinefunction(self.verifier.verify)

    def blocking(self, host: str) -> Guard[C]:
        """This guard, where its verifier can serve a host that waits for nothing.

        Raises:
            UsageError: The verifier is asynchronous.
        """
        if self.is_awaiting:
            raise UsageError(
                f"verifier: {host} cannot await: expected a TokenVerifier, not an AsyncTokenVerifier"
            )
        return self

    def admit(self, request: Seen) -> C:
        """The claims of the request's token.

        Raises:
            RequestRefused: The request does not carry one token where it may.
            TokenRejected: The token is not good, or not good enough.
            KeysUnavailable: That cannot be known now.
        """
        return self.permit(cast("BlockingVerifier[C]", self.verifier).verify(self.places.find(request)))

    async def admit_awaiting(self, request: Seen) -> C:
        """The same, with a verifier of either face."""
        verifier = cast("BlockingVerifier[C] | AwaitingVerifier[C]", self.verifier)
        outcome = verifier.verify(self.places.find(request))
        return self.permit(await outcome if isinstance(outcome, Awaitable) else outcome)


def checked_paths(paths: Names) -> frozenset[str]:
    """Paths that need no token; compared as they are, character by character.

    Raises:
        UsageError: One is not a path.
    """
    checked = text_set(paths, "exempt")
    for path in checked:
        if not path.startswith("/"):
            raise UsageError(
                f"exempt: {path!r} is not a path: expected one that begins with a slash, such as '/health'"
            )
    return checked


def plain(value: Any) -> Any:
    """Claims as JSON has them: dictionaries and lists."""
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(member) for member in value]
    return value
