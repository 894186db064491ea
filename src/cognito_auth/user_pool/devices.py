"""Devices that the pool remembers: they stand in for a second factor, and their refresh tokens are bound to them."""

from __future__ import annotations

import base64

from cognito_auth import _seal
from cognito_auth._runtime.operation import operation
from cognito_auth.errors import UsageError
from cognito_auth.tokens import TokenSet
from cognito_auth.user_pool import srp
from cognito_auth.user_pool.base import Operations
from cognito_auth.users import Device


class Devices(Operations):
    """Making a device one to remember. (What is remembered is in ``device_management.py``.)"""

    @operation
    async def confirm_device(self, tokens: TokenSet, *, name: str | None = None) -> Device:
        """The device that signs in without a second factor from now on; keep it where the user's secrets are kept.

        Its secret is made here, and the service gets only a verifier of it.

        Args:
            tokens: Of a sign-in that named a new device (``tokens.new_device``).
            name: What the user calls the device.

        Raises:
            UsageError: The tokens name no new device.
            DeviceKeyExists: The device is confirmed already.
            ServiceError: The service refused for another reason.
            TransportError: No whole answer came; whether the device was confirmed is not known.

        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmDevice.html
        """
        if not isinstance(tokens, TokenSet) or tokens.new_device is None:
            raise UsageError(
                "tokens: they name no new device: expected the TokenSet of a sign-in without device=, in a pool that "
                "remembers devices"
            )
        new = tokens.new_device
        secret = base64.b64encode(self._runtime.random_bytes(40)).decode()
        salt, verifier = srp.device_verifier(
            identity=new.group_key + new.key, password=secret, salt=self._runtime.random_bytes(16)
        )
        answer = await self._wire.call(
            "ConfirmDevice",
            {
                "AccessToken": tokens.access_token,
                "DeviceKey": new.key,
                "DeviceName": name,
                "DeviceSecretVerifierConfig": {"PasswordVerifier": verifier, "Salt": salt},
            },
        )
        return Device(
            key=new.key,
            group_key=new.group_key,
            secret=secret,
            needs_user_choice=answer.flag("UserConfirmationNecessary"),
            owner=_seal.owner_of(self._app),
        )
