"""What an import loads. A program that only verifies tokens must not pay for the rest."""

import subprocess
import sys

import pytest

HEAVY = {"httpx", "httpx2", "jwt", "cryptography", "tenacity", "anyio", "asyncio", "boto3", "fastapi", "ssl"}


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries that a fresh Python has loaded after a statement."""
    # A coverage measurement or a debugger in the child may have loaded some before.
    program = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return HEAVY & set(answer.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import cognito_auth",
        "import cognito_auth; dir(cognito_auth)",
        "from cognito_auth import AppClient, TokenSet, errors",
    ],
)
def test_the_front_door_is_light(statement: str) -> None:
    """Neither an HTTP library nor cryptography is loaded before it is used."""
    assert set() == loaded_by(statement)
