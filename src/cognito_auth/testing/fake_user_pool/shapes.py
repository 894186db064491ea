"""The kinds of values in the service model: texts, choices and numbers, each with its bounds."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

_CATEGORY = re.compile(r"\\p\{(\w)\}")


@attrs.frozen
class Text:
    """A text with its bounds in characters and the pattern that all of it must match."""

    minimum: int = 0
    maximum: int | None = None
    pattern: str | None = None

    def problem(self, value: str) -> str | None:
        """What is wrong with a value, in Cognito's words."""
        if len(value) < self.minimum:
            return f"Member must have length greater than or equal to {self.minimum}"
        if self.maximum is not None and len(value) > self.maximum:
            return f"Member must have length less than or equal to {self.maximum}"
        if self.pattern is not None and not matches(self.pattern, value):
            return f"Member must satisfy regular expression pattern: {self.pattern}"
        return None


@attrs.frozen
class Choice:
    """One of several texts."""

    values: tuple[str, ...]

    def problem(self, value: str) -> str | None:
        """What is wrong with a value, in Cognito's words."""
        if value in self.values:
            return None
        return f"Member must satisfy enum value set: [{', '.join(self.values)}]"


@attrs.frozen
class Number:
    """A whole number with its bounds."""

    minimum: int
    maximum: int

    def problem(self, value: int) -> str | None:
        """What is wrong with a value, in Cognito's words."""
        if value < self.minimum:
            return f"Member must have value greater than or equal to {self.minimum}"
        if value > self.maximum:
            return f"Member must have value less than or equal to {self.maximum}"
        return None


@cache
def _matcher(pattern: str) -> Callable[[str], bool]:
    """A test for one of the model's patterns; classes of Unicode categories, which `re` lacks, by `unicodedata`."""
    categories = frozenset(_CATEGORY.findall(pattern))
    if not categories:
        compiled = re.compile(pattern, re.ASCII)
        return lambda value: compiled.fullmatch(value) is not None
    space = "\t\n\r " if r"\t" in pattern else ""
    return lambda value: (
        bool(value) and all(unicodedata.category(one)[0] in categories or one in space for one in value)
    )


def matches(pattern: str, value: str) -> bool:
    """Whether all of a value matches one of the model's patterns."""
    return _matcher(pattern)(value)
