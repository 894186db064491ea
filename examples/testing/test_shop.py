"""The shop's own tests: they need no AWS account, no network and no mocks.

pip install 'cognito-auth[fastapi,httpx2]' pytest
pytest examples/testing
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from shop import create_app

from cognito_auth.testing import FakeUserPool, TokenForge

PASSWORD = "Correct-horse 1"


@pytest.fixture
def shop(fake_user_pool: FakeUserPool, fake_user_pool_env: dict[str, str]) -> Iterator[TestClient]:
    """The shop, which finds the fake user pool in its environment; Ann is a customer."""
    fake_user_pool.add_user("ann", PASSWORD)
    with TestClient(create_app()) as client:
        yield client


def log_in(shop: TestClient, password: str = PASSWORD) -> int:
    """Log Ann in: the status; the token goes with every later request."""
    answer = shop.post("/login", json={"username": "ann", "password": password})
    shop.headers["Authorization"] = f"Bearer {answer.json().get('token')}"
    return answer.status_code


# -- logging in ------------------------------------------------------------------------------------------------


def test_a_customer_logs_in(shop: TestClient) -> None:
    assert log_in(shop) == 200
    assert shop.get("/me").json() == "ann"


def test_a_wrong_password_is_refused(shop: TestClient) -> None:
    assert log_in(shop, "wrong") == 401


def test_a_second_factor_is_asked_for(shop: TestClient, fake_user_pool: FakeUserPool) -> None:
    fake_user_pool.add_user("bob", PASSWORD, mfa="totp")
    answer = shop.post("/login", json={"username": "bob", "password": PASSWORD})
    assert answer.json() == {"next": "SOFTWARE_TOKEN_MFA"}


def test_a_throttled_login_is_tried_again(shop: TestClient, fake_user_pool: FakeUserPool) -> None:
    fake_user_pool.faults.throttle("InitiateAuth", times=1)
    assert log_in(shop) == 200
    assert fake_user_pool.calls["InitiateAuth"] == 2


def test_lasting_throttling_is_told(shop: TestClient, fake_user_pool: FakeUserPool) -> None:
    fake_user_pool.faults.throttle("InitiateAuth", times=None)
    assert log_in(shop) == 503


# -- what a token opens ----------------------------------------------------------------------------------------


def test_staff_see_the_stock(shop: TestClient, token_forge: TokenForge) -> None:
    staff = token_forge.access_token("sue", groups={"staff"})
    customer = token_forge.access_token("ann")
    answers = [
        shop.get("/stock", headers={"Authorization": f"Bearer {token}"}) for token in (staff, customer)
    ]
    assert [answer.status_code for answer in answers] == [200, 403]


@pytest.mark.parametrize("kind", ["expired", "tampered", "other-client", "other-pool", "other-use"])
def test_bad_tokens_open_nothing(shop: TestClient, token_forge: TokenForge, kind: str) -> None:
    token = token_forge.bad(kind)
    assert shop.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_ends_after_an_hour(shop: TestClient, fake_user_pool: FakeUserPool) -> None:
    fake_user_pool.clock.advance(-timedelta(minutes=61).total_seconds())  # Ann logged in 61 minutes ago
    assert log_in(shop) == 200
    assert shop.get("/me").status_code == 401


def test_keys_may_be_replaced_at_any_time(shop: TestClient, fake_user_pool: FakeUserPool) -> None:
    log_in(shop)
    before = shop.get("/me").status_code
    fake_user_pool.keys.rotate()
    log_in(shop)
    assert (before, shop.get("/me").status_code) == (200, 200)
