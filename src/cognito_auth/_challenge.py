"""What all challenges share: what is needed to go on, an answer, and a sealed form to travel in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from types import MappingProxyType
from typing import Any, Final, ParamSpec

import attrs

from cognito_auth import _checks, _seal
from cognito_auth._values import NO_STRINGS, Secretive, redacted
from cognito_auth.app_client import AppClient
from cognito_auth.errors import UsageError
from cognito_auth.users import Device, UserContext

P = ParamSpec("P")

LIFETIME: Final = 15 * 60.0
"""Seconds for which a sealed challenge opens: the longest that a session of Cognito's can live."""

_KIND: Final = "challenge"


def _names_of(mapping: Mapping[str, str]) -> str:
    return repr(sorted(mapping))


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@attrs.frozen(kw_only=True)
class Challenge(Secretive):
    """A sign-in that is not finished: the service asks for something more.

    Attributes:
        name: The service's name of the challenge, such as ``"SMS_MFA"``.
        username: The name that the service returned, which the answer is about.
        parameters: What the service said with it.
        session: The service's single-use handle of this sign-in.
        available: ``AvailableChallenges``, where the user has a choice.
        device: The device that the sign-in began with.
        client_metadata: What the sign-in said to Lambda triggers; every answer repeats it unless it says its own.
        user_context: What the sign-in said to threat protection, likewise.
        analytics_endpoint_id: What the sign-in said to Amazon Pinpoint, likewise.
        asked_at: When the service asked, in seconds since the epoch.
    """

    name: str
    username: str
    parameters: Mapping[str, str] = attrs.field(default=NO_STRINGS, converter=_read_only, repr=_names_of)
    session: str | None = attrs.field(default=None, repr=redacted)
    available: tuple[str, ...] = ()
    device: Device | None = None
    client_metadata: Mapping[str, str] = attrs.field(default=NO_STRINGS, converter=_read_only, repr=_names_of)
    user_context: UserContext | None = attrs.field(default=None, repr=False)
    analytics_endpoint_id: str | None = attrs.field(default=None, repr=False)
    asked_at: float = attrs.field(repr=False)
    owner: str = attrs.field(repr=False)

    def answer_with(self, responses: Mapping[str, str]) -> Answer:
        """An answer in the service's own words, for a challenge that this library does not know.

        Args:
            responses: Members of ``ChallengeResponses``. ``USERNAME``, ``SECRET_HASH`` and ``DEVICE_KEY`` are added.

        Raises:
            UsageError: It is no mapping of texts to texts.
        """
        return Answer(challenge=self, responses=_checks.checked_texts(responses, "responses"))

    def dumps(self, key: _seal.SealKey) -> str:
        """The challenge as a sealed text, for a cookie or a form: the user may answer in a later request.

        Args:
            key: 16, 24 or 32 random bytes, or several such keys: the first seals.

        Raises:
            UsageError: A key has another length.
        """
        content = attrs.asdict(self, recurse=False, filter=lambda _, value: value not in _NOTHING)
        for name in _MAPPINGS & content.keys():
            content[name] = dict(content[name])
        if self.device is not None:
            content["device"] = self.device.to_sealed()
        if self.user_context is not None:
            content["user_context"] = attrs.asdict(self.user_context)
        del content["owner"]
        return _seal.seal({**content, "at": self.asked_at}, key=key, kind=_KIND, bound_to=self.owner)

    @classmethod
    def loads(cls, text: str, key: _seal.SealKey, *, app: AppClient) -> Challenge:
        """The challenge that :meth:`dumps` sealed, as an object of its own class.

        Args:
            text: The sealed text.
            key: The key, or the key ring: any of them may have sealed it.
            app: The app client that the sign-in is about.

        Raises:
            SealRejected: It was altered, sealed with another key, or for another user pool or app client.
            SealExpired: The service asked more than 15 minutes ago.
            UsageError: A key has the wrong length.
        """
        from cognito_auth.challenges import CHALLENGES, TotpSetup

        owner = _seal.owner_of(app)
        content = _seal.unseal(text, key=key, kind=_KIND, bound_to=owner, lifetime=LIFETIME)
        del content["at"]
        device, context = content.pop("device", None), content.pop("user_context", None)
        kind = TotpSetup if "secret" in content else CHALLENGES.get(content["name"], Challenge)
        return kind(
            **{**content, "available": tuple(content.get("available", ()))},
            device=Device(**device, owner=owner) if device else None,
            user_context=UserContext(**context) if context else None,
            owner=owner,
        )


_NOTHING: Final[tuple[Any, ...]] = (None, (), {})
_MAPPINGS: Final = frozenset({"parameters", "client_metadata"})


@attrs.frozen(kw_only=True)
class Answer(Secretive):
    """The answer to a challenge: what ``respond`` takes.

    Attributes:
        challenge: What is answered.
        responses: Members of ``ChallengeResponses``.
        proving: A password that is proved by SRP, and not sent.
        authenticator_code: What verifies an authenticator that is being set up.
        authenticator_name: What the user calls it.
    """

    challenge: Challenge
    responses: Mapping[str, str] = attrs.field(default=NO_STRINGS, converter=_read_only, repr=_names_of)
    proving: str | None = attrs.field(default=None, repr=redacted)
    authenticator_code: str | None = attrs.field(default=None, repr=redacted)
    authenticator_name: str | None = None

    def checked_for(self, app: AppClient) -> Challenge:
        """The challenge, if it is this app client's.

        Raises:
            UsageError: It is another's.
        """
        if self.challenge.owner != _seal.owner_of(app):
            raise UsageError("answer: its challenge is of another user pool or app client: answer it there")
        return self.challenge


def answering(method: Callable[P, Answer]) -> Callable[P, Answer]:
    """The method, which meets an answer of another challenge's kind with a UsageError that shows no value."""
    takes = signature(method)
    named = [
        each.replace(annotation=takes.empty) for each in takes.parameters.values() if each.name != "self"
    ]
    shown = takes.replace(parameters=named, return_annotation=takes.empty)

    @wraps(method)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            takes.bind(*args, **kwargs)
        except TypeError as error:
            why = str(error)
        else:
            return method(*args, **kwargs)
        raise UsageError(f"answer: {why}: expected {type(args[0]).__name__}.answer{shown}")

    return answer
