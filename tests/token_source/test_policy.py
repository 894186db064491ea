"""When to refresh: a pure function."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth.token_source.policy import Failure, Stage, Step, Times, decide

HOUR = 3600.0


def times(
    *,
    lifetime: float = HOUR,
    age: float = 0.0,
    spread: float = 0.5,
    wall: float = 1e9,
    monotonic: float = 50.0,
) -> Times:
    """The life of a token that is so old at these moments."""
    return Times.of(
        lifetime=lifetime, remaining=lifetime - age, wall=wall, monotonic=monotonic, spread=spread
    )


def stage_at(share: float, *, lifetime: float = HOUR, spread: float = 0.5) -> Stage:
    """Where a token is after a share of its life."""
    life = times(lifetime=lifetime, spread=spread)
    return life.stage(1e9 + share * lifetime, 50.0 + share * lifetime)


@pytest.mark.parametrize(
    "share, expected",
    [
        (0.0, Stage.FRESH),
        (0.74, Stage.FRESH),
        (0.76, Stage.ADVISORY),
        (0.98, Stage.ADVISORY),
        (0.984, Stage.MANDATORY),
        (0.9999, Stage.MANDATORY),
        (1.0, Stage.EXPIRED),
        (2.0, Stage.EXPIRED),
    ],
)
def test_a_token_of_an_hour_is_renewed_from_three_quarters_on_and_must_be_in_its_last_minute(
    share: float, expected: Stage
) -> None:
    """As AWS advises; sixty seconds are shorter than a tenth."""
    assert expected is stage_at(share)


@pytest.mark.parametrize(
    "share, expected", [(0.74, Stage.FRESH), (0.76, Stage.ADVISORY), (0.91, Stage.MANDATORY)]
)
def test_a_token_of_five_minutes_has_windows_in_proportion(share: float, expected: Stage) -> None:
    """A fixed window of minutes would fetch it again at every call."""
    assert expected is stage_at(share, lifetime=300)


def test_the_advisory_refresh_is_scattered() -> None:
    """Hosts that began together do not refresh together."""
    assert (Stage.ADVISORY, Stage.FRESH) == (stage_at(0.72, spread=0.0), stage_at(0.72, spread=0.9))


@given(lifetime=st.floats(1, 86400), spread=st.floats(0, 1, exclude_max=True), share=st.floats(0, 3))
def test_a_life_has_its_parts_in_order_and_an_expired_token_is_never_served(
    lifetime: float, spread: float, share: float
) -> None:
    """Whatever the lifetime."""
    life = times(lifetime=lifetime, spread=spread)
    assert life.wall.advisory <= life.wall.mandatory <= life.wall.expiry
    moment = share * lifetime
    step = decide(life, None, wall=1e9 + moment, monotonic=50.0 + moment)
    if 1e9 + moment >= life.wall.expiry:
        assert step is Step.OBTAIN


@pytest.mark.parametrize("wall, monotonic", [(HOUR, 0.0), (0.0, HOUR), (2 * HOUR, 1.0), (-HOUR, HOUR)])
def test_the_clock_that_is_further_along_decides(wall: float, monotonic: float) -> None:
    """A laptop that slept stops one of them, a clock that was set moves the other."""
    assert Stage.EXPIRED is times().stage(1e9 + wall, 50.0 + monotonic)


def test_what_to_do_follows_the_stage() -> None:
    """One refreshes early, all wait late."""
    steps = [decide(times(age=age), None, wall=1e9, monotonic=50.0) for age in (0.0, 2800.0, 3590.0, 3600.0)]
    assert [Step.SERVE, Step.REFRESH_ASIDE, Step.REFRESH_FIRST, Step.OBTAIN] == steps
    assert Step.OBTAIN is decide(None, None, wall=1e9, monotonic=50.0)


def test_after_a_failure_a_good_token_is_served_and_nobody_tries_for_a_while() -> None:
    """And without a good token the error is raised."""
    failure = Failure(1, 50.0, 0.5)
    steps = [decide(times(age=age), failure, wall=1e9, monotonic=50.1) for age in (2800.0, 3590.0, 3600.0)]
    assert [Step.SERVE, Step.SERVE, Step.REFUSE] == steps


def test_the_back_off_grows_and_ends() -> None:
    """It doubles up to a minute, and to five seconds where nothing can be served."""

    def back_off(count: int, stage: Stage) -> float:
        failure = Failure(count, 0.0, 1.0)
        return next(tenths / 10 for tenths in range(10_000) if not failure.is_too_early(tenths / 10, stage))

    assert [1.0, 2.0, 4.0, 8.0, 60.0] == [back_off(count, Stage.ADVISORY) for count in (1, 2, 3, 4, 500)]
    assert [1.0, 2.0, 4.0, 5.0, 5.0] == [back_off(count, Stage.EXPIRED) for count in (1, 2, 3, 4, 500)]


def test_the_back_off_is_scattered() -> None:
    """Hosts that failed together do not come back together."""
    early, late = Failure(3, 0.0, 0.0), Failure(3, 0.0, 1.0)
    assert (False, True) == (early.is_too_early(2.5, Stage.FRESH), late.is_too_early(2.5, Stage.FRESH))
