"""The devices that a pool remembers of a user. (Confirming one, and signing in with it, is in ``devices.py``.)"""

from __future__ import annotations

import re
from typing import Final

from cognito_auth._runtime.operation import operation
from cognito_auth._runtime.retry import Resend
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool.base import Operations, attributes_of
from cognito_auth.user_pool.fields import Fields
from cognito_auth.users import RememberedDevice

_DEVICE_KEY: Final = re.compile(r"[\w-]+_[0-9a-f-]+", re.ASCII)


def checked_device_key(value: object, argument: str = "device_key") -> str:
    """The device key itself.

    Raises:
        UsageError: It is not shaped like one (botocore's pattern, at most 55 characters).
    """
    if not isinstance(value, str) or len(value) > 55 or _DEVICE_KEY.fullmatch(value) is None:
        raise UsageError(
            f"{argument}: {value!r} is not a device key: expected one such as "
            "'eu-west-1_a1b2c3d4-5678-90ab-cdef-EXAMPLE11111', from TokenSet.device_key or list_devices"
        )
    return value


class DeviceManagement(Operations):
    """Listing, changing and forgetting devices."""

    @operation
    async def get_device(self, tokens: TokenSet | str, device_key: str) -> RememberedDevice:
        """A device as the pool knows it.

        Args:
            tokens: The user's tokens, or the access token alone.
            device_key: Which.

        Raises:
            UsageError: The key cannot be one; nothing was sent.
            ResourceNotFound: The user has no such device.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetDevice.html
        """
        content = {"DeviceKey": checked_device_key(device_key)}
        answer = await self._as_user("GetDevice", tokens, content, resend=Resend.SAFE)
        device = answer.child("Device")
        if device is None:
            raise answer.refused("the answer lacks Device")
        return _device(device)

    @operation
    async def list_devices(self, tokens: TokenSet | str) -> tuple[RememberedDevice, ...]:
        """Every device of the user.

        Args:
            tokens: The user's tokens, or the access token alone.

        Raises:
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListDevices.html
        """
        members = await self._whole_list(
            "ListDevices", tokens, members="Devices", page="PaginationToken", size={"Limit": 60}
        )
        return tuple(map(_device, members))

    @operation
    async def update_device_status(
        self, tokens: TokenSet | str, device_key: str, *, remembered: bool
    ) -> None:
        """Let the pool remember a device, or no longer: the user's choice, where the pool leaves it to users.

        Args:
            tokens: The user's tokens, or the access token alone.
            device_key: Which.
            remembered: Whether later sign-ins from it may leave the second factor out.

        Raises:
            UsageError: The key cannot be one; nothing was sent.
            ServiceError: The service refused.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateDeviceStatus.html
        """
        content = {
            "DeviceKey": checked_device_key(device_key),
            "DeviceRememberedStatus": "remembered" if remembered else "not_remembered",
        }
        await self._as_user("UpdateDeviceStatus", tokens, content)

    @operation
    async def forget_device(self, tokens: TokenSet | str, device_key: str) -> None:
        """The end of a device at this pool.

        Args:
            tokens: The user's tokens, or the access token alone.
            device_key: Which.

        Raises:
            UsageError: The key cannot be one; nothing was sent.
            ResourceNotFound: The user has no such device.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgetDevice.html
        """
        await self._as_user("ForgetDevice", tokens, {"DeviceKey": checked_device_key(device_key)})


def _device(each: Fields) -> RememberedDevice:
    return RememberedDevice(
        key=each.text("DeviceKey"),
        attributes=attributes_of(each, "DeviceAttributes"),
        created_at=each.moment("DeviceCreateDate"),
        modified_at=each.moment("DeviceLastModifiedDate"),
        last_authenticated_at=each.moment("DeviceLastAuthenticatedDate"),
    )
