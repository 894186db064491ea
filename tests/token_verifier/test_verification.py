"""The verifier as a whole: the order of its questions, what it remembers, and where it may run."""

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from cognito_auth import AccessClaims, AsyncTokenVerifier, TokenVerifier, errors
from cognito_auth.testing import FakeUserPool
from support.faces import Face
from support.tokens import (
    CLIENT,
    ISSUER,
    POOL,
    KeyEndpoint,
    access_claims,
    base64url,
    id_claims,
    key_set,
    private_key,
    signed,
)


def access_token(**changes: Any) -> str:
    """A token that is good at this moment, but for these changes."""
    return signed(access_claims(time.time(), **changes))


def offline(face: Face, **settings: Any) -> Any:
    """A verifier of this face that has its keys and never fetches."""
    return face.verifier(
        POOL, **{"client_id": CLIENT, "token_use": "access", "jwks": key_set(), "offline": True, **settings}
    )


# ── hostile tokens ──────────────────────────────────────────────────────────────────────────────────────


def hostile(header: dict[str, Any], signature: str | None = None, **changes: Any) -> str:
    """A token with this header, really signed unless a signature is given."""
    token = signed(access_claims(time.time(), **changes), header=header)
    return token if signature is None else f"{token.rpartition('.')[0]}.{signature}"


def stripped(token: str) -> str:
    """The same token, its signature shortened by a byte."""
    head, _, _ = token.rpartition(".")
    return f"{head}.{base64url(bytes(255))}"


