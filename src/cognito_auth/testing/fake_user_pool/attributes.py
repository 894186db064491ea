"""What attributes a user can have, and who may write them.

<https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The standard claims of OpenID Connect (Core, section 5.1); the pool itself writes the others of them.
STANDARD = frozenset({
    "address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
    "phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
})  # fmt: skip
POOLS_OWN = frozenset({"sub", "email_verified", "phone_number_verified"})
_FORMATS = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "Invalid email address format."),
    "phone_number": (re.compile(r"\+\d{1,15}", re.ASCII), "Invalid phone number format."),
}


def check_names(names: Iterable[str]) -> None:
    """Refuse attributes that there are not, and those that only the pool writes.

    Raises:
        RefusalError: `NotAuthorized` or `InvalidParameter`.
    """
    for name in names:
        if name in POOLS_OWN:
            raise RefusalError("NotAuthorized", f"A client attempted to write unauthorized attribute: {name}")
        if name not in STANDARD and not name.startswith(("custom:", "dev:")):
            raise _against_schema(f"Type for attribute {{{name}}} could not be determined")


def check_values(attributes: Mapping[str, str]) -> None:
    """Refuse addresses that are none.

    Raises:
        RefusalError: `InvalidParameter`.
    """
    for name, (pattern, message) in _FORMATS.items():
        if name in attributes and pattern.fullmatch(attributes[name]) is None:
            raise RefusalError("InvalidParameter", message)


def check_required(attributes: Iterable[str], required: frozenset[str]) -> None:
    """Refuse a user who lacks a required attribute.

    Raises:
        RefusalError: `InvalidParameter`, naming all that are missing.
    """
    missing = sorted(required.difference(attributes))
    if missing:
        raise _against_schema(", ".join(f"{name}: The attribute {name} is required" for name in missing))


def _against_schema(what: str) -> RefusalError:
    return RefusalError("InvalidParameter", f"Attributes did not conform to the schema: {what}\n")
