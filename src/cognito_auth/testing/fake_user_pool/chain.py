"""What follows when a first factor has passed: a new password, a known device, MFA, and then the tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import device_sign_in
from cognito_auth.testing.fake_user_pool.outbox import masked
from cognito_auth.testing.fake_user_pool.state import MFA_ATTRIBUTES
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt
    from cognito_auth.testing.fake_user_pool.state import User


def challenge(
    pool: FakeUserPool, attempt: Attempt, name: str, parameters: dict[str, str], **details: Any
) -> dict[str, Any]:
    """A challenge with a fresh session."""
    return {
        "ChallengeName": name,
        "Session": pool.sessions.open(attempt, name, **details),
        "ChallengeParameters": parameters,
    }


def proceed(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    """The next step of a sign-in whose last step has passed.

    Custom challenges and sign-ins without a password go their own way; a password leads through here.
    """
    if user.status == "FORCE_CHANGE_PASSWORD":
        return _new_password(pool, attempt, user)
    if "MFA" not in attempt.passed:
        knows_device = attempt.device_key is not None and pool.settings.devices != "off"
        asked = device_sign_in.begin(pool, attempt, user) if knows_device else None
        asked = asked or _mfa(pool, attempt, user)
        if asked is not None:
            return asked
    return finish(pool, attempt, user)


def finish(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    """The sign-in is complete: its tokens, and a new device where the pool tracks devices."""
    if attempt.hosted:
        return {}
    device = device_sign_in.device_of(pool, attempt, user)
    key = None if device is None else device.key
    sitting = pool.sittings.begin(user, attempt.client, acr=attempt.acr, device_key=key)
    minted = pool.sittings.tokens(sitting, user, attempt.client)
    result = minted.for_json_api()
    if device is not None and not device.confirmed:
        result["NewDeviceMetadata"] = {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


def mfa_kinds(pool: FakeUserPool, user: User) -> list[str]:
    """The kinds of MFA that this user has to pass one of."""
    if pool.settings.mfa == "OFF":
        return []
    active = [kind for kind in user.mfa if kind in pool.settings.mfa_kinds]
    if active or pool.settings.mfa == "OPTIONAL":
        return active
    # MFA is required and the user has chosen none: a verified phone number or e-mail address serves.
    ready = (kind for kind, attribute in MFA_ATTRIBUTES.items() if user.verified(attribute))
    return [kind for kind in ready if kind in pool.settings.mfa_kinds][:1]


def begin_mfa(pool: FakeUserPool, attempt: Attempt, user: User, kind: str) -> dict[str, Any]:
    """The challenge of one kind of MFA; a code goes out where the kind is a message."""
    parameters = {"USER_ID_FOR_SRP": user.username}
    if kind == "SOFTWARE_TOKEN_MFA":
        return challenge(pool, attempt, kind, {**parameters, "FRIENDLY_DEVICE_NAME": user.totp_name})
    attribute = MFA_ATTRIBUTES[kind]
    if attribute not in user.attributes:
        raise RefusalError("InvalidParameter", f"User has no {attribute}")
    return code_challenge(pool, attempt, user, kind, attribute=attribute)


def code_challenge(
    pool: FakeUserPool, attempt: Attempt, user: User, name: str, *, attribute: str
) -> dict[str, Any]:
    """A challenge whose answer is a code in a message."""
    message = pool.outbox.send(user, "sign-in", attribute)
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": message.medium,
        "CODE_DELIVERY_DESTINATION": masked(message.destination),
        "USER_ID_FOR_SRP": user.username,
    }
    return challenge(pool, attempt, name, parameters, attribute=attribute)


def _mfa(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any] | None:
    kinds = mfa_kinds(pool, user)
    name = {"USER_ID_FOR_SRP": user.username}
    if not kinds:
        if pool.settings.mfa != "ON":
            return None
        can = sorted(pool.settings.mfa_kinds - {"SMS_MFA"}, reverse=True)
        return challenge(pool, attempt, "MFA_SETUP", {**name, "MFAS_CAN_SETUP": json.dumps(can)})
    preferred = user.preferred_mfa if user.preferred_mfa in kinds else None
    if preferred is None and len(kinds) > 1:
        return challenge(
            pool, attempt, "SELECT_MFA_TYPE", {**name, "MFAS_CAN_CHOOSE": json.dumps(kinds)}, kinds=kinds
        )
    return begin_mfa(pool, attempt, user, preferred or kinds[0])


def _new_password(pool: FakeUserPool, attempt: Attempt, user: User) -> dict[str, Any]:
    missing = sorted(pool.settings.required_attributes - set(user.attributes))
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in missing]),
        "userAttributes": json.dumps(user.attributes),
    }
    return challenge(pool, attempt, "NEW_PASSWORD_REQUIRED", parameters, missing=missing)
