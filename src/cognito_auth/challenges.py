"""What a sign-in may ask before it gives tokens: one class for each challenge."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from cognito_auth._values import NO_STRINGS, Secretive, redacted


def _parameter_names(parameters: Mapping[str, str]) -> str:
    return repr(sorted(parameters))


def _read_only(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))


@attrs.frozen(kw_only=True)
class Challenge(Secretive):
    """A sign-in that is not finished: the service asks for something more.

    Attributes:
        name: The service's name of the challenge, such as ``"SMS_MFA"``.
        username: The name that the service returned, which the answer is about.
        parameters: What the service said with it.
        session: The service's single-use handle of this sign-in.
    """

    name: str
    username: str
    parameters: Mapping[str, str] = attrs.field(
        default=NO_STRINGS, converter=_read_only, repr=_parameter_names
    )
    session: str | None = attrs.field(default=None, repr=redacted)
