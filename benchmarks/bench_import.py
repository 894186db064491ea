"""What importing this library costs, beside the libraries that it would otherwise load.

Each import is timed in a Python of its own, in turns, and the median is taken. Ratios are to `import httpx`.
"""

import statistics
import subprocess
import sys

ROUNDS = 15
STATEMENTS = {
    "import httpx": "import httpx",
    "import boto3": "import boto3",
    "import cognito_auth": "import cognito_auth",
    "an AppClient": "from cognito_auth import AppClient; AppClient(client_id='a', pool_id='eu-west-1_A')",
    "a TokenVerifier": (
        "from cognito_auth import TokenVerifier; TokenVerifier('eu-west-1_A', client_id='a', token_use='access')"
    ),
    "a UserPool": (
        "from cognito_auth import AppClient, UserPool; UserPool(AppClient(client_id='a', pool_id='eu-west-1_A'))"
    ),
}


def seconds(statement: str) -> float:
    """How long a statement takes in a fresh Python, without the start of Python itself."""
    program = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


def main() -> None:
    """Measure in interleaved rounds, and print the table."""
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    medians = {name: statistics.median(values) for name, values in times.items()}
    floor = medians["import httpx"]
    print(f"{'in a fresh Python':<36} {'ms':>8} {'ratio':>7}")
    for name, median in medians.items():
        print(f"{name:<36} {median * 1000:>8.1f} {median / floor:>7.2f}")


if __name__ == "__main__":
    main()
