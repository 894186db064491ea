"""What verifying a token costs, beside the RSA operation that nobody can avoid, and beside other libraries.

Every row is measured in turns with the others, in one process, and the median of many rounds is taken; ratios are to
`cryptography`'s bare `public_key.verify` over the same token. The token is an access token of 1.2 KB, its key is
known, and every check is made that the library has.

    make bench
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_auth import TokenVerifier, compact, errors
from cognito_auth.testing import FakeUserPool

ROUNDS = 101
WARMING = 20
TIMES = 50
SCOPE = "orders/read"
SCOPES = {SCOPE, "orders/write", "openid", "profile", "email", "aws.cognito.signin.user.admin"}
NODE = Path(__file__).parents[1] / "tests" / "peers" / "node"

pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
client = pool.add_client(scopes=SCOPES)
pool.add_user("a1b2c3d4-0000-1111-2222-333344445555", "correct horse", groups={"admin", "staff"})
TOKEN = pool.forge.access_token("a1b2c3d4-0000-1111-2222-333344445555", scopes=SCOPES)
DOCUMENT = pool.handle("GET", f"https://pool.test/{pool.pool_id}/.well-known/jwks.json", []).body
KEYS: dict[str, Any] = json.loads(DOCUMENT)
KID = jwt.get_unverified_header(TOKEN)["kid"]
JWK = next(key for key in KEYS["keys"] if key["kid"] == KID)
ISSUER = str(compact.parse(TOKEN).claims["iss"])

Work = Callable[[], object]


def bare() -> Work:
    """The signature alone: the floor of everything."""
    _, _, signature, signed = compact.split(TOKEN)
    public, padding, digest = jwt.PyJWK(JWK).key, PKCS1v15(), SHA256()
    content = compact.decode(signature, "signature")
    return lambda: public.verify(content, signed, padding, digest)


def verifier(**settings: Any) -> TokenVerifier[Any]:
    """Ours, with every check."""
    return TokenVerifier(
        pool.pool_id, client_id=client.client_id, token_use="access", all_scopes=SCOPE, jwks=KEYS, **settings
    )


def refused(token: str) -> Work:
    """Ours, for what is no token."""
    checked = verifier()

    def work() -> None:
        try:
            checked.verify(token)
        except errors.TokenRejected:
            return
        raise AssertionError("accepted")

    return work


def pyjwt() -> Work:
    """PyJWT with a ready key; `client_id`, `token_use` and `scope` are the caller's to check."""
    key = jwt.PyJWK(JWK).key

    def work() -> None:
        claims = jwt.decode(
            TOKEN, key, algorithms=["RS256"], issuer=ISSUER, options={"require": ["exp", "iss"]}
        )
        assert claims["client_id"] == client.client_id
        assert claims["token_use"] == "access"
        assert SCOPE in claims["scope"].split()

    return work


def pyjwk_client(url: str) -> Work:
    """The usual way: PyJWT's client for key sets, its cache warm, then `decode`."""
    keys = jwt.PyJWKClient(url)

    def work() -> None:
        key = keys.get_signing_key_from_jwt(TOKEN)
        jwt.decode(TOKEN, key, algorithms=["RS256"], issuer=ISSUER)

    work()
    return work


def joserfc() -> Work:
    """Joserfc with a ready key set."""
    tokens, jwk = import_module("joserfc.jwt"), import_module("joserfc.jwk")
    keys = jwk.KeySet.import_key_set(KEYS)
    registry = tokens.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, exp={"essential": True})
    return lambda: registry.validate(tokens.decode(TOKEN, keys, algorithms=["RS256"]).claims)


