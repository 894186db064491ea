"""An issuer's keys: when they are fetched, when they are not, and what is taken from what comes."""

import json
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cognito_auth import KeyPolicy, errors
from cognito_auth._runtime.http import Reply
from cognito_auth._runtime.operation import run
from cognito_auth._runtime.retry import Retry
from cognito_auth.events import Event
from cognito_auth.token_verifier.keys import Key, KeySource, bundled_keys, read_key_set
from support.scripted_runtime import Scripted, ScriptedRuntime, Turn, gets, reply
from support.tokens import ISSUER, jwk, key_set

ADDRESS = f"{ISSUER}/.well-known/jwks.json"
HOUR = 3600
DOWN = errors.TransportError("no connection", phase="connecting")


def serves(*kids: str) -> Turn:
    """A fetch that brings these keys."""
    return gets(ADDRESS, answer=key_set(*kids))


def brings(document: object) -> Turn:
    """A fetch that brings this document."""
    return gets(ADDRESS, answer=document)


FAILS = gets(ADDRESS, answer=DOWN)
EMPTY = brings({"keys": []})


def source(
    policy: KeyPolicy | None = None, address: str | None = ADDRESS, **settings: Any
) -> KeySource[RSAPublicKey]:
    """The keys at the one address."""
    policy = policy or KeyPolicy()
    read = partial(read_key_set, max_keys=policy.max_keys)
    return KeySource(address, issuer=ISSUER, policy=policy, read=read, **settings)


def look(keys: KeySource[RSAPublicKey], runtime: ScriptedRuntime, kid: str = "one") -> Key[RSAPublicKey]:
    """The key, as a verifier looks for it."""
    known = keys.known(kid, runtime.now(), runtime.monotonic())
    return known or run(keys.find(runtime, kid))


@pytest.fixture
def playing(scripted: Scripted) -> Any:
    """Makes a runtime that sends everything once, and plays these turns."""
    return lambda *turns: scripted(*turns, timeout=5.0, retry=Retry(attempts=1, deadline=5.0))


# ── when they are fetched ───────────────────────────────────────────────────────────────────────────────


def test_keys_are_fetched_when_they_are_first_needed(playing: Any) -> None:
    """And then they are there for an hour."""
    keys, runtime = source(), playing(serves("one", "two"))
    first = look(keys, runtime)
    runtime.elapsed += HOUR - 1
    assert first is look(keys, runtime)
    assert "two" == look(keys, runtime, "two").kid


def test_fetches_are_told(playing: Any, caplog: pytest.LogCaptureFixture) -> None:
    """To whoever asks for events, and to the log: how many keys came, or why none did."""
    caplog.set_level("INFO", logger="cognito_auth")
    told: list[Event] = []
    keys, runtime = source(on_event=told.append), playing(FAILS, serves("one", "two"))
    with pytest.raises(errors.KeysUnavailable):
        look(keys, runtime)
    runtime.elapsed += 10
    look(keys, runtime)
    assert [(event.name, event.identity) for event in told] == [
        ("keys_failed", ISSUER),
        ("keys_fetched", ISSUER),
    ]
    assert "no connection" in str(told[0].detail["error"])
    assert told[1].detail == {"keys": 2}
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert f"keys_fetched identity={ISSUER} keys=2" == caplog.messages[1]


def test_old_keys_are_fetched_again_and_stay_the_same_objects(playing: Any) -> None:
    """What was verified with a key stays remembered as long as the key is the issuer's."""
    keys, runtime = source(), playing(serves("one"), serves("one"))
    first = look(keys, runtime)
    runtime.elapsed += HOUR
    assert first is look(keys, runtime)
    assert first is keys.known("one", runtime.now(), runtime.monotonic())


def test_a_process_that_was_frozen_fetches_again(playing: Any) -> None:
    """Its monotonic clock stood still; the wall clock did not."""
    keys, runtime = source(), playing(serves("one"), serves("one"))
    look(keys, runtime)
    runtime.clock_offset += HOUR
    look(keys, runtime)


def test_keys_serve_on_while_the_endpoint_is_down(playing: Any) -> None:
    """With a pause between attempts, until the hard limit; then it is not known whether they are still good."""
    keys, runtime = source(), playing(serves("one"), FAILS, FAILS)
    first = look(keys, runtime)
    runtime.elapsed += HOUR
    assert first is look(keys, runtime)
    runtime.elapsed += 9
    assert first is look(keys, runtime)
    runtime.elapsed = 24 * HOUR
    with pytest.raises(errors.KeysUnavailable):
        look(keys, runtime)


