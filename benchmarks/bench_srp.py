"""The arithmetic of one SRP sign-in, beside pycognito's: three modular powers are nearly all that it costs.

Promised: at most 0.5 of pycognito's with Python's own `pow`, and 0.1 with gmpy2 (the extra of that name).
Measured in interleaved rounds; each ratio is that of the medians.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from pycognito.aws_srp import AWSSRP

from cognito_auth.user_pool import srp

ROUNDS = 30
POOL_NAME, USERNAME, PASSWORD = "myPool", "5f0c8f0e-6c1c-4f5e-9f0a-2a1f3c1c9d11", "Correct-horse1"
SALT = "7a3f001122334455667788 99aabbccdd".replace(" ", "")
SECRET_BLOCK = "c2VjcmV0" * 200
SERVER_PUBLIC = f"{pow(2, int.from_bytes(os.urandom(32), 'big'), srp.N):x}"

constant_time_power = srp._constant_time_power  # noqa: SLF001 - both ways are measured


def ours() -> None:
    """From the key pair to the signature."""
    ephemeral = srp.begin(os.urandom(32))
    identity = POOL_NAME + USERNAME
    key = srp.session_key(
        ephemeral, identity=identity, password=PASSWORD, salt=SALT, server_public=SERVER_PUBLIC
    )
    srp.signature(key, identity=identity, secret_block=SECRET_BLOCK, timestamp="Tue Jul 10 11:01:00 UTC 2018")


def with_python() -> None:
    """With Python's own `pow`."""
    srp._constant_time_power = None  # noqa: SLF001 - both ways are measured
    ours()


def with_gmpy2() -> None:
    """With gmpy2's constant-time power."""
    srp._constant_time_power = constant_time_power  # noqa: SLF001 - both ways are measured
    ours()


def pycognitos() -> None:
    """The same in pycognito, without the network."""
    client: Any = AWSSRP(
        username=USERNAME,
        password=PASSWORD,
        pool_id=f"eu-west-1_{POOL_NAME}",
        client_id="abc",
        client=object(),
    )
    client.get_auth_params()
    client.process_challenge(
        {
            "USERNAME": USERNAME,
            "USER_ID_FOR_SRP": USERNAME,
            "SALT": SALT,
            "SRP_B": SERVER_PUBLIC,
            "SECRET_BLOCK": SECRET_BLOCK,
        },
        {"USERNAME": USERNAME},
    )


def main() -> None:
    """Measure, and print the table."""
    ways: dict[str, Callable[[], None]] = {"pycognito": pycognitos, "cognito-auth, pow": with_python}
    if constant_time_power is not None:
        ways["cognito-auth, gmpy2"] = with_gmpy2
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    floor = statistics.median(times["pycognito"])
    print(f"{'SRP arithmetic of one sign-in':<36} {'ms':>8} {'ratio':>7}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:<36} {1000 * median:>8.2f} {median / floor:>7.2f}")
    if constant_time_power is None:
        print("gmpy2 is not installed: pip install 'cognito-auth[gmpy2]'")


if __name__ == "__main__":
    main()
