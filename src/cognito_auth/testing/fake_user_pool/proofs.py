"""The proof of a password by SRP: that it came in time, for the block that was given out, and that it is right."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool import srp
from cognito_auth.testing.fake_user_pool.checks import required

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

CLOCK_SKEW = 300


def check_proof(pool: FakeUserPool, exchange: srp.Exchange, responses: dict[str, str]) -> bool:
    """Whether a signature proves the password, for the block that was given out and at a fitting time.

    A client on this machine cannot follow the pool's clock when a test moves it, so its own time is right as well.
    """
    moment = srp.read_timestamp(required(responses, "TIMESTAMP"))
    block = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    signature = required(responses, "PASSWORD_CLAIM_SIGNATURE")
    if moment is None or not hmac.compare_digest(block.encode(), exchange.secret_block.encode()):
        return False
    if min(abs(moment.timestamp() - now) for now in (pool.clock.now(), time.time())) > CLOCK_SKEW:
        return False
    return exchange.proves(signature, responses["TIMESTAMP"])
