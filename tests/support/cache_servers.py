"""Servers that caches talk to: a real Redis, and DynamoDB as moto plays it. Each listens on loopback."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.programs import find_program


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RedisServer:
    """A Redis of one's own, which can be killed and come back empty."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *settings: str) -> None:
        """Start it; it keeps nothing on disk. Settings are those of its command line."""
        program = find_program("redis-server")
        assert program is not None
        self._process = subprocess.Popen(
            [
                program,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(self._directory),
                *settings,
            ],
            stdout=subprocess.DEVNULL,
        )
        with self.client() as client:
            while True:
                assert self._process.poll() is None, "redis-server did not start"
                try:
                    client.ping()
                except OSError:
                    continue
                except Exception as error:
                    if type(error).__module__.startswith("redis"):
                        continue
                    raise
                return

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self, **settings: Any) -> Any:
        """A blocking client."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        never = Retry(NoBackoff(), 0)
        return redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=2, retry=never, **settings)

    def async_client(self) -> Any:
        """An asynchronous one."""
        import redis.asyncio

        return redis.asyncio.Redis(host="127.0.0.1", port=self.port, socket_timeout=2)


@contextmanager
def running_redis(directory: Path) -> Iterator[RedisServer]:
    """A Redis that is stopped at the end."""
    server = RedisServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def running_dynamodb() -> Iterator[str]:
    """The address of moto's DynamoDB, with a table ``tokens``."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = boto3.client("dynamodb", **aws(f"http://{host}:{port}"))
        client.create_table(
            TableName="tokens",
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield f"http://{host}:{port}"
        client.close()
    finally:
        server.stop()


def aws(url: str) -> dict[str, Any]:
    """What a boto3 client of such a server is made with."""
    from botocore.config import Config

    return {
        "endpoint_url": url,
        "region_name": "eu-west-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "config": Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2),
    }


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for all tests that do it no harm."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """A DynamoDB for all tests: one alone, since moto's servers share their tables within a process."""
    with running_dynamodb() as url:
        yield url
