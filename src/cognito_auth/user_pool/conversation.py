"""Signing in: from the first request to tokens, or to a challenge that only the user can answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cognito_auth import _checks
from cognito_auth._challenge import Answer, Challenge
from cognito_auth._values import NO_STRINGS
from cognito_auth.errors import ResourceNotFound, UsageError
from cognito_auth.user_pool import flows, mfa
from cognito_auth.user_pool.attempt import About, Attempt
from cognito_auth.user_pool.base import access_token_of
from cognito_auth.users import Device

if TYPE_CHECKING:
    from cognito_auth.tokens import TokenSet
    from cognito_auth.user_pool.wire import Wire
    from cognito_auth.users import UserContext


async def sign_in(
    wire: Wire,
    username: str,
    password: str | None = None,
    *,
    method: flows.Method = "srp",
    preferred: str | None = None,
    session: str | None = None,
    device: Device | None = None,
    acr_values: str | Iterable[str] = (),
    step_up_from: TokenSet | str | None = None,
    max_age: int | None = None,
    client_metadata: Mapping[str, str] = NO_STRINGS,
    user_context: UserContext | None = None,
    analytics_endpoint_id: str | None = None,
) -> TokenSet | Challenge:
    """The tokens of a user, or the first challenge that only the user can answer; see :meth:`SignIn.sign_in`."""
    choice = flows.Choice(
        preferred=preferred,
        session=session,
        acr_values=acr_values,
        access_token=None if step_up_from is None else access_token_of(step_up_from),
        max_age=max_age,
    )
    flow = flows.checked(method, password, choice)
    attempt = Attempt(
        wire=wire,
        username=_checks.checked_username(username),
        device=_checked_device(device),
        about=About(client_metadata, user_context, analytics_endpoint_id),
    )
    try:
        return await _begin(attempt, flow, password, choice)
    except ResourceNotFound as error:
        if not _is_about_device(error, attempt):
            raise
    # The user has forgotten the device since: what is left is a sign-in like the first one.
    attempt.username, attempt.device = username, None
    return await _begin(attempt, flow, password, choice)


async def _begin(
    attempt: Attempt, flow: flows.Flow, password: str | None, choice: flows.Choice
) -> TokenSet | Challenge:
    parameters = choice.parameters()
    if password is not None and flow.proves(choice):
        parameters |= attempt.prove(password)
        if flow.wire_name == "CUSTOM_AUTH":
            parameters["CHALLENGE_NAME"] = "SRP_A"
    elif password is not None:
        parameters["PASSWORD"] = password
    try:
        answer = await attempt.initiate(flow.wire_name, parameters, session=choice.session)
    except flows.REFUSALS as error:
        flows.advise(error, flow)
        raise
    return await attempt.finish(answer)


async def respond(
    wire: Wire,
    answer: Answer,
    *,
    device: Device | None = None,
    client_metadata: Mapping[str, str] | None = None,
    user_context: UserContext | None = None,
    analytics_endpoint_id: str | None = None,
) -> TokenSet | Challenge:
    """What follows an answer: tokens, or the next challenge; see :meth:`SignIn.respond`."""
    if not isinstance(answer, Answer):
        raise UsageError(
            f"answer: got {type(answer).__name__}: expected what the challenge's own answer(…) returns, such as "
            "pool.respond(challenge.answer(code='123456'))"
        )
    challenge = answer.checked_for(wire.app)
    attempt = Attempt(
        wire=wire,
        username=challenge.username,
        device=_checked_device(device) or challenge.device,
        about=About(
            challenge.client_metadata if client_metadata is None else client_metadata,
            user_context or challenge.user_context,
            analytics_endpoint_id or challenge.analytics_endpoint_id,
        ),
    )
    session, responses = challenge.session, dict(answer.responses)
    if answer.authenticator_code is not None:
        session = await mfa.verify_during_sign_in(
            wire, answer.authenticator_code, session=session, device_name=answer.authenticator_name
        )
    if answer.proving is not None:
        responses |= attempt.prove(answer.proving)
    try:
        return await attempt.finish(await attempt.respond(challenge.name, responses, session=session))
    except ResourceNotFound as error:
        if _is_about_device(error, attempt):
            error.advice = "The user has forgotten this device since: sign in again without device=."
        raise


async def initiate_auth(
    wire: Wire, flow: str, parameters: Mapping[str, str], *, session: str | None, about: About
) -> TokenSet | Challenge:
    """The answer to InitiateAuth, in the service's own words; see :meth:`SignIn.initiate_auth`."""
    given = _checks.checked_texts(parameters, "parameters")
    attempt = Attempt(wire=wire, username=given.get("USERNAME", ""), device=None, about=about)
    return await attempt.finish(await attempt.initiate(flow, given, session=session))


async def respond_to_auth_challenge(
    wire: Wire, name: str, responses: Mapping[str, str], *, session: str | None, about: About
) -> TokenSet | Challenge:
    """The answer to RespondToAuthChallenge, in the service's own words; see :meth:`SignIn.respond_to_auth_challenge`."""
    given = _checks.checked_texts(responses, "responses")
    if "USERNAME" not in given:
        raise UsageError(
            "responses: USERNAME is missing: expected the name that the service returned with the challenge"
        )
    attempt = Attempt(wire=wire, username=given["USERNAME"], device=None, about=about)
    return await attempt.finish(await attempt.respond(name, given, session=session))


def _is_about_device(error: ResourceNotFound, attempt: Attempt) -> bool:
    """Whether it is the device that is not there, and not the pool or the client: only the text tells."""
    return attempt.device is not None and "device" in error.message.lower()


def _checked_device(device: Device | None) -> Device | None:
    if device is not None and not isinstance(device, Device):
        raise UsageError(
            f"device: got {type(device).__name__}: expected the Device that confirm_device returned"
        )
    return device
