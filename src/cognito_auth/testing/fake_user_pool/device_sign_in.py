"""Signing in with a device that the pool remembers, which stands in for MFA."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import chain, passwords, srp
from cognito_auth.testing.fake_user_pool.checks import required
from cognito_auth.testing.fake_user_pool.proofs import check_proof
from cognito_auth.testing.fake_user_pool.state import Device
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.refresh_tokens import Sitting
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User


def begin(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any] | None:
    """The challenge for a remembered device; nothing for one that is confirmed but not remembered.

    Raises:
        RefusalError: `ResourceNotFound` for a device key that the user does not have.
    """
    device = user.devices.get(attempt.device_key or "")
    if device is None or not device.confirmed:
        raise RefusalError("ResourceNotFound", "Device does not exist.")
    if not device.remembered:
        return None
    parameters = {"USERNAME": user.username, "DEVICE_KEY": device.key}
    return chain.challenge(pool, attempt, "DEVICE_SRP_AUTH", parameters)


def answer_srp(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """DEVICE_SRP_AUTH."""
    user = attempt.known_user
    device = user.devices.get(required(responses, "DEVICE_KEY"))
    if device is None or device.verifier is None or device.salt is None:
        raise RefusalError("ResourceNotFound", "Device does not exist.")
    exchange = srp.Exchange.begin(
        identity=device.group_key + device.key,
        salt=device.salt,
        verifier=device.verifier,
        client_public=srp.from_hex(required(responses, "SRP_A")),
    )
    parameters = {**exchange.parameters(), "USERNAME": user.username, "DEVICE_KEY": device.key}
    return chain.challenge(
        pool, attempt, "DEVICE_PASSWORD_VERIFIER", parameters, exchange=exchange, device_key=device.key
    )


def answer_verifier(pool: FakeUserPool, attempt: Attempt, responses: dict[str, str]) -> dict[str, Any]:
    """DEVICE_PASSWORD_VERIFIER."""
    user = attempt.known_user
    proved = check_proof(pool, attempt.details["exchange"], responses)
    if not proved or required(responses, "DEVICE_KEY") != attempt.details["device_key"]:
        raise passwords.wrong()
    attempt.passed += ["MFA", "DEVICE"]
    return chain.finish(pool, attempt, user)


def device_of(pool: FakeUserPool, attempt: Attempt, user: User) -> Device | None:
    """The device of a sign-in that is complete: the one that was named, or a new one for it to confirm."""
    if pool.settings.devices == "off":
        return None
    now = pool.clock.now()
    device = user.devices.get(attempt.device_key or "")
    if device is None:
        device = Device(
            key=f"{pool.region}_{uuid.uuid4()}",
            group_key=pool.device_group_key,
            created=now,
            modified=now,
            authenticated=now,
        )
        user.devices[device.key] = device
    device.authenticated = now
    return device


def check_refresh(pool: FakeUserPool, user: User, sitting: Sitting, device_key: str | None) -> None:
    """Where the pool tracks devices, tokens are refreshed with the confirmed device that they were issued to.

    Raises:
        RefusalError: `NotAuthorized`, in the words that Cognito uses for any refresh token that is not good.
    """
    if pool.settings.devices == "off" or sitting.oauth:
        return
    device = user.devices.get(sitting.device_key or "")
    if device is None or not device.confirmed or device_key != device.key:
        raise RefusalError("NotAuthorized", "Invalid Refresh Token.")


ANSWERS = {
    "DEVICE_SRP_AUTH": answer_srp,
    "DEVICE_PASSWORD_VERIFIER": answer_verifier,
}
