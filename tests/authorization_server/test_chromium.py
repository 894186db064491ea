"""A real browser signs in at the fake pool's pages, and the script that waits for it gets verified tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from cognito_auth import AppClient, AuthorizationServer, errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from cognito_auth.tokens import unverified_claims

from .conftest import PASSWORD, free_port

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [pytest.mark.needs("chromium", "chromedriver"), pytest.mark.xdist_group("chromium")]


@pytest.fixture
def redirect_uri(client: Client) -> str:
    """An address of this machine, registered with the client."""
    address = f"http://localhost:{free_port()}/callback"
    client.callback_urls = (address,)
    return address


@pytest.fixture
def served(pool: FakeUserPool, client: Client, redirect_uri: str) -> Iterator[AppClient]:
    """The pool as a real server."""
    with pool.serve():
        yield pool.app_client(client)


def fill_in(chromium: Chrome, **fields: str) -> None:
    """Type into the fields of the page, each found by its label, and press the button."""
    for label, text in fields.items():
        words = label.replace("_", " ")
        field = chromium.find_element("xpath", f"//input[@id = //label[normalize-space() = '{words}']/@for]")
        field.clear()
        field.send_keys(text)
    press(chromium)


def press(chromium: Chrome) -> None:
    """Press the page's first button, and wait for the page that comes next."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.wait import WebDriverWait

    arrived = "return !window.left && document.readyState === 'complete'"
    chromium.execute_script("window.left = true")
    chromium.find_element("css selector", "button").click()
    wait = WebDriverWait(chromium, 20, poll_frequency=0.02, ignored_exceptions=[WebDriverException])
    wait.until(lambda _: chromium.execute_script(arrived))


def heading(chromium: Chrome) -> str:
    """The heading of the page, which is its title too."""
    text = chromium.find_element("css selector", "h1").text
    assert text == chromium.title
    return text


def sign_in(app: AppClient, redirect_uri: str, at_the_browser: Callable[[str], object]) -> str:
    """Whose tokens the script gets while somebody is at the browser."""
    with AuthorizationServer(app) as server:
        tokens = server.sign_in_with_browser(redirect_uri=redirect_uri, open_browser=at_the_browser)
    return str(unverified_claims(tokens.id_token)["cognito:username"])


def test_a_person_signs_in_and_the_script_gets_verified_tokens(
    served: AppClient, redirect_uri: str, chromium: Chrome
) -> None:
    """A wrong password is said on the page; the right one leads back to the script."""
    seen: list[str] = []

    def at_the_browser(url: str) -> None:
        chromium.get(url)
        seen.append(heading(chromium))
        fill_in(chromium, User_name="ann", Password="wrong")
        seen.append(chromium.find_element("css selector", "[role=alert]").text)
        assert "ann" == chromium.find_element("id", "username").get_attribute("value")
        assert "password" == chromium.switch_to.active_element.get_attribute("id")
        fill_in(chromium, Password=PASSWORD)
        seen.append(heading(chromium))

    assert "ann" == sign_in(served, redirect_uri, at_the_browser)
    assert ["Sign in to Orders", "Incorrect username or password.", "You can close this window"] == seen


def test_a_person_with_a_second_factor_signs_in(
    pool: FakeUserPool, served: AppClient, redirect_uri: str, chromium: Chrome
) -> None:
    """The code is asked for on a page of its own, a wrong one again."""
    pool.users["ann"].mfa.append("EMAIL_OTP")

    def at_the_browser(url: str) -> None:
        chromium.get(url)
        fill_in(chromium, User_name="ann", Password=PASSWORD)
        assert "Enter your code" == heading(chromium)
        assert "a***@e***" in chromium.find_element("css selector", "main").text
        code = pool.codes["ann"]
        fill_in(chromium, Code="000000" if code != "000000" else "111111")
        assert "Invalid" in chromium.find_element("css selector", "[role=alert]").text
        fill_in(chromium, Code=code)

    assert "ann" == sign_in(served, redirect_uri, at_the_browser)


def test_a_person_with_a_temporary_password_chooses_a_new_one(
    pool: FakeUserPool, served: AppClient, redirect_uri: str, chromium: Chrome
) -> None:
    """And signs in with that one from then on."""
    tom = pool.add_user("tom", "Temporary-horse 1", status="FORCE_CHANGE_PASSWORD")

    def at_the_browser(url: str) -> None:
        chromium.get(url)
        fill_in(chromium, User_name="tom", Password="Temporary-horse 1")
        assert "Choose a new password" == heading(chromium)
        fill_in(chromium, New_password="weak")
        assert "Password" in chromium.find_element("css selector", "[role=alert]").text
        fill_in(chromium, New_password="Battery-staple 2")

    assert "tom" == sign_in(served, redirect_uri, at_the_browser)
    assert ("Battery-staple 2", "CONFIRMED") == (tom.password, tom.status)


def test_a_browser_that_is_signed_in_goes_straight_back(
    client: Client, served: AppClient, redirect_uri: str, chromium: Chrome
) -> None:
    """Until it signs out, which leads where the client said."""

    def with_password(url: str) -> None:
        chromium.get(url)
        fill_in(chromium, User_name="ann", Password=PASSWORD)

    sign_in(served, redirect_uri, with_password)
    assert "ann" == sign_in(served, redirect_uri, chromium.get)
    client.logout_urls = (f"{served.domain_url}/signed-out",)
    with AuthorizationServer(served) as server:
        chromium.get(server.logout_url(logout_uri=client.logout_urls[0]))
        assert client.logout_urls[0] == chromium.current_url
        with pytest.raises(errors.LoginRequired):
            server.sign_in_with_browser(redirect_uri=redirect_uri, prompt="none", open_browser=chromium.get)
    assert "You are not signed in" == heading(chromium)


def test_the_pages_work_without_scripts_or_anything_loaded(
    served: AppClient, redirect_uri: str, chromium: Chrome
) -> None:
    """Every field has a label, the console is silent, and the page is its own only resource."""
    with AuthorizationServer(served) as server:
        chromium.get(server.authorize(redirect_uri=redirect_uri).url)
    unlabelled = [
        field.get_attribute("name")
        for field in chromium.find_elements("css selector", "input:not([type=hidden])")
        if not field.accessible_name
    ]
    assert [] == unlabelled
    assert [] == chromium.find_elements("css selector", "script, img, link, iframe")
    assert [] == chromium.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
        ".filter(name => !name.endsWith('/favicon.ico'))"
    )
