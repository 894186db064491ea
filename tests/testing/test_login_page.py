"""The fake pool's login pages: what a person sees, and whom they send where."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool import totp
from cognito_auth.testing.fake_user_pool.state import Client
from support.person import Person

from .conftest import Api
from .managed_login import CALLBACK, PASSWORD, authorize_url, back, code_for, exchange


@pytest.fixture
def client(web_client: Client) -> Client:
    """The client that sends people here."""
    return web_client


def test_a_login_brings_a_code_and_the_clients_own_state(
    pool: FakeUserPool, client: Client, person: Person
) -> None:
    """The state comes back as it was sent, whatever is in it."""
    person.visit(authorize_url(pool, client))
    assert "Sign in to Orders" in person.page.text
    person.submit(username="ann", password=PASSWORD)
    assert "st&te" == back(person)["state"]
    assert {"authorize": 1, "login page": 1, "login": 1} == dict(pool.calls)


def test_a_client_may_send_no_state(pool: FakeUserPool, client: Client, person: Person) -> None:
    """Then none comes back; a query in its address stays there."""
    client.callback_urls = (f"{CALLBACK}?tenant=1",)
    person.visit(authorize_url(pool, client, state=None, redirect_uri=f"{CALLBACK}?tenant=1"))
    person.submit(username="ann", password=PASSWORD)
    assert {"tenant", "code"} == back(person).keys()


def test_every_field_has_a_label_and_nothing_is_shown_unescaped(
    pool: FakeUserPool, client: Client, person: Person
) -> None:
    """Pages load nothing and run nothing; what comes from outside is text."""
    client.name = "<b>Orders</b>"
    person.visit(authorize_url(pool, client, login_hint='"><script>alert(1)</script>'))
    assert {"username", "password"} == person.page.labelled
    assert '"><script>alert(1)</script>' == person.page.fields["username"]
    assert "Sign in to <b>Orders</b>" in person.page.text
    assert person.headers["content-security-policy"].startswith("default-src 'none'")
    assert "no-store" == person.headers["cache-control"]


@pytest.mark.parametrize("username, password", [("ann", "wrong"), ("nobody", PASSWORD), (" ", " ")])
def test_a_wrong_password_is_said_without_saying_who_exists(
    *, pool: FakeUserPool, client: Client, person: Person, username: str, password: str
) -> None:
    """The same words for a name that nobody has; the page comes again."""
    person.visit(authorize_url(pool, client))
    person.submit(username=username, password=password)
    assert 400 == person.status
    assert ["Incorrect username or password."] == person.page.alerts
    person.submit(username="ann", password=PASSWORD)
    assert back(person)["code"]


def test_an_unknown_user_may_be_said(pool: FakeUserPool, client: Client, person: Person) -> None:
    """Where the client does not hide who exists."""
    client.prevent_user_existence_errors = False
    person.visit(authorize_url(pool, client))
    person.submit(username="nobody", password=PASSWORD)
    assert ["User does not exist."] == person.page.alerts


def test_a_form_from_elsewhere_is_refused(pool: FakeUserPool, client: Client, person: Person) -> None:
    """Without the browser's own mark nothing is taken."""
    person.visit(authorize_url(pool, client))
    person.forget("XSRF-TOKEN")
    person.submit(username="ann", password=PASSWORD)
    assert 400 == person.status
    assert "did not come from this browser" in person.page.text


@pytest.mark.parametrize(
    "fields, status", [({"client_id": "nobody"}, 400), ({"scope": "admin/all"}, 302)], ids=repr
)
def test_a_form_is_looked_at_like_the_page_itself(
    pool: FakeUserPool, client: Client, fields: dict[str, str | None], status: int
) -> None:
    """Its address says again what is asked."""
    url = authorize_url(pool, client, **fields).replace("/oauth2/authorize", "/login")
    assert status == pool.handle("POST", url, [], b"").status


@pytest.mark.parametrize("kind", ["EMAIL_OTP", "SMS_MFA"])
def test_a_code_by_message_is_asked_for(
    pool: FakeUserPool, client: Client, person: Person, kind: str
) -> None:
    """A wrong one may be tried again; the address is masked."""
    pool.users["ann"].mfa.append(kind)
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    assert ("a***@e***" if kind == "EMAIL_OTP" else "+*******0100") in person.page.text
    code = pool.codes["ann"]
    person.submit(code="000000" if code != "000000" else "111111")
    assert person.page.alerts
    person.submit(code=code)
    assert back(person)["code"]


