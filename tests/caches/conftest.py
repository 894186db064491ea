"""Caches of every kind, on servers that are really there."""

from collections.abc import Iterator

import pytest

from support.cache_servers import RedisServer, running_dynamodb, running_redis


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for all tests that do it no harm."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """A DynamoDB for all tests."""
    with running_dynamodb() as url:
        yield url
