"""Software that others wrote: servers that our clients talk to, clients that talk to our fake pool, and what came of it.

Every server listens on loopback and is stopped by whoever started it. What works is told by `matrix`, at the end.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest

from support.peers import REGION, Cognito, Peer
from support.programs import find_program


@pytest.fixture
def cognito() -> Iterator[Cognito]:
    """Makes a boto3 client for an address, closed after the test."""
    made: list[Any] = []

    def client(url: str) -> Any:
        made.append(
            boto3.client(
                "cognito-idp",
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=botocore.config.Config(retries={"total_max_attempts": 1}),
            )
        )
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def moto() -> Iterator[Peer]:
    """Moto's server, in this process."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP", "true")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield Peer("moto", f"http://{host}:{port}", sign_up_code="000000")
        finally:
            server.stop()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Ministack, in a process and an environment of its own, because it pins its own botocore."""
    program = find_program("ministack")
    assert program is not None, "a test that uses ministack says so: @pytest.mark.needs('ministack')"
    state = str(tmp_path_factory.mktemp("ministack"))
    settings = {
        "AUTH": "true",  # without it, it accepts nearly anything
        "BIND_HOST": "127.0.0.1",  # without these, it listens on all interfaces
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": "0",
        "IOT_MTLS_ENABLED": "0",
        "STATE_DIR": state,
        "TMPDIR": state,
    }
    log = Path(state) / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [program], env=os.environ | settings, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield Peer("ministack", _address_in(log, server), sign_up_code="123456")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _address_in(log: Path, server: subprocess.Popen[bytes]) -> str:
    """The address that ministack says it has taken."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        if found := re.search(r"Running on (http://[\d.:]+)", log.read_text(errors="replace")):
            return found[1]
        time.sleep(0.02)
    pytest.fail(f"ministack did not start:\n{log.read_text(errors='replace')}")


@pytest.fixture(params=["moto", "ministack"])
def peer(request: pytest.FixtureRequest) -> Peer:
    """Each of the servers in turn."""
    server: Peer = request.getfixturevalue(request.param)
    return server
