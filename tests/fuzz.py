"""Throws hostile tokens at the parser and at the verifier: `make fuzz`, `make fuzz RUNS=50000`.

Guided by coverage (https://github.com/google/atheris) and seeded with good tokens, whose structure is mutated as well
as their bytes: segments are swapped, decoded, changed and encoded again. Two promises are checked for each input:
the parser returns or raises `MalformedToken`, and nothing but the seeds themselves is ever accepted.
"""

import base64
import contextlib
import json
import random
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

atheris: Any = import_module("atheris")  # installed by `make fuzz` alone

JUDGED = ["cognito_auth.claims", "cognito_auth.compact", "cognito_auth.token_verifier"]
with atheris.instrument_imports(include=JUDGED):
    from cognito_auth import TokenVerifier, compact, errors
    from cognito_auth.testing import FakeUserPool

DAY = 86_400
HOSTILE: list[Any] = [
    None, True, -1, 0, 2**63, 2**1024, 1e308, "", "none", "HS256", "\0", "\ud800", "a" * 300, [], {}, [[]], {"a": {}},
]  # fmt: skip
CLAIMS = [
    *("alg", "kid", "typ", "crit", "b64", "jwk"),
    *("iss", "exp", "iat", "nbf", "aud", "client_id", "token_use", "scope", "version", "cognito:groups"),
    *("act", "amr", "email_verified", "identities"),
]

pool = FakeUserPool()
client = pool.add_client(scopes={"orders/read"}, access_seconds=DAY, id_seconds=DAY)
user = pool.add_user("ann", "correct horse", groups={"staff"})
SEEDS = {
    pool.forge.access_token("ann", scopes={"orders/read"}).encode(),
    pool.forge.id_token("ann").encode(),
}
keys = pool.handle("GET", f"https://pool.test/{pool.pool_id}/.well-known/jwks.json", [])
verifier = TokenVerifier(
    pool.pool_id, client_id=client.client_id, token_use=None, jwks=json.loads(keys.body), offline=True
)


def try_it(data: bytes) -> None:
    """One input, to the parser alone and to the verifier, which calls its steps in its own order."""
    text = data.decode("utf-8", "surrogateescape")
    for anything in (text, data, text * (1 + data.count(b"A") // 8)):  # a text, no text, a text too long
        with contextlib.suppress(errors.MalformedToken):
            compact.parse(anything)
    with contextlib.suppress(errors.TokenRejected):
        claims = verifier.verify(text)
        assert data in SEEDS, f"accepted, though it is no seed: {text!r} as {claims!r}"


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Another input made from one: its bytes changed, or its structure."""
    chance = random.Random(seed)
    segments = data.split(b".")
    position = chance.randrange(len(segments))
    kind = chance.random()
    if kind < 0.2:
        return bytes(atheris.Mutate(data, max_size))
    if kind < 0.3:
        segments[position] = chance.choice(chance.choice([*SEEDS]).split(b"."))
    else:
        segments[position] = encoded(changed(decoded(segments[position]), max_size, chance))
    return b".".join(segments)[:max_size]


def decoded(segment: bytes) -> bytes:
    """What a segment holds, as far as it can be read."""
    try:
        return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        return segment


def encoded(content: bytes) -> bytes:
    """A segment again."""
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def changed(content: bytes, max_size: int, chance: random.Random) -> bytes:
    """Another content: its members changed where it is an object, else its bytes."""
    try:
        members = json.loads(content)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict) or chance.random() < 0.2:
        return bytes(atheris.Mutate(content, max(max_size // 2, 1)))
    name = chance.choice([*members, *CLAIMS])
    if chance.random() < 0.2:
        members.pop(name, None)
    else:
        members[name] = chance.choice([*HOSTILE, *members.values()])
    text = json.dumps(members)
    # The same member twice is two different tokens to two parsers.
    return (text[:-1] + ',"exp":9e9}' if chance.random() < 0.1 else text).encode()


def main() -> None:
    """Fuzz from the seeds on."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        arguments = [
            sys.argv[0],
            "-max_len=4096",
            "-print_final_stats=1",
            "-verbosity=0",
            *sys.argv[1:],
            corpus,
        ]
        atheris.Setup(arguments, try_it, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
