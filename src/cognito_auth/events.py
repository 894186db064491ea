"""What can be seen from outside: an event for each thing that happened, never a secret.

``on_event=`` takes a function of one :class:`Event`; the logger ``cognito_auth`` gets the same in words. Neither costs
anything while it is not asked for.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

logger: Final = logging.getLogger("cognito_auth")

NO_DETAIL: Final[Mapping[str, str | float]] = MappingProxyType({})

_WORTH_A_WARNING: Final = {"cache_lost", "refresh_failed", "session_over", "keys_failed"}


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        name: ``"obtained"`` (another sign-in), ``"refreshed"``, ``"adopted"`` (from the cache), ``"served_stale"`` (a
            refresh failed or is another host's, and the token is still good), ``"refresh_failed"``, ``"session_over"``,
            ``"signed_out"``, ``"cache_lost"``, ``"cache_back"``; ``"keys_fetched"`` and ``"keys_failed"``.
        identity: Whose tokens: a hash without a secret, the same on every host. For keys, the issuer.
        at: When, aware.
        detail: Numbers and short texts, such as the error's class.
    """

    name: str
    identity: str
    at: datetime.datetime
    detail: Mapping[str, str | float] = NO_DETAIL


Listener = Callable[[Event], object]


def announce(
    listener: Listener | None,
    name: str,
    identity: str,
    now: float,
    detail: Mapping[str, str | float] = NO_DETAIL,
) -> None:
    """Tell the listener and the log. A listener that fails harms nobody but itself."""
    level = logging.WARNING if name in _WORTH_A_WARNING else logging.INFO
    if logger.isEnabledFor(level):
        said = " ".join(f"{key}={value}" for key, value in detail.items())
        shown = identity if "/" in identity else identity[:16]  # an issuer whole, of a hash enough to tell it
        logger.log(level, "%s identity=%s %s", name, shown, said)
    if listener is None:
        return
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    try:
        listener(Event(name=name, identity=identity, at=moment, detail=MappingProxyType(dict(detail))))
    except Exception:
        logger.exception("the on_event callback failed at %s", name)
