"""What is sent again, how often, and after what wait."""

from typing import Any

import pytest

from cognito_auth import Retry
from cognito_auth._runtime import retry
from cognito_auth._runtime.http import Reply, Request
from cognito_auth._runtime.operation import run
from cognito_auth._runtime.retry import Resend, retry_after
from cognito_auth.errors import TransportError, UsageError
from support.scripted_runtime import START, Scripted, ScriptedRuntime, gets, reply

URL = "https://example.com/"
OK = reply({"a": 1})
THROTTLED = reply({"__type": "TooManyRequestsException"}, status=400)
BROKEN = reply(status=500)
UNREACHED = TransportError("refused", phase="connecting")
UNANSWERED = TransportError("lost", phase="waiting")
HALF_READ = TransportError("cut", phase="reading", status=200)


def sent(runtime: ScriptedRuntime, resend: Resend = Resend.SAFE) -> Reply:
    """What comes of a request."""
    request = Request(method="GET", url=URL, timeout=10.0)
    throttled = lambda answer: b"TooManyRequests" in answer.content  # noqa: E731 - a predicate in a line
    return run(retry.send(runtime, request, resend=resend, throttled=throttled))


ALLOWED = {
    Resend.SAFE: [THROTTLED, BROKEN, UNREACHED, UNANSWERED, HALF_READ],
    Resend.UNANSWERED: [THROTTLED, BROKEN, UNREACHED, UNANSWERED],
    Resend.REFUSED: [THROTTLED, UNREACHED],
    Resend.NEVER: [],
}
TROUBLES = ALLOWED[Resend.SAFE]
NAMES = ["throttled", "5xx", "unreached", "unanswered", "half read"]


@pytest.mark.parametrize("trouble", TROUBLES, ids=NAMES)
@pytest.mark.parametrize("resend", Resend, ids=lambda resend: resend.name)
def test_only_what_is_safe_is_sent_again(scripted: Scripted, resend: Resend, trouble: Any) -> None:
    """The table of what may follow what, whole."""
    again = any(trouble is allowed for allowed in ALLOWED[resend])
    runtime = scripted(gets(URL, answer=trouble), *([gets(URL, answer=OK)] if again else []))
    if again:
        assert sent(runtime, resend) is OK
    elif isinstance(trouble, Exception):
        with pytest.raises(TransportError) as caught:
            sent(runtime, resend)
        assert caught.value is trouble
    else:
        assert sent(runtime, resend) is trouble


@pytest.mark.parametrize(
    "answer", [OK, reply(status=400), reply({"__type": "LimitExceededException"}, status=400)]
)
def test_an_ordinary_answer_is_returned_at_once(scripted: Scripted, answer: Reply) -> None:
    """Refusals are answers, and an hourly cap lasts."""
    runtime = scripted(gets(URL, answer=answer))
    assert sent(runtime) is answer
    assert runtime.sleeps == []


def test_a_redirect_is_not_tried_again(scripted: Scripted) -> None:
    """It is a setting, not a passing failure."""
    redirect = TransportError("elsewhere", phase="reading", status=302)
    with pytest.raises(TransportError) as caught:
        sent(scripted(gets(URL, answer=redirect)))
    assert caught.value is redirect


def test_waits_grow_with_full_jitter(scripted: Scripted) -> None:
    """Each wait is a random share of a ceiling that doubles."""
    runtime = scripted(*[gets(URL, answer=BROKEN)] * 3, gets(URL, answer=OK))
    runtime.spread = 0.5
    assert sent(runtime) is OK
    assert runtime.sleeps == pytest.approx([0.1, 0.2, 0.4])


def test_the_last_outcome_comes_out_as_it_is(scripted: Scripted) -> None:
    """After the last attempt: its answer, or its error, and no other library's."""
    settings = Retry(attempts=2)
    assert sent(scripted(*[gets(URL, answer=BROKEN)] * 2, retry=settings)) is BROKEN
    with pytest.raises(TransportError) as caught:
        sent(scripted(gets(URL, answer=BROKEN), gets(URL, answer=UNANSWERED), retry=settings))
    assert caught.value is UNANSWERED


@pytest.mark.parametrize("trouble", [BROKEN, UNREACHED], ids=["answered", "unanswered"])
def test_one_attempt_means_never_again(scripted: Scripted, trouble: Any) -> None:
    """Retry(attempts=1) switches it off."""
    runtime = scripted(gets(URL, answer=trouble), retry=Retry(attempts=1))
    if isinstance(trouble, Exception):
        with pytest.raises(TransportError):
            sent(runtime)
    else:
        assert sent(runtime) is trouble


def test_no_attempt_begins_that_would_pass_the_deadline(scripted: Scripted) -> None:
    """The deadline counts attempts and waits alike."""
    runtime = scripted(
        gets(URL, answer=BROKEN, takes=4.0), gets(URL, answer=BROKEN, takes=5.8), retry=Retry(deadline=10.0)
    )
    assert sent(runtime) is BROKEN
    assert runtime.elapsed < 10.0


def test_a_later_attempt_has_only_the_time_that_is_left(scripted: Scripted) -> None:
    """One exchange's timeout never outlasts the deadline of all."""
    runtime = scripted(gets(URL, answer=BROKEN, takes=15.0), gets(URL, answer=OK))
    sent(runtime)
    assert [request.timeout for request in runtime.requests] == pytest.approx([10.0, 4.9])


def test_the_service_may_ask_for_a_longer_wait(scripted: Scripted) -> None:
    """Retry-After is waited for, with some jitter on top, so that not all come back at once."""
    busy = reply(status=503, headers={"retry-after": "3"})
    runtime = scripted(gets(URL, answer=busy), gets(URL, answer=OK))
    sent(runtime)
    assert runtime.sleeps == pytest.approx([3.1])


def test_a_wait_longer_than_the_deadline_is_not_begun(scripted: Scripted) -> None:
    """An hour's Retry-After comes back as the answer."""
    busy = reply(status=503, headers={"retry-after": "3600"})
    runtime = scripted(gets(URL, answer=busy))
    assert sent(runtime) is busy
    assert runtime.sleeps == []


@pytest.mark.parametrize(
    "header,seconds",
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("٣", 0.0),
        ("Mon, 99999999999999999999 Jan 2020 00:00:00 GMT", 0.0),
        ("Mon, 20 Nov 1995 19:12:08 +9999999999999999999999", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float) -> None:
    """RFC 9110 §10.2.3; anything else asks nothing."""
    assert retry_after(reply(headers={"retry-after": header}), START) == seconds


@pytest.mark.parametrize(
    "settings,argument",
    [
        ({"attempts": 0}, "attempts"),
        ({"attempts": True}, "attempts"),
        ({"attempts": 1.5}, "attempts"),
        ({"deadline": 0}, "deadline"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], argument: str) -> None:
    """By name."""
    with pytest.raises(UsageError, match=f"^{argument}: "):
        Retry(**settings)
