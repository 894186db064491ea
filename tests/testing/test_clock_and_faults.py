"""The clock that tests move, the trouble that they order, the keys that change."""

import time
from datetime import UTC, datetime

import jwt
import pytest

import cognito_auth.testing
from cognito_auth.testing import Clock, FakeUserPool

from .conftest import Api

KEYS = "/.well-known/jwks.json"


def test_the_clock_starts_at_the_real_time_and_moves() -> None:
    """It ticks on from where it was moved to; whole seconds and dates say the same."""
    clock = Clock()
    clock.advance(3600)
    clock.advance(-60)

    assert 3539 < clock.now() - time.time() < 3541
    assert (clock.moved, clock.seconds() - int(time.time()) in {3540, 3541}) == (3540, True)
    assert abs((clock.today() - datetime.now(UTC)).total_seconds() - 3540) < 5


def test_a_frozen_clock_moves_only_when_told() -> None:
    """At a given moment or at this one; unfrozen it goes on from there."""
    clock = Clock()
    clock.freeze(datetime(2026, 9, 5, 7, 8, 9, tzinfo=UTC))
    first = clock.http_date()
    clock.advance(1)
    second = clock.http_date()
    clock.unfreeze()
    later = clock.now()
    clock.freeze()

    assert (first, second) == ("Sat, 05 Sep 2026 07:08:09 GMT", "Sat, 05 Sep 2026 07:08:10 GMT")
    assert 0 <= later - datetime(2026, 9, 5, 7, 8, 10, tzinfo=UTC).timestamp() < 60
    assert clock.now() == clock.now()
    assert clock.moved == pytest.approx(clock.now() - time.time(), abs=1)


def statuses(pool: FakeUserPool, count: int, path: str = KEYS) -> list[int]:
    """What so many calls for the keys get."""
    return [pool.handle("GET", f"https://x{path}", []).status for _ in range(count)]


def test_throttling_looks_as_each_endpoint_has_it(pool: FakeUserPool, api: Api) -> None:
    """A 400 with its code on the JSON API, a 429 elsewhere; so many times and no more; nothing is done."""
    client = pool.add_client()
    pool.faults.throttle("SignUp", times=2)
    pool.faults.throttle("jwks")
    call = {"ClientId": client.client_id, "Username": "ann", "Password": "Correct-horse 1"}
    codes = [api.refused("SignUp", **call)[0] for _ in range(2)]
    nobody = len(pool.users)
    api("SignUp", **call)

    assert (codes, nobody, pool.calls["SignUp"]) == (["TooManyRequests"] * 2, 0, 3)
    assert statuses(pool, 2) == [429, 200]


def test_each_kind_of_answer_that_is_none(pool: FakeUserPool, api: Api) -> None:
    """Server errors, pages, redirects, other codes, halves."""
    pool.faults.server_error("jwks", status=503)
    pool.faults.html("jwks")
    pool.faults.redirect("jwks", "https://elsewhere.example/")
    pool.faults.truncated("jwks")
    replies = [pool.handle("GET", f"https://x{KEYS}", []) for _ in range(5)]
    pool.faults.refuse("GetUser", "LimitExceeded", "Attempt limit exceeded")
    pool.add_user("ann")

    assert [reply.status for reply in replies] == [503, 403, 302, 200, 200]
    assert b"<html>" in replies[1].body
    assert ("Location", "https://elsewhere.example/") in replies[2].headers
    assert replies[4].body.startswith(replies[3].body)
    assert abs(len(replies[4].body) - 2 * len(replies[3].body)) <= 1
    assert api.refused("GetUser", AccessToken="a.b.c") == ("LimitExceeded", "Attempt limit exceeded")


@pytest.mark.parametrize("done", [True, False])
def test_a_refusal_may_come_after_the_work(pool: FakeUserPool, api: Api, *, done: bool) -> None:
    """As when Cognito has made the user and may send no more messages."""
    client = pool.add_client()
    pool.faults.refuse("SignUp", "LimitExceeded", "Exceeded daily email limit", done=done)
    refused = api.refused("SignUp", ClientId=client.client_id, Username="ann", Password="Correct-horse 1")

    assert (refused[0], pool.users.find("ann") is not None) == ("LimitExceeded", done)


