"""Hosts of a fleet as real processes: each makes a source of its own on a shared cache, and asks it for tokens.

Run as a program it forks the hosts, lets them start at the same moment, and prints a line of JSON for each.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__)


def fleet(
    hosts: int,
    *,
    app: dict[str, Any],
    grant: dict[str, Any],
    cache: dict[str, Any],
    identity: str | None = None,
    seconds: float = 0.0,
    every: float = 0.05,
) -> list[dict[str, Any]]:
    """What each host of a fleet has to tell: the tokens it met, the events it saw, or its error.

    Args:
        hosts: How many processes.
        app: The app client's settings.
        grant: The grant's ``kind`` and settings.
        cache: The cache's ``kind`` and settings.
        identity: The user's name.
        seconds: How long each host goes on asking; once, if not given.
        every: Seconds between two questions.
    """
    orders = {
        "hosts": hosts, "app": app, "grant": grant, "cache": cache, "identity": identity,
        "seconds": seconds, "every": every,
    }  # fmt: skip
    paths = os.pathsep.join([str(HERE.parents[2] / "src"), str(HERE.parents[1])])
    done = subprocess.run(
        [sys.executable, str(HERE)],
        input=json.dumps(orders),
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert 0 == done.returncode, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert hosts == len(told), done.stderr
    return told


def tag(token: str) -> str:
    """What tells one token from another."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _cache(settings: dict[str, Any]) -> Any:
    from cognito_auth import caches

    match settings["kind"]:
        case "redis":
            import redis

            return caches.RedisCache(redis.Redis(host="127.0.0.1", port=settings["port"], socket_timeout=5))
        case "dynamodb":
            import boto3

            from support.cache_servers import aws

            return caches.DynamoDBCache(boto3.client("dynamodb", **aws(settings["url"])), table_name="tokens")
        case _:
            return caches.FileCache(settings["directory"])


def _host(orders: dict[str, Any], start: int) -> dict[str, Any]:
    from cognito_auth import AppClient, TokenSource, errors, grants

    kinds = {
        "machine": grants.ClientCredentials,
        "password": grants.Password,
        "refresh token": grants.RefreshToken,
    }
    settings = dict(orders["grant"])
    grant = kinds[settings.pop("kind")](**settings)
    events: list[str] = []
    tokens: list[str] = []
    error = None
    with TokenSource(
        AppClient(**orders["app"]),
        grant,
        cache=_cache(orders["cache"]),
        identity=orders["identity"],
        on_event=lambda event: events.append(event.name),
    ) as source:
        os.read(start, 1)  # ends when the starter closes its end
        ends = time.monotonic() + orders["seconds"]
        try:
            while True:
                token = tag(source.tokens().access_token)
                if token not in tokens:
                    tokens.append(token)
                if time.monotonic() >= ends:
                    break
                time.sleep(orders["every"])
        except errors.CognitoAuthError as caught:
            error = f"{type(caught).__name__}: {caught}"
    return {"tokens": tokens, "events": events, "error": error}


def main() -> None:
    """Fork the hosts and collect what they tell."""
    orders = json.loads(sys.stdin.read())
    from cognito_auth import TokenSource, caches  # once, for all of them

    _ = TokenSource, caches
    start, go = os.pipe()
    reading, telling = os.pipe()
    children = []
    for _ in range(orders["hosts"]):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.close(reading)
            line = json.dumps(_host(orders, start)).encode() + b"\n"
            os.write(telling, line)
            os._exit(0)
        children.append(child)
    os.close(telling)
    time.sleep(0.1)
    os.close(go)
    with os.fdopen(reading) as answers:
        sys.stdout.write(answers.read())
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
