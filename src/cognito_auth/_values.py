"""What frozen values share: secrets that stay hidden, collections and addresses normalised once at the door."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, Self
from urllib.parse import SplitResult, urlsplit

from cognito_auth.errors import UsageError

NO_STRINGS: Final[Mapping[str, str]] = MappingProxyType({})
"""An empty mapping that a signature can show and nobody can change."""


def redacted(value: object) -> str:
    """The repr of a secret: whether there is one, and nothing else."""
    return "None" if value is None else "'***'"


class Secretive:
    """A value that holds secrets: it copies as itself and refuses to be pickled."""

    __slots__ = ()

    def __copy__(self) -> Self:
        """Frozen, so the same object serves."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Frozen, so the same object serves."""
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """A pickle would carry the secrets to wherever it goes."""
        raise TypeError(f"{type(self).__name__} holds secrets and cannot be pickled")


def scope_set(value: str | Iterable[str], argument: str = "scopes") -> frozenset[str]:
    """Scopes as a set; a text is split at spaces (RFC 6749 §3.3).

    Raises:
        UsageError: A scope is empty, not a text, or has a character that RFC 6749 does not allow.
    """
    scopes = value.split(" ") if isinstance(value, str) else list(value)
    if value == "":
        return frozenset()
    for scope in scopes:
        if not isinstance(scope, str) or not re.fullmatch(r"[\x21\x23-\x5B\x5D-\x7E]+", scope):
            raise UsageError(
                f"{argument}: {scope!r} is not a scope: expected printable ASCII without spaces, quotes or "
                "backslashes, such as 'orders/read'; give several scopes as a set, or in one text with single spaces"
            )
    return frozenset(scopes)


def text_set(value: str | Iterable[str], argument: str) -> frozenset[str]:
    """Texts as a set; a text alone is one value.

    Raises:
        UsageError: A member is empty or not a text.
    """
    members = frozenset([value]) if isinstance(value, str) else frozenset(value)
    for member in members:
        if not isinstance(member, str) or not member:
            raise UsageError(f"{argument}: {member!r} is not a non-empty text")
    return members


def required_text(value: object, argument: str, example: str) -> str:
    """The text itself.

    Raises:
        UsageError: It is empty, or not a text, or one that UTF-8 cannot hold.
    """
    if not isinstance(value, str) or not value.strip():
        shown = "an empty text" if isinstance(value, str) else type(value).__name__
        raise UsageError(f"{argument}: got {shown}: expected a text such as {example!r}")
    if not is_unicode(value):
        raise UsageError(f"{argument}: has half of a surrogate pair: expected a text such as {example!r}")
    return value


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold the text. Python's error of trying holds the whole text, which may be a secret."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host can only be this machine (RFC 6761 §6.3 for the name)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def checked_url(value: object, argument: str) -> SplitResult:
    """An absolute https address, or an http one on loopback, split; no credentials, query or fragment.

    Raises:
        UsageError: It is anything else.
    """
    expected = "an https:// address (http:// on loopback only) such as 'https://auth.example.com'"
    if not isinstance(value, str) or not value.isascii() or re.search(r"[\s\\\x00-\x1f\x7f]", value):
        raise UsageError(f"{argument}: {value!r} has characters that no address has: expected {expected}")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise UsageError(f"{argument}: {value!r} is not an address: expected {expected}") from None
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host or port == 0:
        raise UsageError(f"{argument}: {value!r} is not an address: expected {expected}")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(
            f"{argument}: an address without credentials, query or fragment is expected; leave them out"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(f"{argument}: {value!r} is not encrypted: expected {expected}")
    return parts


def origin_of(parts: SplitResult) -> str:
    """``scheme://host[:port]``, in lower case, default ports left out (RFC 6454 §6.2)."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, default} else f":{parts.port}")
