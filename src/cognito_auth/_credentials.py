"""Where a request may carry its token, and finding the one that it carries.

A host reads its framework's request into a :class:`Seen`; :class:`Places` knows where a token may stand. Two tokens in
one request are refused, since whoever looks at the other one would see another caller (RFC 6750 §2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import parse_qsl

import attrs

from cognito_auth._values import checked_url, origin_of, text_set
from cognito_auth.errors import UsageError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

Names = str | Iterable[str]
"""One text, or several."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""What changes nothing (RFC 9110 §9.2.1)."""

# One token, or a load balancer's, which pads each segment. RFC 6750 §2.1 has "=" at the end alone; the verifier judges.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/=]+")
# RFC 9110 §5.6.2, for the names of headers, cookies and schemes.
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")


# ── what is wrong with a request, before any token is looked at ─────────────────────────────────────────


class RequestRefused(Exception):
    """The request does not carry exactly one token in a place where it is allowed. It never leaves a host."""

    http_status: ClassVar[int] = HTTPStatus.BAD_REQUEST


class NoToken(RequestRefused):
    """The request carries no token."""

    http_status = HTTPStatus.UNAUTHORIZED


class ForeignOrigin(RequestRefused):
    """A browser sent the cookie along with a request of a page that is not one of ours."""

    http_status = HTTPStatus.FORBIDDEN


# ── where the token is ──────────────────────────────────────────────────────────────────────────────────


@attrs.frozen(kw_only=True)
class Seen:
    """What matters of a request.

    Args:
        headers: Names in lower case and values, in order, doubles included.
        query: The query string as it came.
        is_safe: Whether the request can change nothing. The opening of a WebSocket is never safe: a foreign page may
            open one, and no browser asks the server first.
    """

    headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    query: str = attrs.field(default="", repr=False)
    is_safe: bool = False

    def values(self, name: str) -> list[str]:
        """The values of a header that are not empty."""
        return [value.strip() for header, value in self.headers if header == name and value.strip()]

    def cookies(self, name: str) -> list[str]:
        """The values of a cookie that are not empty. HTTP/2 may send several ``Cookie`` headers (RFC 9113 §8.2.3)."""
        pairs = (pair.partition("=") for line in self.values("cookie") for pair in line.split(";"))
        return [value.strip() for key, _, value in pairs if key.strip() == name and value.strip()]


def _header_name(value: str | None) -> str | None:
    return None if value is None else _name(value, "header", "'Authorization'").lower()


def _name(value: object, argument: str, example: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise UsageError(
            f"{argument}: {value!r} is not a name that HTTP allows: expected one such as {example}"
        )
    return value


def _origins(value: Names | None) -> frozenset[str]:
    return frozenset(origin_of(_bare(each)) for each in text_set(value or (), "origins"))


def _bare(origin: str) -> SplitResult:
    parts = checked_url(origin, "origins")
    if parts.path not in {"", "/"}:
        raise UsageError(f"origins: {origin!r} has a path: expected scheme, host and port only")
    return parts


@attrs.frozen(kw_only=True)
class Places:
    """Where a token may stand.

    Args:
        header: The header; ``None`` for no header at all.
        scheme: What comes before the token in it; ``None`` where the header holds the bare token.
        cookie: The cookie that may hold a token as well.
        origins: The pages that may send the cookie along with a request that is not safe.

    Raises:
        UsageError: No place is left, a name cannot be one, or a cookie comes without origins.
    """

    header: str | None = attrs.field(default="Authorization", converter=_header_name)
    scheme: str | None = "Bearer"
    cookie: str | None = None
    origins: frozenset[str] = attrs.field(default=None, converter=_origins)

    def __attrs_post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.scheme is not None:
            _name(self.scheme, "scheme", "'Bearer'")
        if self.cookie is None:
            if self.header is None:
                raise UsageError(
                    "header: without a header and without cookie= no request could carry a token"
                )
            if self.origins:
                raise UsageError("origins: only a cookie is bound to origins: expected cookie= beside it")
            return
        _name(self.cookie, "cookie", "'__Host-session'")
        if not self.origins:
            raise UsageError(
                "origins: browsers send a cookie along with requests that other people's pages make: expected the "
                "origins of your own pages, such as 'https://app.example.com'"
            )

    def find(self, request: Seen) -> str:
        """The one token of the request.

        Raises:
            RequestRefused: There is none, more than one, or one that may not stand where it does.
        """
        in_header = self._in_header(request)
        in_cookie = request.cookies(self.cookie) if self.cookie else []
        found = in_header + in_cookie
        # "Clients MUST NOT use more than one method to transmit the token in each request" (RFC 6750 §2).
        if len(found) + _elsewhere(request, self.header) > 1:
            raise RequestRefused("the request carries more than one credential")
        if self.header and len(request.values(self.header)) > 1:
            raise RequestRefused("the request carries one header twice")
        if not found:
            raise NoToken("the request carries no token")
        if not _TOKEN.fullmatch(found[0]):
            raise RequestRefused("the credential is not written as a token")
        if in_cookie and not request.is_safe:
            self._check_origin(request)
        return found[0]

    def _in_header(self, request: Seen) -> list[str]:
        if self.header is None:
            return []
        values = request.values(self.header)
        if self.scheme is None:
            return values
        split = [value.partition(" ") for value in values]
        wanted = self.scheme.lower()
        # A scheme alone counts as a credential that is written wrongly: "" is no token.
        return [token.strip() for scheme, _, token in split if scheme.lower() == wanted]

    def _check_origin(self, request: Seen) -> None:
        values = request.values("origin")
        if len(values) != 1 or values[0].lower() not in self.origins:
            raise ForeignOrigin("the cookie came with a request of another page, or of none")


def _elsewhere(request: Seen, header: str | None) -> int:
    """How many tokens stand where RFC 6750 allows them but this host takes none: they count, and never admit."""
    in_authorization = [] if header == "authorization" else request.values("authorization")
    bearers = [value for value in in_authorization if value.lower().startswith("bearer ")]
    in_query = [name for name, _ in parse_qsl(request.query) if name == "access_token"]
    return len(bearers) + len(in_query)
