"""Every JSON answer of a fake user pool, in every test, is put to botocore's model.

Only what a test has ordered with `faults` is let through: trouble need not look like Cognito.
"""

import pytest


@pytest.fixture(autouse=True)
def every_answer_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever mount a test uses, a pool that answers what Cognito could not is a failure of that test."""
    # Loaded here, so that collecting tests stays quick.
    from cognito_auth.testing import FakeUserPool
    from cognito_auth.testing.fake_user_pool import dispatch
    from cognito_auth.testing.fake_user_pool.wire import Reply, Request
    from support import model_judge

    answer = dispatch.answer

    def judged(pool: FakeUserPool, request: Request) -> Reply:
        troubled = bool(pool.faults.orders)
        reply = answer(pool, request)
        if not troubled:
            model_judge.judge(request, reply)
        return reply

    monkeypatch.setattr(dispatch, "answer", judged)
