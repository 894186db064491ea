"""What can be said to be wrong before anything is sent: names and codes, by Cognito's own patterns.

The patterns are those of the service's model (botocore, cognito-idp, 2016-04-18). Passwords are never looked at: the
model's pattern and the Developer Guide disagree about spaces in them, so the service decides.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cognito_auth.errors import UsageError

# [\p{L}\p{M}\p{S}\p{N}\p{P}]+ : letters, marks, symbols, numbers, punctuation.
_VISIBLE: Final = frozenset("LMSNP")
_AUTHENTICATOR_CODE: Final = re.compile(r"[0-9]{6}")


def _is_visible(text: str) -> bool:
    return all(unicodedata.category(character)[0] in _VISIBLE for character in text)


def _shown(value: object) -> str:
    """What was given: a text by its content, anything else by its type alone."""
    return repr(value) if isinstance(value, str) else type(value).__name__


def checked_username(value: object, argument: str = "username") -> str:
    """The user name itself.

    Raises:
        UsageError: It is not a text of 1 to 128 visible characters.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= 128 or not _is_visible(value):
        raise UsageError(
            f"{argument}: got {_shown(value)}: expected 1 to 128 characters without spaces or control characters, "
            "such as 'ann' or 'ann@example.com'"
        )
    return value


def checked_secret_text(value: object, argument: str) -> str:
    """A password or a token, itself: whatever it holds is the service's to judge, and no error text shows it.

    Raises:
        UsageError: It is empty, not a text, or a text that no encoding can send.
    """
    if not isinstance(value, str) or not value:
        got = "an empty text" if isinstance(value, str) else type(value).__name__
        raise UsageError(f"{argument}: got {got}: expected a non-empty text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError(f"{argument}: got half of a surrogate pair: expected a text that UTF-8 can encode")
    return value


def checked_code(value: object, argument: str = "code") -> str:
    """A code that the service sent, itself.

    Raises:
        UsageError: It is empty, has spaces, or is not a text. The error does not show it.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= 2048 or re.search(r"\s", value):
        got = "a text with spaces, or an empty one" if isinstance(value, str) else type(value).__name__
        raise UsageError(
            f"{argument}: got {got}: expected the code as the service sent it, as a text without spaces"
        )
    return value


def checked_authenticator_code(value: object, argument: str = "code") -> str:
    """An authenticator's code, itself.

    Raises:
        UsageError: It is not a text of exactly six digits. The error does not show it.
    """
    if not isinstance(value, str) or _AUTHENTICATOR_CODE.fullmatch(value) is None:
        got = f"a text of {len(value)} characters" if isinstance(value, str) else type(value).__name__
        raise UsageError(f"{argument}: got {got}: expected the authenticator's six digits, as a text")
    return value


def checked_attribute_name(value: object, argument: str = "attributes") -> str:
    """The name of a user attribute, itself.

    Raises:
        UsageError: Cognito cannot have an attribute of this name.
    """
    fits = isinstance(value, str) and 1 <= len(value) <= 32
    if not isinstance(value, str) or not fits or not _is_visible(re.sub(r"[\t\n\r ]", "", value)):
        raise UsageError(
            f"{argument}: got {_shown(value)}: expected attribute names of 1 to 32 characters without control "
            "characters, such as 'email' or 'custom:tenant'"
        )
    return value


def checked_attribute_names(values: str | Iterable[str], argument: str) -> list[str]:
    """The names of user attributes; a text alone is one name.

    Raises:
        UsageError: There is none, or Cognito cannot have an attribute of such a name.
    """
    names = [values] if isinstance(values, str) else list(values)
    if not names:
        raise UsageError(f"{argument}: got none: expected at least one attribute name")
    return [checked_attribute_name(name, argument) for name in names]


def checked_attributes(values: Mapping[str, str], argument: str = "attributes") -> dict[str, str]:
    """User attributes by name.

    Raises:
        UsageError: It is no mapping, a name is one that Cognito cannot have, or a value is no text of at most 2,048
            characters.
    """
    checked = checked_texts(values, argument)
    for name, value in checked.items():
        checked_attribute_name(name, argument)
        if len(value) > 2048:
            raise UsageError(f"{argument}[{name!r}]: {len(value)} characters: expected at most 2,048")
    return checked


def checked_texts(values: Mapping[str, str], argument: str) -> dict[str, str]:
    """Texts by name.

    Raises:
        UsageError: It is no mapping, or a name or a value is not a text.
    """
    if not isinstance(values, Mapping):
        raise UsageError(f"{argument}: got {type(values).__name__}: expected a mapping of texts to texts")
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise UsageError(f"{argument}[{name!r}]: got {type(value).__name__}: expected a text")
    return dict(values)


def credential_document(credential: Mapping[str, Any] | str) -> dict[str, Any]:
    """A credential as a JSON object, from the object or its text.

    Raises:
        UsageError: It is neither.
    """
    found: object = credential
    if isinstance(credential, str):
        try:
            found = json.loads(credential)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, Mapping):
        raise UsageError(
            "credential: expected what the browser's PublicKeyCredential.toJSON() gives, as an object or its JSON text"
        )
    return dict(found)
