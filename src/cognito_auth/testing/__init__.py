"""The test kit: a user pool for every test suite.

>>> from cognito_auth.testing import FakeUserPool
>>> pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
>>> client = pool.add_client()
>>> user = pool.add_user("ann", "correct horse", groups={"admin"})

Nothing is loaded until it is used, so that a pytest plugin that imports this costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cognito_auth.testing.clock import Clock
    from cognito_auth.testing.fake_cognito import FakeCognito
    from cognito_auth.testing.fake_user_pool.callbacks import Callbacks
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.settings import PasswordPolicy, Settings
    from cognito_auth.testing.faults import Faults
    from cognito_auth.testing.real_users import AsyncRealUsers, Orphan, RealUser, RealUsers
    from cognito_auth.testing.token_forge import TokenForge

__all__ = [
    "AsyncRealUsers",
    "Callbacks",
    "Clock",
    "FakeCognito",
    "FakeUserPool",
    "Faults",
    "Orphan",
    "PasswordPolicy",
    "RealUser",
    "RealUsers",
    "Settings",
    "TokenForge",
]

_HOMES = {
    "AsyncRealUsers": "cognito_auth.testing.real_users",
    "Callbacks": "cognito_auth.testing.fake_user_pool.callbacks",
    "Clock": "cognito_auth.testing.clock",
    "FakeCognito": "cognito_auth.testing.fake_cognito",
    "FakeUserPool": "cognito_auth.testing.fake_user_pool.pool",
    "Faults": "cognito_auth.testing.faults",
    "Orphan": "cognito_auth.testing.real_users",
    "PasswordPolicy": "cognito_auth.testing.fake_user_pool.settings",
    "RealUser": "cognito_auth.testing.real_users",
    "RealUsers": "cognito_auth.testing.real_users",
    "Settings": "cognito_auth.testing.fake_user_pool.settings",
    "TokenForge": "cognito_auth.testing.token_forge",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