def test_keys_come_back_after_an_outage(playing: Any) -> None:
    """As soon as the pause is over."""
    keys, runtime = source(), playing(FAILS, serves("one"))
    with pytest.raises(errors.KeysUnavailable):
        look(keys, runtime)
    with pytest.raises(errors.KeysUnavailable, match="a moment ago"):
        look(keys, runtime)
    runtime.elapsed += 10
    assert "one" == look(keys, runtime).kid


def test_an_unknown_key_during_an_outage_may_be_a_good_one(playing: Any) -> None:
    """The issuer may have rotated meanwhile: 503, also in the pause, and the known keys go on serving."""
    keys, runtime = source(), playing(serves("one"), FAILS, serves("one", "two"))
    first = look(keys, runtime)
    for _ in range(2):
        with pytest.raises(errors.KeysUnavailable):
            look(keys, runtime, "two")
    assert first is look(keys, runtime)
    runtime.elapsed += 10
    assert "two" == look(keys, runtime, "two").kid


def test_an_unknown_key_is_worth_one_fetch_and_then_a_pause(playing: Any) -> None:
    """A stranger's tokens must not turn into requests."""
    keys, runtime = source(), playing(serves("one"), serves("one"), serves("one"))
    look(keys, runtime)
    for _ in range(3):
        with pytest.raises(errors.UnknownKey):
            look(keys, runtime, "forged")
    runtime.elapsed += 9.9
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime, "forged too")
    runtime.elapsed += 0.1
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime, "forged again")


def test_the_pause_holds_when_the_set_is_empty(playing: Any) -> None:
    """It is the token that is refused, not the service that is down."""
    keys, runtime = source(), playing(EMPTY, EMPTY)
    for _ in range(3):
        with pytest.raises(errors.UnknownKey) as caught:
            look(keys, runtime)
        assert 401 == caught.value.http_status
    runtime.elapsed += 10
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime)


def test_tokens_of_strangers_do_not_lengthen_the_pause(playing: Any) -> None:
    """Otherwise a steady stream of them would hide a new key for ever."""
    keys, runtime = source(), playing(serves("one"), serves("one"), serves("one", "two"))
    look(keys, runtime)
    for _ in range(11):
        with pytest.raises(errors.UnknownKey):
            look(keys, runtime, "forged")
        runtime.elapsed += 1 if runtime.elapsed < 9 else 0
    runtime.elapsed = 10
    assert "two" == look(keys, runtime, "two").kid


def test_a_rotated_key_is_found_at_once_however_often(playing: Any) -> None:
    """A fetch that finds what it looked for causes no pause."""
    keys, runtime = source(), playing(serves("one"), serves("two"), serves("three"))
    for kid in ("one", "two", "three"):
        assert kid == look(keys, runtime, kid).kid


def test_a_withdrawn_key_is_forgotten(playing: Any) -> None:
    """The newest set is the truth."""
    keys, runtime = source(), playing(serves("one"), serves("two"), serves("two"))
    look(keys, runtime)
    look(keys, runtime, "two")
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime, "one")


def test_a_key_that_was_withdrawn_meanwhile_is_refused_on_refresh(playing: Any) -> None:
    """The caller that refreshes sees it first."""
    keys, runtime = source(), playing(serves("one"), serves("two"))
    look(keys, runtime)
    runtime.elapsed += HOUR
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime)


def test_a_key_that_was_replaced_under_its_id_is_another_one(playing: Any) -> None:
    """Whatever was remembered of the old one no longer counts."""
    other = {"keys": [{**jwk("two"), "kid": "one"}]}
    keys, runtime = source(), playing(serves("one"), brings(other))
    first = look(keys, runtime)
    runtime.elapsed += HOUR
    assert first != look(keys, runtime)


def test_one_caller_refreshes_while_the_others_go_on(playing: Any) -> None:
    """They take what is there, without waiting."""
    keys, runtime = source(), playing(serves("one"))
    first = look(keys, runtime)
    runtime.elapsed += HOUR
    others: list[Key[RSAPublicKey]] = []

    def meanwhile(*_: object) -> Reply:
        others.append(look(keys, runtime))
        return reply(key_set("one"))

    original = runtime.exchange

    async def exchange(request: Any) -> Reply:
        runtime.exchange = original
        return meanwhile(request)

    runtime.exchange = exchange
    assert first is look(keys, runtime)
    assert [first] == others