def test_an_answer_may_be_given_in_advance(pool: FakeUserPool, api: Api) -> None:
    """What Cognito documents, and the fake has no reason for."""
    pool.faults.answer("VerifySoftwareToken", {"Status": "ERROR"})

    assert api("VerifySoftwareToken", Session="x" * 20, UserCode="123456") == {"Status": "ERROR"}


@pytest.mark.parametrize("when, users", [("before", 0), ("after", 1)])
def test_a_reply_is_lost_before_or_after_the_work(
    pool: FakeUserPool, api: Api, when: object, users: int
) -> None:
    """What was done stays done."""
    client = pool.add_client()
    pool.faults.drop("SignUp", when="before" if when == "before" else "after")
    reply = api.reply("SignUp", ClientId=client.client_id, Username="ann", Password="Correct-horse 1")

    assert (reply.dropped, len(pool.users)) == (True, users)


def test_an_outage_lasts_until_it_is_cleared(pool: FakeUserPool) -> None:
    """For one operation or for all."""
    pool.faults.outage()
    down = statuses(pool, 3)
    pool.faults.outage("*")
    pool.faults.clear("jwks")
    still = statuses(pool, 1)
    pool.faults.clear()

    assert (down, still, statuses(pool, 1), pool.faults.orders) == ([503] * 3, [503], [200], ())


def test_trouble_may_hit_a_share_of_calls(pool: FakeUserPool) -> None:
    """By lot, and the lots come out the same again from the same seed."""
    pool.faults.throttle("jwks", times=None, share=0.3)
    runs = []
    for _ in range(2):
        pool.faults.seed(7)
        runs.append(statuses(pool, 200))

    assert runs[0] == runs[1]
    assert 30 < runs[0].count(429) < 90


def test_keys_rotate(pool: FakeUserPool, api: Api) -> None:
    """New keys sign at once; old ones stay published if asked for; a token of a withdrawn key opens nothing."""
    pool.add_user("ann")
    old = pool.forge.access_token("ann")
    pool.keys.rotate(keep_old=True)
    kept = api("GetUser", AccessToken=old)["Username"]
    published = len(pool.keys.jwks()["keys"])
    new = pool.forge.access_token("ann")
    pool.keys.rotate()
    kids = {jwt.get_unverified_header(token)["kid"] for token in (old, new, pool.forge.access_token("ann"))}

    assert (kept, published, len(pool.keys.jwks()["keys"]), len(kids)) == ("ann", 4, 2, 3)
    assert api.refused("GetUser", AccessToken=old)[0] == "NotAuthorized"


def test_the_door_of_the_test_kit() -> None:
    """Everything public is there, and nothing else."""
    for name in cognito_auth.testing.__all__:
        assert getattr(cognito_auth.testing, name).__name__ == name
    assert set(cognito_auth.testing.__all__) <= set(dir(cognito_auth.testing))
    with pytest.raises(AttributeError, match="no attribute 'RealUserPool'"):
        _ = cognito_auth.testing.RealUserPool


def test_nothing_shows_secrets(pool: FakeUserPool) -> None:
    """Neither users nor clients nor tokens nor sessions."""
    client = pool.add_client(secret="s" * 30)
    user = pool.add_user("ann", "Correct-horse 1", mfa="totp")
    minted = pool.sittings.tokens(pool.sittings.begin(user, client), user, client)
    texts = repr(
        [
            pool,
            client,
            user,
            minted,
            pool.sittings.refresh_tokens(),
            pool.keys.published(),
            pool.suspect("ann"),
        ]
    )

    assert "Correct-horse" not in texts
    secrets = ("s" * 30, user.totp_secret, minted.access_token, minted.refresh_token)
    assert not any(str(secret) in texts for secret in secrets)
    assert "FakeUserPool('eu-west-1_Fake00001', 1 users, 1 clients)" in texts