def authlib() -> Work:
    """Authlib with a ready key set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its successor is joserfc, which is measured too
        jose = import_module("authlib.jose")
    tokens, keys = jose.JsonWebToken(["RS256"]), jose.JsonWebKey.import_key_set(KEYS)
    options = {"iss": {"essential": True, "value": ISSUER}, "exp": {"essential": True}}
    return lambda: tokens.decode(TOKEN, keys, claims_options=options).validate()


def python_jose() -> Work:
    """python-jose with a ready key."""
    tokens = import_module("jose.jwt")
    return lambda: tokens.decode(TOKEN, JWK, algorithms=["RS256"], issuer=ISSUER)


def cognitojwt(path: str) -> Work:
    """cognitojwt, its keys in a file."""
    os.environ["AWS_COGNITO_JWKS_PATH"] = path
    module = import_module("cognitojwt")
    region = pool.pool_id.partition("_")[0]
    return lambda: module.decode(TOKEN, region, pool.pool_id, client.client_id)


def microseconds(work: Work) -> float:
    """One call's share of many, after some that bring the caches back from the row before."""
    for _ in range(WARMING):
        work()
    began = time.perf_counter()
    for _ in range(TIMES):
        work()
    return (time.perf_counter() - began) / TIMES * 1e6


def medians(works: dict[str, Work]) -> dict[str, float]:
    """Each work's median, measured in turns."""
    for work in works.values():
        microseconds(work)
    rounds = [{name: microseconds(work) for name, work in works.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(one[name] for one in rounds) for name in works}


def rate(threads: int, work: Work, count: int = 4000) -> float:
    """Calls for each second, of so many threads together."""

    def repeat() -> None:
        for _ in range(count):
            work()

    workers = [threading.Thread(target=repeat) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return threads * count / (time.perf_counter() - began)


def on_node() -> dict[str, float] | None:
    """aws-jwt-verify and its own floor, in nanoseconds; nothing where Node or the package is missing."""
    if shutil.which("node") is None or not (NODE / "node_modules" / "aws-jwt-verify").exists():
        return None
    given = {
        "poolId": pool.pool_id,
        "clientId": client.client_id,
        "jwks": KEYS,
        "tokens": [["access", TOKEN]],
        "rounds": ROUNDS,
    }
    answer = subprocess.run(
        ["node", "verify.cjs", json.dumps(given)], cwd=NODE, capture_output=True, check=True, text=True
    )
    measured: dict[str, float] = json.loads(answer.stdout)
    return measured


def main() -> None:
    """Measure, and print the table."""
    payload = TOKEN.split(".")[1]
    wrong = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ"  # {"alg":"HS256","kid":"a"}
    remembered = verifier(remember=1000)
    with tempfile.TemporaryDirectory() as folder, pool.serve() as url:
        path = Path(folder) / "jwks.json"
        path.write_bytes(DOCUMENT)
        verified = verifier()
        ours: dict[str, Work] = {
            "the bare RSA operation": bare(),
            "cognito-auth": lambda: verified.verify(TOKEN),
            "cognito-auth, a remembered token": lambda: remembered.verify(TOKEN),
            "cognito-auth, junk: no JWT": refused("x" * len(TOKEN)),
            "cognito-auth, junk: another algorithm": refused(f"{wrong}.{payload}.AAAA"),
            "cognito-auth, junk: no JSON": refused(f"{TOKEN.split('.')[0]}.{'x' * 800}.AAAA"),
        }
        peers = {
            "PyJWT, jwt.decode with a ready key": pyjwt(),
            "PyJWT, PyJWKClient and jwt.decode": pyjwk_client(f"{url}/{pool.pool_id}/.well-known/jwks.json"),
            "joserfc": joserfc(),
            "Authlib": authlib(),
            "python-jose": python_jose(),
            "cognitojwt": cognitojwt(str(path)),
        }
        times = medians({**ours, **peers})
    floor = times["the bare RSA operation"]
    print(f"{f'an access token of {len(TOKEN)} bytes':<44} {'µs':>8} {'ratio':>7}")
    for name, median in times.items():
        print(f"{name:<44} {median:>8.2f} {median / floor:>7.2f}")
    node = on_node()
    if node is None:
        print("aws-jwt-verify on Node is not installed: `make test` installs it where npm is")
    else:
        row = "aws-jwt-verify, beside Node's own floor"
        print(f"{row:<44} {node['verify'] / 1000:>8.2f} {node['verify'] / node['bare']:>7.2f}")
    one, two = (
        statistics.median(rate(count, ours["cognito-auth, a remembered token"]) for _ in range(5))
        for count in (1, 2)
    )
    print(f"{'remembered tokens, two threads beside one':<44} {'':>8} {two / one:>7.2f}")


if __name__ == "__main__":
    main()
