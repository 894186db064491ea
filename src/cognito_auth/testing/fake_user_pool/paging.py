"""Lists in pages, with a token that says where the next one begins."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

from cognito_auth.testing.fake_user_pool.wire import RefusalError

T = TypeVar("T")


def page(
    everything: Sequence[T], token: str | None, size: int
) -> tuple[Sequence[T], Callable[[str], dict[str, str]]]:
    """One page, and a function that gives the next page's token under the name that the operation has for it.

    Raises:
        RefusalError: `InvalidParameter` for a token that no list has given.
    """
    start = _read(token)
    end = start + size
    following = base64.b64encode(f"page {end}".encode()).decode()
    return everything[start:end], lambda name: {name: following} if end < len(everything) else {}


def _read(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, _, number = base64.b64decode(token, validate=True).decode().partition(" ")
        if word == "page" and number.isdecimal():
            return int(number)
    except ValueError:  # not base64, or not a text in it
        pass
    raise RefusalError("InvalidParameter", "Invalid pagination token.")