def test_a_code_of_an_authenticator_is_asked_for(pool: FakeUserPool, client: Client, person: Person) -> None:
    """The present one of the user's app."""
    ann = pool.users["ann"]
    ann.mfa.append("SOFTWARE_TOKEN_MFA")
    ann.totp_secret = totp.new_secret()
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    assert "authenticator" in person.page.text
    person.submit(code=totp.code_at(ann.totp_secret, pool.clock.seconds() // totp.STEP))
    assert back(person)["code"]


def test_one_of_several_kinds_is_chosen(pool: FakeUserPool, client: Client, person: Person) -> None:
    """With a button for each."""
    pool.users["ann"].mfa.extend(["SMS_MFA", "EMAIL_OTP"])
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    assert ["SMS_MFA", "EMAIL_OTP"] == person.page.choices
    person.submit(choice="EMAIL_OTP")
    person.submit(code=pool.codes["ann"])
    assert back(person)["code"]


def test_too_many_wrong_codes_begin_again(pool: FakeUserPool, client: Client, person: Person) -> None:
    """The session is gone, and the first page comes."""
    pool.users["ann"].mfa.append("EMAIL_OTP")
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    wrong = "000000" if pool.codes["ann"] != "000000" else "111111"
    while "code" in person.page.fields:
        person.submit(code=wrong)
    assert {"username", "password"} == person.page.labelled


def test_a_session_that_is_over_begins_again(pool: FakeUserPool, client: Client, person: Person) -> None:
    """After three minutes the code is worth nothing here."""
    pool.users["ann"].mfa.append("EMAIL_OTP")
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    pool.clock.advance(client.session_seconds)
    person.submit(code=pool.codes["ann"])
    assert "session is expired" in person.page.alerts[0]
    assert {"username", "password"} == person.page.labelled


def test_a_used_authenticator_code_is_an_end(pool: FakeUserPool, client: Client, person: Person) -> None:
    """Refusals that use the session up lead back to the first page."""
    ann = pool.users["ann"]
    ann.mfa.append("SOFTWARE_TOKEN_MFA")
    ann.totp_secret = totp.new_secret()
    step = pool.clock.seconds() // totp.STEP
    ann.used_totp = step + 1
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    person.submit(code=totp.code_at(ann.totp_secret, step))
    assert "already been used" in person.page.alerts[0]
    assert {"username", "password"} == person.page.labelled


def test_a_temporary_password_is_replaced(person: Person) -> None:
    """With the attributes that the pool wants; a weak one may be tried again."""
    pool = FakeUserPool(settings=Settings(required_attributes=frozenset({"family_name"})))
    person = Person.at(pool)
    client = pool.add_client(scopes="openid", callback_urls=[CALLBACK])
    tom = pool.add_user("tom", "Temporary-horse 1", status="FORCE_CHANGE_PASSWORD")
    person.visit(authorize_url(pool, client))
    person.submit(username="tom", password="Temporary-horse 1")
    assert {"new_password", "attribute.family_name"} == person.page.labelled
    assert "Family name" in person.page.text
    person.submit(**{"new_password": "weak", "attribute.family_name": "Cat"})
    assert "Password did not conform with policy" in person.page.alerts[0]
    person.submit(**{"new_password": "Battery-staple 2", "attribute.family_name": "Cat"})
    assert back(person)["code"]
    assert ("Battery-staple 2", "Cat") == (tom.password, tom.attributes["family_name"])


def test_an_authenticator_is_set_up(person: Person) -> None:
    """The page shows the key; a wrong code may be tried again; from then on the app is asked for."""
    pool = FakeUserPool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"SOFTWARE_TOKEN_MFA"})))
    person = Person.at(pool)
    client = pool.add_client(scopes="openid", callback_urls=[CALLBACK])
    ann = pool.add_user("ann", PASSWORD)
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    key = ann.pending_totp or "no key"
    assert key in person.page.text
    step = pool.clock.seconds() // totp.STEP
    near = {totp.code_at(key, each) for each in range(step - 1, step + 3)}
    person.submit(code=next(code for code in map("{:06}".format, range(9)) if code not in near))
    assert ["Code mismatch"] == person.page.alerts
    assert key in person.page.text
    person.submit(code=totp.code_at(key, step))
    assert back(person)["code"]
    assert (key, ["SOFTWARE_TOKEN_MFA"]) == (ann.totp_secret, ann.mfa)


def test_a_step_without_a_page_is_said(person: Person) -> None:
    """Setting another kind of MFA up is for the JSON API."""
    pool = FakeUserPool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"EMAIL_OTP"})))
    person = Person.at(pool)
    client = pool.add_client(scopes="openid", callback_urls=[CALLBACK])
    pool.add_user("ann", PASSWORD)
    person.visit(authorize_url(pool, client))
    person.submit(username="ann", password=PASSWORD)
    assert "no page for MFA_SETUP" in person.page.text


def test_a_test_logs_in_without_a_browser(pool: FakeUserPool, client: Client, api: Api) -> None:
    """What comes back is what a browser would bring, refusals too."""
    came = pool.log_in(authorize_url(pool, client), "ann")
    fields = parse_qs(urlsplit(came).query)
    assert ["st&te"] == fields["state"]
    assert 200 == exchange(api, client, fields["code"][0])[0]
    assert "error=invalid_scope" in pool.log_in(authorize_url(pool, client, scope="admin/all"), "ann")