def test_a_late_caller_does_not_repeat_a_fetch_that_has_just_ended(playing: Any) -> None:
    """Between a look and its turn another caller's fetch may have ended."""
    keys, runtime = source(), playing(serves("one"))
    before = keys._held
    look(keys, runtime)
    run(keys._fetch(runtime, before))


def test_warming_fetches_once(playing: Any) -> None:
    """Keys that are fresh are not fetched again."""
    keys, runtime = source(), playing(serves("one"))
    run(keys.warm(runtime))
    run(keys.warm(runtime))
    assert "one" == look(keys, runtime).kid


def test_keys_without_an_address_are_all_there_is(scripted: Scripted) -> None:
    """Offline: no fetch, no ageing."""
    runtime = scripted()
    keys = source(address=None, bundled=read_key_set(json.dumps(key_set()).encode(), 10))
    keys.begin(runtime.now(), runtime.monotonic())
    run(keys.warm(runtime))
    runtime.elapsed += 1000 * HOUR
    assert "one" == look(keys, runtime).kid
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime, "two")


def test_bundled_keys_are_fetched_again_after_their_hour(playing: Any) -> None:
    """They begin their life with the verifier."""
    runtime = playing(serves("two"))
    keys = source(bundled=read_key_set(json.dumps(key_set()).encode(), 10))
    keys.begin(runtime.now(), runtime.monotonic())
    assert "one" == look(keys, runtime).kid
    runtime.elapsed += HOUR
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime)


def test_an_issuer_that_the_pool_does_not_use_is_asked_once_an_hour(playing: Any) -> None:
    """Its address answers 403; the tokens that name it are forged."""
    closed = gets(ADDRESS, answer=reply({}, status=403))
    keys, runtime = source(closed=frozenset([403])), playing(closed, closed)
    for _ in range(3):
        with pytest.raises(errors.UnknownKey):
            look(keys, runtime)
        runtime.elapsed += 60
    assert keys.closed
    runtime.elapsed += HOUR
    with pytest.raises(errors.UnknownKey):
        look(keys, runtime)


def test_an_issuer_that_served_before_is_not_closed_by_one_refusal(playing: Any) -> None:
    """A firewall's bad hour must not lock everybody out."""
    keys, runtime = (
        source(closed=frozenset([403])),
        playing(serves("one"), gets(ADDRESS, answer=reply({}, status=403))),
    )
    first = look(keys, runtime)
    runtime.elapsed += HOUR
    assert first is look(keys, runtime)


def test_every_request_has_a_cap_on_bytes_and_time(playing: Any) -> None:
    """150 KB and five seconds, unless the caller says otherwise."""
    keys, runtime = source(), playing(serves("one"))
    look(keys, runtime)
    assert [(150 * 1024, 5.0)] == [(request.max_bytes, request.timeout) for request in runtime.requests]


def test_passing_failures_are_retried_within_the_total_time(scripted: Scripted) -> None:
    """Reading keys is safe to repeat."""
    runtime = scripted(FAILS, gets(ADDRESS, answer=reply({}, status=503)), serves("one"))
    assert "one" == look(source(), runtime).kid


# ── what is taken from what comes ───────────────────────────────────────────────────────────────────────

NO_KEY_SETS: dict[str, object] = {
    "HTML": b"<html>",
    "nothing": b"",
    "half a JSON": b'{"keys": [',
    "a list": [],
    "no keys": {},
    "keys that are an object": {"keys": {}},
    "keys twice": b'{"keys":[],"keys":[]}',
    "more keys than allowed": {"keys": [{}] * 11},
    "a redirect": errors.TransportError("the answer is a redirect", phase="reading", status=302),
    "too many bytes": errors.TransportError("the answer is longer", phase="reading", status=200),
    **{f"status {status}": reply({"keys": []}, status=status) for status in (201, 400, 403, 404, 500)},
}


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in NO_KEY_SETS.items()])
def test_an_answer_that_is_no_key_set_leaves_the_caller_without_keys(playing: Any, answer: Any) -> None:
    """503: it is not the token's fault."""
    with pytest.raises(errors.KeysUnavailable) as caught:
        look(source(), playing(gets(ADDRESS, answer=reply(answer) if isinstance(answer, bytes) else answer)))
    assert 503 == caught.value.http_status
    assert ISSUER == caught.value.issuer
    assert caught.value.remedy is errors.Remedy.RETRY


