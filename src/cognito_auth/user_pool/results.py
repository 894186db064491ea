"""Tokens from an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth.tokens import NewDevice, TokenSet

if TYPE_CHECKING:
    from cognito_auth.user_pool.fields import Fields


def tokens_of(
    result: Fields, *, now: float, refresh_token: str | None = None, device_key: str | None = None
) -> TokenSet:
    """The tokens of an ``AuthenticationResult``.

    Args:
        result: The member of the answer.
        now: When the answer came, in seconds since the epoch.
        refresh_token: The one that goes on where the answer brings none.
        device_key: The device that was signed in with, or refreshed for.

    Raises:
        UnexpectedReply: The access token is missing, or nothing says how long it lives.
    """
    new_device = _new_device(result.child("NewDeviceMetadata"))
    try:
        return TokenSet.issued(
            access_token=result.text("AccessToken"),
            id_token=result.optional_text("IdToken"),
            refresh_token=result.optional_text("RefreshToken") or refresh_token,
            token_type=result.optional_text("TokenType"),
            expires_in=result.number("ExpiresIn"),
            now=now,
            new_device=new_device,
            device_key=new_device.key if new_device else device_key,
        )
    except ValueError as error:
        why = str(error)
    raise result.refused(why)


def _new_device(details: Fields | None) -> NewDevice | None:
    if details is None:
        return None
    return NewDevice(key=details.text("DeviceKey"), group_key=details.text("DeviceGroupKey"))
