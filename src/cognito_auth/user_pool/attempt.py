"""One sign-in under way: it answers what needs no user (SRP, devices) and hands out the rest as challenges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from cognito_auth import _seal
from cognito_auth._challenge import Challenge
from cognito_auth._runtime.retry import Resend
from cognito_auth._values import NO_STRINGS, redacted
from cognito_auth.challenges import CHALLENGES
from cognito_auth.errors import UnexpectedReply
from cognito_auth.user_pool import srp
from cognito_auth.user_pool.base import about_the_call
from cognito_auth.user_pool.results import tokens_of
from cognito_auth.users import Device, UserContext

if TYPE_CHECKING:
    from cognito_auth.tokens import TokenSet
    from cognito_auth.user_pool.fields import Fields
    from cognito_auth.user_pool.wire import ClientProof, Wire


INSIDE: Final[Mapping[str, str]] = {
    "PASSWORD_VERIFIER": "the password is proved by SRP",
    "DEVICE_SRP_AUTH": "the device announces itself",
    "DEVICE_PASSWORD_VERIFIER": "the device is proved by SRP",
}
"""The challenges that need no user, and how they are met."""


@attrs.frozen
class About:
    """What every request of a sign-in says beside its job.

    Attributes:
        client_metadata: For the pool's Lambda triggers.
        user_context: For its threat protection.
        analytics_endpoint_id: For Amazon Pinpoint.
    """

    client_metadata: Mapping[str, str] = attrs.field(default=NO_STRINGS, repr=False)
    user_context: UserContext | None = None
    analytics_endpoint_id: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """Members of the input."""
        return about_the_call(self.client_metadata, self.user_context, self.analytics_endpoint_id)


@attrs.frozen
class Asked:
    """What the service asks.

    Attributes:
        answer: The whole answer.
        name: Of the challenge.
        parameters: Of the challenge.
        session: To go on with.
    """

    answer: Fields
    name: str
    parameters: Mapping[str, str] = attrs.field(repr=False)
    session: str | None = attrs.field(repr=False)

    @classmethod
    def of(cls, answer: Fields) -> Asked:
        """What an answer without tokens asks."""
        return cls(
            answer,
            answer.text("ChallengeName"),
            answer.text_map("ChallengeParameters"),
            answer.optional_text("Session"),
        )

    def parameter(self, name: str) -> str:
        """A parameter that must be there.

        Raises:
            UnexpectedReply: It is not.
        """
        value = self.parameters.get(name)
        if value is None:
            raise self.answer.refused(f"{self.name} lacks the parameter {name}")
        return value


@attrs.define(kw_only=True)
class Attempt:
    """One sign-in.

    Attributes:
        wire: Carries it.
        username: The name that was sent first; later the one that the service returned. Each step's secret hash is
            over the name that the step sends.
        device: What stands in for a second factor.
        about: What every request says beside its job.
    """

    wire: Wire
    username: str
    device: Device | None
    about: About
    _password: str | None = attrs.field(default=None, repr=redacted, init=False)
    _ephemeral: srp.Ephemeral | None = attrs.field(default=None, init=False)
    _device_ephemeral: srp.Ephemeral | None = attrs.field(default=None, init=False)
    _device_is_announced: bool = attrs.field(default=False, init=False)

    def prove(self, password: str) -> dict[str, str]:
        """``SRP_A``, after which a challenge to prove the password is answered once.

        Raises:
            UsageError: The app client was made without ``pool_id``, whose name is part of the proof.
        """
        self.wire.app.required_pool_id("a proof of the password (SRP)")
        self._password = password
        self._ephemeral = self._new_ephemeral()
        return {"SRP_A": self._ephemeral.public_hex}

    async def initiate(
        self, flow: str, parameters: Mapping[str, str], *, session: str | None = None
    ) -> Fields:
        """The answer to InitiateAuth."""
        return await self.wire.call_as_client(
            "InitiateAuth",
            lambda proof: {
                "AuthFlow": flow,
                "AuthParameters": self._signed(parameters, proof),
                "Session": session,
                **self.about.to_wire(),
            },
            resend=Resend.REFUSED,
        )

    async def respond(self, name: str, responses: Mapping[str, str], *, session: str | None) -> Fields:
        """The answer to RespondToAuthChallenge. Its session serves once, so it is never sent again."""
        return await self.wire.call_as_client(
            "RespondToAuthChallenge",
            lambda proof: {
                "ChallengeName": name,
                "Session": session,
                "ChallengeResponses": self._signed(responses, proof),
                **self.about.to_wire(),
            },
        )

    async def finish(self, answer: Fields) -> TokenSet | Challenge:
        """Tokens, or the next challenge that only the user can answer.

        Each step inside is done once at most, so a service that asks in circles gets no further.
        """
        while (result := answer.child("AuthenticationResult")) is None:
            asked = Asked.of(answer)
            named = asked.parameters
            self.username = named.get("USERNAME") or named.get("USER_ID_FOR_SRP") or self.username
            step = self._steps().get(asked.name)
            if step is None:
                return self._challenge(asked)
            answer = await step(asked)
        return tokens_of(
            result, now=self.wire.runtime.now(), device_key=self.device.key if self.device else None
        )

    def _steps(self) -> dict[str, Callable[[Asked], Awaitable[Fields]]]:
        """What can be answered without the user at this moment."""
        steps: dict[str, Callable[[Asked], Awaitable[Fields]]] = {}
        if self._ephemeral is not None:
            steps["PASSWORD_VERIFIER"] = self._prove_password
        if self._device_ephemeral is not None:
            steps["DEVICE_PASSWORD_VERIFIER"] = self._prove_device
        elif self.device is not None and not self._device_is_announced:
            steps["DEVICE_SRP_AUTH"] = self._announce_device
        return steps

    async def _prove_password(self, asked: Asked) -> Fields:
        assert self._ephemeral is not None  # noqa: S101 - _steps has seen it
        assert self._password is not None  # noqa: S101 - they come together
        ephemeral, self._ephemeral = self._ephemeral, None
        identity = self.wire.app.pool_name + asked.parameter("USER_ID_FOR_SRP")
        proof = self._proof(asked, ephemeral, identity, self._password)
        return await self.respond(asked.name, proof, session=asked.session)

    async def _announce_device(self, asked: Asked) -> Fields:
        self._device_ephemeral, self._device_is_announced = self._new_ephemeral(), True
        return await self.respond(
            asked.name, {"SRP_A": self._device_ephemeral.public_hex}, session=asked.session
        )

    async def _prove_device(self, asked: Asked) -> Fields:
        assert self._device_ephemeral is not None  # noqa: S101 - _steps has seen it
        assert self.device is not None  # noqa: S101 - they come together
        ephemeral, self._device_ephemeral = self._device_ephemeral, None
        proof = self._proof(asked, ephemeral, self.device.identity, self.device.secret)
        return await self.respond(asked.name, proof, session=asked.session)

    def _new_ephemeral(self) -> srp.Ephemeral:
        return srp.begin(self.wire.runtime.random_bytes(32))

    def _proof(self, asked: Asked, ephemeral: srp.Ephemeral, identity: str, password: str) -> dict[str, str]:
        secret_block = asked.parameter("SECRET_BLOCK")
        salt, server_public = asked.parameter("SALT"), asked.parameter("SRP_B")
        try:
            key = srp.session_key(
                ephemeral, identity=identity, password=password, salt=salt, server_public=server_public
            )
            timestamp = srp.timestamp(self.wire.service_now())
            signature = srp.signature(key, identity=identity, secret_block=secret_block, timestamp=timestamp)
        except UnexpectedReply as error:
            why = error.message
        else:
            return {
                "PASSWORD_CLAIM_SIGNATURE": signature,
                "PASSWORD_CLAIM_SECRET_BLOCK": secret_block,
                "TIMESTAMP": timestamp,
            }
        raise asked.answer.refused(why)

    def _signed(self, members: Mapping[str, str], proof: ClientProof) -> dict[str, str]:
        """The members with the name, the secret hash over it, and the device."""
        added: dict[str, Any] = {"DEVICE_KEY": self.device.key if self.device else None}
        if self.username:
            added |= {"USERNAME": self.username, "SECRET_HASH": proof.hash(self.username)}
        return {name: value for name, value in added.items() if value is not None} | dict(members)

    def _challenge(self, asked: Asked) -> Challenge:
        try:
            return CHALLENGES.get(asked.name, Challenge)(
                name=asked.name,
                username=self.username,
                parameters=asked.parameters,
                session=asked.session,
                available=asked.answer.texts("AvailableChallenges"),
                device=self.device,
                client_metadata=self.about.client_metadata,
                user_context=self.about.user_context,
                analytics_endpoint_id=self.about.analytics_endpoint_id,
                asked_at=self.wire.runtime.now(),
                owner=_seal.owner_of(self.wire.app),
            )
        except ValueError as error:
            why = f"{asked.name}: {error}"
        raise asked.answer.refused(why)
