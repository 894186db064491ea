"""A real browser makes a passkey for the fake pool, and signs in with it: nothing of WebAuthn here is ours."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cognito_auth import AppClient, Challenge, TokenSet, UserPool, challenges, errors
from cognito_auth.testing import FakeUserPool
from support.servers import uvicorn_serves
from user_pool.conftest import PASSWORD

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [pytest.mark.needs("chromium", "chromedriver"), pytest.mark.xdist_group("chromium")]

KEY = b"k" * 32

REGISTER = """
const done = arguments[arguments.length - 1];
const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(arguments[0]));
navigator.credentials.create({publicKey}).then(made => done(JSON.stringify(made)), error => done("failed: " + error));
"""
SIGN_IN = """
const done = arguments[arguments.length - 1];
const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(arguments[0]));
navigator.credentials.get({publicKey}).then(used => done(JSON.stringify(used)), error => done("failed: " + error));
"""


async def page(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An empty page of the relying party's (ASGI)."""
    if scope["type"] != "http":
        return
    content_type = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": content_type})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>Passkeys</title>"})


@pytest.fixture
def browser(chromium: "Chrome") -> Iterator["Chrome"]:
    """The browser at a page on localhost, with an authenticator whose user is always there and willing."""
    from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

    with uvicorn_serves(page) as place:
        chromium.get(f"http://localhost:{place.rpartition(':')[2]}/")
        chromium.set_script_timeout(20)
        chromium.add_virtual_authenticator(
            VirtualAuthenticatorOptions(
                transport="internal",
                has_resident_key=True,
                has_user_verification=True,
                is_user_verified=True,
            )
        )
        try:
            yield chromium
        finally:
            chromium.remove_virtual_authenticator()
            chromium.get("about:blank")


def in_browser(browser: "Chrome", script: str, options: Any) -> str:
    """What a script of the page gives: the credential as JSON."""
    text = str(browser.execute_async_script(script, json.dumps(options)))
    assert not text.startswith("failed: "), text
    return text


def test_a_browser_registers_a_passkey_and_signs_in_with_it(
    browser: "Chrome", fake: FakeUserPool, app: AppClient
) -> None:
    """Twice: after the choice, and with it at once. The challenge travels sealed, as between two web requests."""
    with fake.serve():
        settings = fake.app_client(fake.clients[app.client_id])
        with UserPool(settings) as pool:
            tokens = pool.sign_in("ann", PASSWORD)
            assert isinstance(tokens, TokenSet)
            options = pool.start_web_authn_registration(tokens)
            pool.complete_web_authn_registration(tokens, in_browser(browser, REGISTER, options))
            [passkey] = pool.list_web_authn_credentials(tokens)
            assert ("localhost", "platform") == (passkey.relying_party_id, passkey.attachment)

            asked = pool.sign_in("ann", method="choice", preferred="WEB_AUTHN")
            assert isinstance(asked, Challenge)
            opened = Challenge.loads(asked.dumps(KEY), KEY, app=settings)
            assert isinstance(opened, challenges.WebAuthn)
            used = in_browser(browser, SIGN_IN, opened.options)
            assert isinstance(pool.respond(opened.answer(credential=used)), TokenSet)

            choice = pool.sign_in("ann", method="choice")
            assert isinstance(choice, challenges.SelectChallenge)
            at_once = choice.answer("WEB_AUTHN", credential=in_browser(browser, SIGN_IN, choice.options))
            assert isinstance(pool.respond(at_once), TokenSet)


def test_a_passkeys_answer_serves_one_challenge(
    browser: "Chrome", fake: FakeUserPool, app: AppClient
) -> None:
    """What the browser signed for one sign-in is refused in another."""
    with fake.serve():
        settings = fake.app_client(fake.clients[app.client_id])
        with UserPool(settings) as pool:
            tokens = pool.sign_in("ann", PASSWORD)
            assert isinstance(tokens, TokenSet)
            options = pool.start_web_authn_registration(tokens)
            pool.complete_web_authn_registration(tokens, in_browser(browser, REGISTER, options))
            first = pool.sign_in("ann", method="choice", preferred="WEB_AUTHN")
            second = pool.sign_in("ann", method="choice", preferred="WEB_AUTHN")
            assert isinstance(first, challenges.WebAuthn)
            assert isinstance(second, challenges.WebAuthn)
            used = in_browser(browser, SIGN_IN, first.options)
            with pytest.raises(errors.NotAuthorized):
                pool.respond(second.answer(credential=used))
