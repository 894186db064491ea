"""The fake user pool behind a `respx` router, for suites that mock `httpx` with it already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import respx

from cognito_auth.app_client import dns_suffix
from cognito_auth.testing.fake_user_pool.pool import NOWHERE

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool


def router(pool: FakeUserPool, *, domain: str | None = None) -> respx.MockRouter:
    """A router that answers from the pool whatever goes to Cognito in its Region; use it as a context manager.

    Other hosts are the suite's own to mock: `router.get("https://api.example.com/orders").respond(json=[])`. What is
    not mocked is refused. Ordered delays are waited in the calling thread.

    Args:
        pool: Who answers.
        domain: The host of a custom domain, such as `"auth.example.com"`.
    """
    made = respx.mock(assert_all_called=False)
    transport = pool.transport()
    made.route(host__regex=_hosts(pool.region), name="cognito").mock(side_effect=transport.handle_request)
    if domain is not None:
        made.route(host=domain, name="cognito domain").mock(side_effect=transport.handle_request)
    return made


def _hosts(region: str) -> str:
    """The pool's hosts at AWS, and the one that its own settings name; nothing that only begins or ends like one."""
    api = rf"(?:issuer-)?cognito-idp(?:-fips)?\.{re.escape(f'{region}.{dns_suffix(region)}')}"
    domains = rf"[a-z0-9-]+\.auth(?:-fips)?\.{re.escape(region)}\.amazoncognito\.com"
    return rf"^(?:{api}|{domains}|{re.escape(NOWHERE.partition('://')[2])})$"