def test_logging_in_without_a_browser_says_what_a_page_would(pool: FakeUserPool, client: Client) -> None:
    """The test sees the reason."""
    with pytest.raises(ValueError, match="not registered"):
        pool.log_in(authorize_url(pool, client, redirect_uri="https://evil.example.com/"), "ann")
    with pytest.raises(KeyError, match="nobody"):
        pool.log_in(authorize_url(pool, client), "nobody")


# -- what a browser may be sent to ask -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/login"])
@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": None},
    ],
    ids=repr,
)
def test_a_client_that_cannot_be_trusted_gets_no_answer(
    *, pool: FakeUserPool, client: Client, person: Person, path: str, fields: dict[str, Any]
) -> None:
    """The person sees a page instead."""
    person.visit(authorize_url(pool, client, **fields).replace("/oauth2/authorize", path))
    assert 400 == person.status
    assert "This sign-in cannot go on" in person.page.text


OBJECTIONS: list[tuple[dict[str, str | None], str]] = [
    ({"response_type": "token"}, "invalid_request"),
    ({"response_type": None}, "invalid_request"),
    ({"scope": "openid admin/all"}, "invalid_scope"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "maybe"}, "invalid_request"),
    ({"identity_provider": "Google"}, "invalid_request"),
    ({"idp_identifier": "example.com"}, "invalid_request"),
    ({"resource": "orders"}, "invalid_request"),
    ({"resource": "https://api.example.com/#part"}, "invalid_request"),
    ({"prompt": "none"}, "login_required"),
]


@pytest.mark.parametrize("fields, error", OBJECTIONS, ids=[repr(fields) for fields, _ in OBJECTIONS])
def test_what_is_wrong_with_the_request_goes_back_to_the_client(
    *, pool: FakeUserPool, client: Client, person: Person, fields: dict[str, str | None], error: str
) -> None:
    """With its state (RFC 6749 §4.1.2.1)."""
    person.visit(authorize_url(pool, client, **fields))
    assert (error, "st&te") == (back(person)["error"], back(person)["state"])


def test_the_login_page_objects_too(pool: FakeUserPool, client: Client, person: Person) -> None:
    """Whoever goes there directly skips nothing."""
    person.visit(authorize_url(pool, client, scope="admin/all").replace("/oauth2/authorize", "/login"))
    assert "invalid_scope" == back(person)["error"]


def test_a_client_needs_the_code_grant(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """At the page and at the token endpoint."""
    code = code_for(pool, client, person)
    client.oauth_flows = frozenset()
    person.visit(authorize_url(pool, client))
    assert "unauthorized_client" == back(person)["error"]
    assert (400, {"error": "unauthorized_client"}) == exchange(api, client, code)


# -- browsers that are signed in -----------------------------------------------------------------------------------


def test_a_signed_in_browser_goes_straight_back(pool: FakeUserPool, client: Client, person: Person) -> None:
    """For an hour, unless the client wants the user to be asked."""
    code_for(pool, client, person)
    person.visit(authorize_url(pool, client, prompt="none"))
    assert "code" in back(person)
    for prompt in ("login", "select_account"):
        person.visit(authorize_url(pool, client, prompt=prompt))
        assert person.page.action
    pool.clock.advance(3600)
    person.visit(authorize_url(pool, client))
    assert person.page.action


def _disable(pool: FakeUserPool) -> None:
    pool.users["ann"].enabled = False


def _remove(pool: FakeUserPool) -> None:
    pool.users.remove(pool.users["ann"])


@pytest.mark.parametrize("end", [_disable, _remove])
def test_a_user_who_is_gone_is_signed_in_nowhere(
    pool: FakeUserPool, client: Client, person: Person, end: Callable[[FakeUserPool], None]
) -> None:
    """The cookie is worth nothing any more."""
    code_for(pool, client, person)
    end(pool)
    person.visit(authorize_url(pool, client))
    assert person.page.action


def test_a_cookie_that_cannot_be_read_is_none(pool: FakeUserPool, client: Client) -> None:
    """Other applications of the same host write cookies too."""
    url = authorize_url(pool, client, prompt="none")
    reply = pool.handle("GET", url, [("Cookie", "a@b=1; cognito=x")])
    assert "error=login_required" in dict(reply.headers)["Location"]


@pytest.mark.parametrize(
    "query, says",
    [
        ({"client_id": "nobody"}, "no such app client"),
        ({"logout_uri": "https://evil.example.com/"}, "sign-out address is not registered"),
        ({}, "Where should the browser go"),
        ({"redirect_uri": CALLBACK}, "Where should the browser go"),
        ({"redirect_uri": "https://evil.example.com/", "response_type": "code"}, "Where should the browser"),
    ],
)
def test_logging_out_leads_only_where_the_client_is_registered(
    *, pool: FakeUserPool, client: Client, person: Person, query: dict[str, str], says: str
) -> None:
    """And otherwise ends nobody's session."""
    code_for(pool, client, person)
    person.visit(f"{pool.base_url}/logout?{urlencode({'client_id': client.client_id, **query})}")
    assert 400 == person.status
    assert says in person.page.text
    person.visit(authorize_url(pool, client, prompt="none"))
    assert "code" in back(person)