BAD_ENTRIES: dict[str, object] = {
    "no object": "key",
    "null": None,
    "another type of key": {**jwk(), "kty": "EC"},
    "no type": jwk(kty=None),
    "no kid": {**jwk(), "kid": None},
    "an empty kid": jwk(kid=""),
    "a kid that is a number": {**jwk(), "kid": 1},
    "no modulus": jwk(n=None),
    "no exponent": jwk(e=None),
    "a modulus that is a number": jwk(n=12345),
    "a modulus that is not base64url": jwk(n="!!!!"),
    "a modulus of one bit": jwk(n="AQ"),
    "1024 bits": jwk(bits=1024),
    "2040 bits": jwk(bits=2040),
    "a modulus that would waste hours": jwk(n="_" * 40000),
    "an even exponent": jwk(e="AAAC"),
    "the exponent one": jwk(e="AQ"),
    "an exponent that would waste hours": jwk(e="_" * 300),
    "for encryption": jwk(use="enc"),
    "a use that is a list": jwk(use=["sig"]),
    "another algorithm": jwk(alg="RS512"),
    "an encryption's algorithm": jwk(alg="RSA-OAEP"),
    "an algorithm that is a list": jwk(alg=["RS256"]),
    "no operation that verifies": jwk(key_ops=["sign"]),
    "operations that are a text": jwk(key_ops="verify"),
}


@pytest.mark.parametrize("entry", [pytest.param(entry, id=name) for name, entry in BAD_ENTRIES.items()])
def test_a_bad_entry_does_not_spoil_the_good_ones(entry: object) -> None:
    """It is passed over."""
    document = {"keys": [entry, jwk("two"), entry]}
    assert ["two"] == list(read_key_set(json.dumps(document).encode(), 10))


@pytest.mark.parametrize(
    "members",
    [
        {"use": None},
        {"alg": None},
        {"key_ops": ["verify"]},
        {"key_ops": ["encrypt", "verify"]},
        {"x5c": ["junk"], "x5u": "https://evil.example.com", "d": "AQAB"},
    ],
)
def test_an_entry_may_leave_out_or_add_what_means_nothing_here(members: dict[str, Any]) -> None:
    """A private member that leaks does not make a private key of it."""
    (key,) = read_key_set(json.dumps({"keys": [jwk(**members)]}).encode(), 10).values()
    assert "verify" in dir(key.public)
    assert {"kid", "kty", "alg", "use", "n", "e"} == set(key.jwk)


def test_the_first_of_two_entries_with_one_id_counts() -> None:
    """Ids are to be unique (RFC 7517 §4.5)."""
    document = {"keys": [jwk("one"), {**jwk("two"), "kid": "one"}]}
    (key,) = read_key_set(json.dumps(document).encode(), 10).values()
    assert jwk("one")["n"] == key.jwk["n"]


# ── what a caller may set ───────────────────────────────────────────────────────────────────────────────


def test_every_limit_can_be_set(playing: Any) -> None:
    """Shorter lives, a longer pause, smaller sets."""
    policy = KeyPolicy(fresh_for=10, usable_for=20, cooldown=5, max_bytes=1000, max_keys=1)
    keys, runtime = source(policy), playing(serves("one"), serves("one", "two"), FAILS)
    look(keys, runtime)
    runtime.elapsed = 10
    assert "one" == look(keys, runtime).kid
    runtime.elapsed = 20
    with pytest.raises(errors.KeysUnavailable):
        look(keys, runtime)
    assert [1000] * 3 == [request.max_bytes for request in runtime.requests]


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"fresh_for": 0}, "fresh_for"),
        ({"cooldown": -1}, "cooldown"),
        ({"usable_for": float("inf")}, "usable_for"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"max_keys": 1.5}, "max_keys"),
        ({"max_keys": True}, "max_keys"),
        ({"fresh_for": 100, "usable_for": 99}, "usable_for"),
    ],
)
def test_a_policy_that_cannot_be_right_is_refused(settings: dict[str, Any], argument: str) -> None:
    """Naming the argument."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        KeyPolicy(**settings)


@pytest.mark.parametrize("value", [key_set(), json.dumps(key_set()), json.dumps(key_set()).encode()])
def test_bundled_keys_may_be_a_mapping_or_its_text(value: Any) -> None:
    """As read from a file, or parsed already."""
    assert ["one"] == list(bundled_keys(value, 10))


@pytest.mark.parametrize(
    "value", [{}, "no JSON", b"", {"keys": []}, {"keys": [jwk(bits=1024)]}, 7, [1], object()]
)
def test_bundled_keys_that_cannot_verify_are_refused_at_once(value: Any) -> None:
    """Better at start-up than at the first request."""
    with pytest.raises(errors.UsageError, match=r"^jwks: "):
        bundled_keys(value, 10)
