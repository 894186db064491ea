"""ConfirmDevice, GetDevice, ListDevices, UpdateDeviceStatus, ForgetDevice."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks
from cognito_auth.testing.fake_user_pool.paging import page
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Device, User


def confirm_device(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ConfirmDevice: keep the verifier; where the user decides, say so."""
    user = _user(pool, given)
    device = _device(user, given["DeviceKey"])
    if device.confirmed:
        raise RefusalError("DeviceKeyExists", "Device already exists.")
    config = given.get("DeviceSecretVerifierConfig") or {}
    device.salt = _number(config.get("Salt"), "Salt")
    device.verifier = _number(config.get("PasswordVerifier"), "PasswordVerifier")
    device.name = given.get("DeviceName")
    device.remembered = pool.settings.devices == "always"
    _touch(pool, device)
    return {"UserConfirmationNecessary": not device.remembered}


def get_device(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """GetDevice."""
    return {"Device": _described(_device(_user(pool, given), given["DeviceKey"]))}


def list_devices(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ListDevices: the confirmed ones, in pages."""
    confirmed = [device for device in _user(pool, given).devices.values() if device.confirmed]
    shown, token = page(confirmed, given.get("PaginationToken"), given.get("Limit") or 60)
    return {"Devices": [_described(device) for device in shown], **token("PaginationToken")}


def update_status(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """UpdateDeviceStatus: the user wants the device remembered, or not."""
    device = _device(_user(pool, given), given["DeviceKey"])
    device.remembered = given.get("DeviceRememberedStatus", "remembered") == "remembered"
    _touch(pool, device)
    return {}


def forget_device(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """ForgetDevice."""
    user = _user(pool, given)
    del user.devices[_device(user, given["DeviceKey"]).key]
    return {}


def _user(pool: FakeUserPool, given: dict[str, Any]) -> User:
    if given.get("AccessToken") is None:
        raise RefusalError("InvalidParameter", "Missing required parameter AccessToken")
    if pool.settings.devices == "off":
        raise RefusalError("InvalidUserPoolConfiguration", "The user pool does not track devices.")
    return checks.caller_of(pool, given["AccessToken"]).user


def _device(user: User, key: str) -> Device:
    device = user.devices.get(key)
    if device is None:
        raise RefusalError("ResourceNotFound", "Device does not exist.")
    return device


def _number(text: str | None, name: str) -> int:
    """A number from the base64 of its two's complement, which for a verifier and a salt is not negative."""
    try:
        data = base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise RefusalError("InvalidParameter", f"Invalid {name} in DeviceSecretVerifierConfig.")
    return int.from_bytes(data, "big")


def _touch(pool: FakeUserPool, device: Device) -> None:
    device.modified = pool.clock.now()


def _described(device: Device) -> dict[str, Any]:
    status = "remembered" if device.remembered else "not_remembered"
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "dev:device_remembered_status": status,
    }
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [
            {"Name": name, "Value": value} for name, value in attributes.items() if value is not None
        ],
        "DeviceCreateDate": device.created,
        "DeviceLastModifiedDate": device.modified,
        "DeviceLastAuthenticatedDate": device.authenticated,
    }


OPERATIONS = {
    "ConfirmDevice": confirm_device,
    "GetDevice": get_device,
    "ListDevices": list_devices,
    "UpdateDeviceStatus": update_status,
    "ForgetDevice": forget_device,
}