HOSTILE: dict[str, tuple[type[errors.TokenRejected], Callable[[], str]]] = {
    "no algorithm": (errors.WrongAlgorithm, lambda: hostile({"alg": "none", "kid": "one"}, "AA")),
    "no algorithm in capitals": (errors.WrongAlgorithm, lambda: hostile({"alg": "NONE", "kid": "one"})),
    "a symmetric algorithm": (errors.WrongAlgorithm, lambda: hostile({"alg": "HS256", "kid": "one"})),
    "another RSA algorithm": (errors.WrongAlgorithm, lambda: hostile({"alg": "RS512", "kid": "one"})),
    "another padding": (errors.WrongAlgorithm, lambda: hostile({"alg": "PS256", "kid": "one"})),
    "the algorithm in small letters": (
        errors.WrongAlgorithm,
        lambda: hostile({"alg": "rs256", "kid": "one"}),
    ),
    "no signature": (errors.MalformedToken, lambda: access_token().rpartition(".")[0] + "."),
    "a short signature": (errors.BadSignature, lambda: stripped(access_token())),
    "a signature of zeros": (
        errors.BadSignature,
        lambda: hostile({"alg": "RS256", "kid": "one"}, base64url(bytes(256))),
    ),
    "another key's signature": (
        errors.BadSignature,
        lambda: signed(access_claims(time.time()), key=private_key("eve")),
    ),
    "a key of its own in the header": (
        errors.BadSignature,
        lambda: signed(
            access_claims(time.time()),
            header={"alg": "RS256", "kid": "one", "jwk": key_set("eve")["keys"][0]},
            key=private_key("eve"),
        ),
    ),
    "an address for its key in the header": (
        errors.UnknownKey,
        lambda: signed(
            access_claims(time.time()),
            header={"alg": "RS256", "kid": "eve", "jku": "https://evil.example.com/jwks.json"},
            key=private_key("eve"),
        ),
    ),
    "a key id that climbs": (errors.UnknownKey, lambda: hostile({"alg": "RS256", "kid": "../../one"})),
    "crit": (errors.MalformedToken, lambda: hostile({"alg": "RS256", "kid": "one", "crit": ["exp"]})),
    "another pool": (
        errors.WrongIssuer,
        lambda: access_token(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"),
    ),
    "another Region": (
        errors.WrongIssuer,
        lambda: access_token(iss=ISSUER.replace("eu-west-1.", "eu-west-2.")),
    ),
    "the issuer and a slash": (errors.WrongIssuer, lambda: access_token(iss=f"{ISSUER}/")),
    "the issuer without https": (
        errors.WrongIssuer,
        lambda: access_token(iss=ISSUER.replace("https", "http")),
    ),
    "no issuer": (errors.WrongIssuer, lambda: access_token(iss=None)),
    "expired": (errors.TokenExpired, lambda: access_token(exp=int(time.time()) - 1)),
    "an ID token": (errors.WrongTokenUse, lambda: signed(id_claims(time.time()))),
}


@pytest.mark.parametrize("refusal, make", [pytest.param(*case, id=name) for name, case in HOSTILE.items()])
async def test_a_hostile_token_is_refused(
    face: Face, refusal: type[errors.TokenRejected], make: Callable[[], str]
) -> None:
    """Each for its own reason, with 401, and again when it comes again."""
    checked = offline(face)
    for _ in range(2):
        with pytest.raises(refusal) as caught:
            await face(checked.verify(make()))
        assert caught.type is refusal
        assert 401 == caught.value.http_status


async def test_what_can_be_refused_without_keys_is_refused_before_any_fetch(face: Face) -> None:
    """Strangers cannot make a server call anywhere."""
    endpoint = KeyEndpoint()
    checked = face.verifier(
        POOL,
        client_id=CLIENT,
        token_use="access",
        http_client=face.http_client(transport=endpoint.transport()),
    )
    without_keys = [
        name
        for name, (refusal, _) in HOSTILE.items()
        if refusal not in {errors.BadSignature, errors.UnknownKey}
    ]
    for name in without_keys:
        with pytest.raises(errors.TokenRejected):
            await face(checked.verify(HOSTILE[name][1]()))
    assert [] == endpoint.calls
    assert 10 < len(without_keys)


async def test_a_forged_token_without_the_scope_is_forged_first(face: Face) -> None:
    """403 is said of good tokens only."""
    checked = offline(face, all_scopes="orders/delete")
    with pytest.raises(errors.MissingScope):
        await face(checked.verify(access_token()))
    with pytest.raises(errors.BadSignature):
        await face(checked.verify(signed(access_claims(time.time()), key=private_key("eve"))))


async def test_another_pools_key_never_serves(face: Face) -> None:
    """Though both pools are known here, and the key id is the same in both."""
    other = "eu-west-1_Other"
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{other}"
    one = face.its("TokenVerifier")(
        POOL, client_id=CLIENT, token_use="access", jwks=key_set("one"), offline=True
    )
    keys_of_two = {"keys": [{**key_set("two")["keys"][0], "kid": "one"}]}
    two = face.its("TokenVerifier")(
        other, client_id=CLIENT, token_use="access", jwks=keys_of_two, offline=True
    )
    either = face.its("TokenVerifier").any_of(one, two)
    mine = signed(access_claims(time.time(), iss=issuer), kid="one", key=private_key("two"))
    assert issuer == (await face(either.verify(mine))).issuer
    assert ISSUER == (await face(either.verify(access_token()))).issuer
    with pytest.raises(errors.BadSignature):
        await face(either.verify(signed(access_claims(time.time(), iss=issuer), kid="one")))
    await face(either.close() if face.is_blocking else either.aclose())


@pytest.mark.parametrize("cls", [TokenVerifier, AsyncTokenVerifier])
def test_any_of_takes_verifiers_of_its_face_for_different_pools(cls: Any) -> None:
    """Otherwise a token would not know where to go."""
    one = cls(POOL, client_id=CLIENT, token_use="access")
    other_face = AsyncTokenVerifier if cls is TokenVerifier else TokenVerifier
    stranger: Any = other_face("eu-west-1_Other", client_id=CLIENT, token_use="id")
    for wrong in ((), (one, one), (one, stranger)):
        with pytest.raises(errors.UsageError, match=r"^any_of: "):
            cls.any_of(*wrong)


# ── the application's own questions ─────────────────────────────────────────────────────────────────────


async def test_the_application_is_asked_last(face: Face) -> None:
    """With the claims of a good token, and only then."""
    asked: list[str] = []

    def check(claims: AccessClaims) -> bool:
        asked.append(f"check {claims.username}")
        return claims.username == "ann"

    def is_revoked(claims: AccessClaims) -> bool:
        asked.append(f"revoked {claims.username}")
        return claims.origin_jti == "withdrawn"

    checked = offline(face, check=check, is_revoked=is_revoked)
    with pytest.raises(errors.TokenExpired):
        await face(checked.verify(access_token(exp=1)))
    with pytest.raises(errors.BadSignature):
        await face(checked.verify(stripped(access_token())))
    assert [] == asked
    assert "ann" == (await face(checked.verify(access_token()))).username
    with pytest.raises(errors.RefusedByCheck) as refused:
        await face(checked.verify(access_token(username="bob")))
    with pytest.raises(errors.TokenRevoked) as revoked:
        await face(checked.verify(access_token(origin_jti="withdrawn")))
    assert (403, 401) == (refused.value.http_status, revoked.value.http_status)
    assert ["check ann", "revoked ann", "check bob", "check ann", "revoked ann"] == asked


async def test_a_check_that_forgets_to_answer_refuses(face: Face) -> None:
    """None is not yes."""
    with pytest.raises(errors.RefusedByCheck):
        await face(offline(face, check=lambda claims: None).verify(access_token()))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_async_face_awaits_the_applications_answers(backend: str) -> None:
    """A revocation list is often across the network."""

    async def is_revoked(claims: AccessClaims) -> bool:
        await anyio.lowlevel.checkpoint()
        return claims.username == "bob"

    async def body() -> None:
        checked = AsyncTokenVerifier(
            POOL, client_id=CLIENT, token_use="access", jwks=key_set(), is_revoked=is_revoked
        )
        assert "ann" == (await checked.verify(access_token())).username
        with pytest.raises(errors.TokenRevoked):
            await checked.verify(access_token(username="bob"))

    anyio.run(body, backend=backend)


@pytest.mark.parametrize("name", ["check", "is_revoked"])
def test_the_blocking_face_refuses_a_coroutine_function(name: str) -> None:
    """It could not wait for the answer."""

    async def question(claims: AccessClaims) -> bool:
        return True

    settings: dict[str, Any] = {name: question}
    with pytest.raises(errors.UsageError, match=f"^{name}: "):
        TokenVerifier(POOL, client_id=CLIENT, token_use="access", **settings)


# ── what is remembered ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that a token is parsed."""
    from cognito_auth import compact

    parsed: list[str] = []
    split = compact.split

    def watched(token: str, limit: int) -> object:
        parsed.append(token)
        return split(token, limit)

    monkeypatch.setattr(compact, "split", watched)
    return parsed


async def test_a_remembered_token_is_not_verified_anew(face: Face, verifications: list[str]) -> None:
    """The same claims come back."""
    checked, token = offline(face, remember=10), access_token()
    first = await face(checked.verify(token))
    assert first is await face(checked.verify(token))
    assert [token] == verifications


async def test_nothing_is_remembered_unless_asked(face: Face, verifications: list[str]) -> None:
    """Off by default."""
    checked, token = offline(face), access_token()
    await face(checked.verify(token))
    await face(checked.verify(token))
    assert [token, token] == verifications


async def test_a_remembered_token_still_ends(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is looked at each time."""
    checked, token = offline(face, remember=10), access_token()
    await face(checked.verify(token))
    later = time.time() + 3600
    monkeypatch.setattr(checked._runtime, "now", lambda: later)
    with pytest.raises(errors.TokenExpired):
        await face(checked.verify(token))


async def test_the_application_is_asked_about_a_remembered_token_too(face: Face) -> None:
    """Revocation and checks count at once."""
    revoked, banned = set[str](), set[str]()
    checked = offline(
        face,
        remember=10,
        check=lambda claims: claims.username not in banned,
        is_revoked=lambda claims: claims.origin_jti in revoked,
    )
    token = access_token()
    claims = await face(checked.verify(token))
    banned.add(claims.username)
    with pytest.raises(errors.RefusedByCheck):
        await face(checked.verify(token))
    banned.clear()
    revoked.add(claims.origin_jti)
    with pytest.raises(errors.TokenRevoked):
        await face(checked.verify(token))


async def test_rules_hold_for_remembered_tokens(
    face: Face, monkeypatch: pytest.MonkeyPatch, verifications: list[str]
) -> None:
    """A sign-in that was fresh enough grows old, long before the token ends."""
    checked = offline(face, remember=10, all_scopes="orders/read", any_groups="staff", max_age=70)
    token = access_token()
    await face(checked.verify(token))
    await face(checked.verify(token))
    assert [token] == verifications
    later = time.time() + 11
    monkeypatch.setattr(checked._runtime, "now", lambda: later)
    with pytest.raises(errors.StaleAuthentication):
        await face(checked.verify(token))


async def test_a_remembered_token_does_not_count_before_its_time(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is set back is believed."""
    checked, token = offline(face, remember=10), access_token(nbf=int(time.time()))
    await face(checked.verify(token))
    earlier = time.time() - 60
    monkeypatch.setattr(checked._runtime, "now", lambda: earlier)
    with pytest.raises(errors.TokenNotYetValid):
        await face(checked.verify(token))


async def test_a_token_that_may_not_do_this_is_never_remembered(face: Face) -> None:
    """It is told so each time."""
    checked, token = offline(face, remember=10, all_scopes="orders/delete"), access_token()
    for _ in range(2):
        with pytest.raises(errors.MissingScope):
            await face(checked.verify(token))


async def test_a_token_is_forgotten_with_its_key(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the issuer withdraws the key, what it signed is worth nothing."""
    endpoint = KeyEndpoint("one")
    client = face.http_client(transport=endpoint.transport())
    checked = face.verifier(POOL, client_id=CLIENT, token_use="access", http_client=client, remember=10)
    token = signed(access_claims(time.time(), exp=int(time.time()) + 86400))
    await face(checked.verify(token))
    endpoint.keys = key_set("two")
    later = time.time() + 3600
    monkeypatch.setattr(checked._runtime, "now", lambda: later)
    with pytest.raises(errors.UnknownKey):
        await face(checked.verify(token))


async def test_an_altered_token_is_not_the_remembered_one(face: Face) -> None:
    """The memory's key is over the whole text."""
    checked, token = offline(face, remember=10), access_token()
    await face(checked.verify(token))
    head, payload, signature = token.split(".")
    other = access_token(username="eve").split(".")[1]
    with pytest.raises(errors.BadSignature):
        await face(checked.verify(f"{head}.{other}.{signature}"))
    for junk in (f"{head}.{payload}.", token + "\n", None, b"junk", "x" * 20000, "\ud800"):
        with pytest.raises(errors.MalformedToken):
            await face(checked.verify(junk))


def test_threads_share_a_memory_without_a_lock() -> None:
    """Any number of readers and writers at once; the number of entries stays bounded."""
    checked = TokenVerifier(
        POOL, client_id=CLIENT, token_use="access", jwks=key_set(), offline=True, remember=4
    )
    tokens = [access_token(jti=str(number)) for number in range(8)]
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            for number, token in enumerate(tokens):
                claims = checked.verify(token)
                if claims.token_id != str(number):
                    wrong.append(claims)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


# ── where it may run ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_waiter_cancels_nobody_else(backend: str) -> None:
    """Not even the one that began the fetch."""
    endpoint = KeyEndpoint()

    async def body() -> None:
        begun, go_on = anyio.Event(), anyio.Event()

        class Slow(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                endpoint.calls.append(str(request.url))
                begun.set()
                await go_on.wait()
                return httpx.Response(200, json=endpoint.keys)

        async with httpx.AsyncClient(transport=Slow()) as client:
            checked = AsyncTokenVerifier(POOL, client_id=CLIENT, token_use="access", http_client=client)
            first, names = anyio.CancelScope(), []

            async def leader() -> None:
                with first:
                    await checked.verify(access_token())

            async def follower() -> None:
                names.append((await checked.verify(access_token())).username)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(leader)
                await begun.wait()
                tasks.start_soon(follower)
                await anyio.sleep(0.01)
                first.cancel()
                go_on.set()
        assert ["ann"] == names
        assert 1 == len(endpoint.calls)

    anyio.run(body, backend=backend)


def test_one_async_verifier_serves_several_event_loops() -> None:
    """One after the other, of either kind, over connections of their own."""
    pool = FakeUserPool(pool_id="eu-west-1_Fake00001")
    client = pool.add_client()
    pool.add_user("ann", "correct horse")
    with pool.serve():
        app = pool.app_client(client)
        from cognito_auth import UserPool

        with UserPool(app) as signing_in:
            outcome: Any = signing_in.sign_in("ann", "correct horse", method="password")
        checked = AsyncTokenVerifier.for_app(app, token_use="access")

        async def body() -> str | None:
            claims = await checked.verify(outcome.access_token)
            pool.keys.rotate()
            await checked.aclose()
            return claims.username

        names = [anyio.run(body, backend=backend) for backend in ("asyncio", "trio")]
    assert ["ann", "ann"] == names


def test_a_child_process_fetches_for_itself() -> None:
    """A fork in the middle of a fetch must not leave the child waiting for its parent's thread."""
    program = textwrap.dedent("""
        import os, threading, time, warnings, httpx
        warnings.simplefilter("ignore", DeprecationWarning)
        from cognito_auth import TokenVerifier
        from support.tokens import CLIENT, POOL, access_claims, key_set, signed

        parent, begun, go_on = os.getpid(), threading.Event(), threading.Event()

        def answer(request):
            begun.set()
            if os.getpid() == parent:
                go_on.wait(30)
            return httpx.Response(200, json=key_set())

        token = signed(access_claims(time.time()))
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            verifier = TokenVerifier(POOL, client_id=CLIENT, token_use="access", http_client=client)
            thread = threading.Thread(target=verifier.verify, args=(token,))
            thread.start()
            begun.wait(30)
            child = os.fork()
            if child == 0:
                os._exit(0 if verifier.verify(token).username == "ann" else 1)
            _, status = os.waitpid(child, 0)
            go_on.set()
            thread.join()
        print("the child ended with", os.waitstatus_to_exitcode(status))
    """)
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": "src:tests"},
    )
    assert ("the child ended with 0\n", "") == (answer.stdout, answer.stderr)


def test_verifying_with_bundled_keys_loads_no_http_library() -> None:
    """A Lambda's cold start pays for cryptography alone."""
    program = textwrap.dedent(f"""
        import sys
        from cognito_auth import TokenVerifier
        verifier = TokenVerifier({POOL!r}, client_id={CLIENT!r}, token_use="access", jwks={key_set()!r})
        verifier.verify({access_token()!r})
        print({{"httpx", "httpx2", "anyio", "tenacity"}} & set(sys.modules))
    """)
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert "set()" == answer.stdout.strip()


# ── keys at start-up ────────────────────────────────────────────────────────────────────────────────────


def answering(answers: dict[str, httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    """Answers by host."""
    return lambda request: answers[request.url.host]


async def test_warming_is_content_with_the_issuer_that_the_pool_uses(face: Face) -> None:
    """The other form's address answers 403."""
    endpoint = KeyEndpoint()
    endpoint.answer = answering(
        {
            "cognito-idp.eu-west-1.amazonaws.com": httpx.Response(200, json=key_set()),
            "issuer-cognito-idp.eu-west-1.amazonaws.com": httpx.Response(403),
        }
    )
    checked = face.verifier(
        POOL,
        client_id=CLIENT,
        token_use="access",
        http_client=face.http_client(transport=endpoint.transport()),
    )
    await face(checked.warm())
    await face(checked.verify(access_token()))
    assert 2 == len(endpoint.calls)
    assert key_set() == checked.jwks()


@pytest.mark.parametrize(
    "statuses, works", [((200, 404), True), ((404, 200), True), ((404, 404), False), ((404, 403), False)]
)
async def test_warming_fails_when_no_issuer_has_keys(
    face: Face, statuses: tuple[int, int], works: bool
) -> None:
    """One that has some is enough."""
    endpoint = KeyEndpoint()
    endpoint.answer = answering(
        {
            "cognito-idp.eu-west-1.amazonaws.com": httpx.Response(statuses[0], json=key_set()),
            "issuer-cognito-idp.eu-west-1.amazonaws.com": httpx.Response(statuses[1], json=key_set()),
        }
    )
    client = face.http_client(transport=endpoint.transport())
    checked = face.verifier(POOL, client_id=CLIENT, token_use="access", http_client=client)
    if works:
        await face(checked.warm())
        return
    with pytest.raises(errors.KeysUnavailable):
        await face(checked.warm())


async def test_exported_keys_can_be_bundled(face: Face) -> None:
    """What one verifier fetched, another one starts with."""
    exported = offline(face).jwks()
    again = offline(face, jwks=exported)
    assert "ann" == (await face(again.verify(access_token()))).username


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"jwks_uri": "http://keys.example.com/jwks.json"}, "jwks_uri"),
        ({"jwks_uri": "https://user@keys.example.com/jwks.json"}, "jwks_uri"),
        ({"issuer": "http://issuer.example.com"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"offline": True}, "offline"),
        ({"remember": -1}, "remember"),
        ({"remember": True}, "remember"),
        ({"timeout": 0}, "timeout"),
        ({"max_token_bytes": 0}, "max_token_bytes"),
        ({"max_token_bytes": True}, "max_token_bytes"),
        ({"check": "premium"}, "check"),
        ({"is_revoked": {"a"}}, "is_revoked"),
    ],
)
@pytest.mark.parametrize("cls", [TokenVerifier, AsyncTokenVerifier])
def test_settings_that_cannot_be_right_are_refused_at_once(
    cls: Any, settings: dict[str, Any], argument: str
) -> None:
    """Naming the argument."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        cls(POOL, **{"client_id": CLIENT, "token_use": "access", **settings})


@pytest.mark.parametrize(
    "pool_id", ["", "eu-west-1", "eu-west-1_\u0410bc", "eu-west-1_Abc\n", "local_abc", 7]
)
def test_a_pool_id_that_cannot_be_right_is_refused_at_once(pool_id: Any) -> None:
    """Cyrillic letters, a trailing newline, a Region that is none."""
    with pytest.raises(errors.UsageError, match=r"^pool_id: "):
        TokenVerifier(pool_id, client_id=CLIENT, token_use="access")


async def test_an_issuer_of_its_own_replaces_both_forms(face: Face) -> None:
    """Emulators and future partitions have their own."""
    issuer = "http://127.0.0.1:4566/local_abc"
    checked = offline(face, issuer=issuer)
    assert issuer == (await face(checked.verify(access_token(iss=issuer)))).issuer
    with pytest.raises(errors.WrongIssuer):
        await face(checked.verify(access_token()))


async def test_a_longer_token_than_allowed_is_refused_unread(face: Face) -> None:
    """The limit is an argument."""
    with pytest.raises(errors.MalformedToken, match="longer than 500 bytes"):
        await face(offline(face, max_token_bytes=500).verify(access_token()))


async def test_a_verifier_tells_what_it_verifies(face: Face) -> None:
    """In a debugger, or a log."""
    issuer = "http://127.0.0.1:4566/local_abc"
    name = "TokenVerifier" if face.is_blocking else "AsyncTokenVerifier"
    assert f"<{name} of access tokens of {issuer}>" == repr(offline(face, issuer=issuer))
