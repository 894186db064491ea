"""An endpoint that is not AWS's is told to the log, once."""

import httpx
import pytest

from cognito_auth import AppClient, UserPool, errors
from cognito_auth.testing import FakeUserPool

TOLD = "user pool operations go to https://fake-user-pool.invalid, which is not AWS"


def test_another_endpoint_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """A test's address that was left in a setting does not go unnoticed, and does not fill the log."""
    fake = FakeUserPool()
    fake.add_user("ann", "correct horse")
    app = fake.app_client(fake.add_client())
    with (
        caplog.at_level("INFO", "cognito_auth"),
        httpx.Client(transport=fake.transport()) as http,
        UserPool(app, http_client=http) as pool,
    ):
        for _ in range(2):
            pool.sign_in("ann", "correct horse", method="password")

    assert [record.message for record in caplog.records] == [TOLD]


def test_awss_own_endpoint_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """The usual case is silent."""
    fake = FakeUserPool()
    app = AppClient(client_id=fake.add_client().client_id, pool_id=fake.pool_id)
    with (
        caplog.at_level("INFO", "cognito_auth"),
        httpx.Client(transport=fake.transport()) as http,
        UserPool(app, http_client=http) as pool,
        pytest.raises(errors.NotAuthorized),
    ):
        pool.sign_in("nobody", "correct horse", method="password")

    assert caplog.records == []
