"""The fake pool's authorization server, as strict as Cognito's: the pages, codes, revocation, user info, logout."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from cognito_auth.testing import FakeUserPool, Settings
from cognito_auth.testing.fake_user_pool import totp
from cognito_auth.testing.fake_user_pool.state import Client
from support.person import Person

from .conftest import Api

PASSWORD = "Correct-horse 1"
CALLBACK = "https://me.example.com/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def client(pool: FakeUserPool) -> Client:
    """A public client with managed login, in a pool with Ann."""
    pool.add_user(
        "ann", PASSWORD, attributes={"email": "ann@example.com", "phone_number": "+15550100", "name": "Ann"}
    )
    return pool.add_client(
        "Orders",
        scopes="openid email phone profile orders/read",
        callback_urls=[CALLBACK],
        logout_urls=["https://me.example.com/"],
    )


@pytest.fixture
def person(pool: FakeUserPool) -> Person:
    """Somebody at a browser."""
    return Person.at(pool)


def authorize_url(pool: FakeUserPool, client: Client, **fields: str | None) -> str:
    """The address that a client sends a browser to, with some fields changed or gone."""
    given: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "st&te",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **fields,
    }
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return f"{pool.base_url}/oauth2/authorize?{query}"


def back(person: Person) -> dict[str, str]:
    """What the browser brought back to the client."""
    assert person.address.startswith(f"{CALLBACK}?"), person.page.text
    return {name: value for name, (value,) in parse_qs(urlsplit(person.address).query).items()}


def code_for(pool: FakeUserPool, client: Client, person: Person, **fields: str | None) -> str:
    """A code that Ann got."""
    person.visit(authorize_url(pool, client, **fields))
    if person.page.action:
        person.submit(username="ann", password=PASSWORD)
    return back(person)["code"]


def exchange(api: Api, client: Client, code: str, **fields: str | None) -> tuple[int, Any]:
    """What the token endpoint says to a code."""
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **fields,
    }
    return api.token({name: value for name, value in form.items() if value is not None})


# -- the pages -----------------------------------------------------------------------------------------------------


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


def test_a_step_without_a_page_is_said(person: Person) -> None:
    """Setting MFA up is for the JSON API."""
    pool = FakeUserPool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"SOFTWARE_TOKEN_MFA"})))
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


# -- codes ---------------------------------------------------------------------------------------------------------


def test_a_code_serves_once(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """The three tokens of a user's sign-in, and the second time nothing."""
    code = code_for(pool, client, person)
    status, tokens = exchange(api, client, code)
    assert (200, {"access_token", "id_token", "refresh_token", "expires_in", "token_type"}) == (
        status,
        set(tokens),
    )
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, code)


@pytest.mark.parametrize(
    "fields",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://me.example.com/other"},
        {"code": "guessed"},
    ],
    ids=repr,
)
def test_a_code_is_bound_to_its_login(
    *, pool: FakeUserPool, client: Client, person: Person, api: Api, fields: dict[str, Any]
) -> None:
    """To its verifier, its address and its client."""
    code = code_for(pool, client, person)
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, **{"code": code, **fields})


def test_a_code_of_another_client_is_refused(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """Though that client is good."""
    code = code_for(pool, client, person)
    assert (400, {"error": "invalid_grant"}) == exchange(api, pool.add_client(), code)


def test_without_a_challenge_no_verifier_is_taken(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """PKCE is for both steps or for neither."""
    plain: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert 400 == exchange(api, client, code_for(pool, client, person, **plain))[0]
    assert 200 == exchange(api, client, code_for(pool, client, person, **plain), code_verifier=None)[0]


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_a_code_and_its_address_are_needed(
    pool: FakeUserPool, client: Client, api: Api, missing: str
) -> None:
    """Nothing can be looked up without them."""
    given: dict[str, Any] = {"code": "c", missing: ""}
    assert (400, {"error": "invalid_request"}) == exchange(api, client, **given)


def test_a_code_lives_five_minutes(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """As Cognito's."""
    code = code_for(pool, client, person)
    pool.clock.advance(300)
    assert (400, {"error": "invalid_grant"}) == exchange(api, client, code)


# -- the other endpoints -------------------------------------------------------------------------------------------


def signed_in(pool: FakeUserPool, client: Client, person: Person, api: Api, scope: str = "openid") -> Any:
    """Ann's tokens."""
    return exchange(api, client, code_for(pool, client, person, scope=scope))[1]


def test_a_refresh_needs_a_token_that_is_good(
    pool: FakeUserPool, client: Client, person: Person, api: Api
) -> None:
    """The reasons of the JSON API stand in the description."""
    form = {"grant_type": "refresh_token", "client_id": client.client_id}
    assert (400, {"error": "invalid_request"}) == api.token(form)
    status, content = api.token({**form, "refresh_token": "guessed"})
    assert (400, "invalid_grant", "Invalid Refresh Token") == (
        status,
        content["error"],
        content["error_description"],
    )


def test_revocation_ends_a_sign_in(pool: FakeUserPool, client: Client, person: Person, api: Api) -> None:
    """Once or twice; a token of another kind, of another client, or none at all is refused."""
    tokens = signed_in(pool, client, person, api)
    form = {"client_id": client.client_id, "token": tokens["refresh_token"]}
    other = pool.add_client()
    refused = {
        "unsupported_token_type": {**form, "token": tokens["access_token"]},
        "unauthorized_client": {**form, "client_id": other.client_id},
        "invalid_request": {**form, "token": ""},
        "invalid_client": {**form, "client_id": "nobody"},
    }
    for error, wrong in refused.items():
        assert (400, {"error": error}) == api.form("/oauth2/revoke", wrong)
    for _ in range(2):
        assert (200, None) == api.form("/oauth2/revoke", form)
    client.revocation = False
    assert (400, {"error": "invalid_request"}) == api.form("/oauth2/revoke", form)


@pytest.mark.parametrize(
    "scope, names",
    [
        ("openid", {"email", "email_verified", "phone_number", "phone_number_verified", "name"}),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid profile", {"name"}),
        ("openid profile email", {"name", "email", "email_verified"}),
    ],
)
def test_user_info_shows_what_the_scopes_open(
    *, pool: FakeUserPool, client: Client, person: Person, api: Api, scope: str, names: set[str]
) -> None:
    """Flags are texts here."""
    tokens = signed_in(pool, client, person, api, scope)
    headers = [("Authorization", f"Bearer {tokens['access_token']}")]
    for method in ("GET", "POST"):
        reply = pool.handle(method, "https://cognito.test/oauth2/userInfo", headers)
        content = json_of(reply.body)
        assert names | {"sub", "username"} == set(content)
        assert {"true"} >= {content.get("email_verified", "true")}


def json_of(body: bytes) -> Any:
    """The content of an answer."""
    return json.loads(body)


@pytest.mark.parametrize(
    "header, status, error",
    [
        (None, 400, "invalid_request"),
        ("Basic abc", 400, "invalid_request"),
        ("Bearer", 400, "invalid_request"),
        ("Bearer guessed", 401, "invalid_token"),
    ],
)
def test_user_info_is_for_bearers(
    *, pool: FakeUserPool, client: Client, header: str | None, status: int, error: str
) -> None:
    """The challenge says why (RFC 6750 §3)."""
    headers = [] if header is None else [("Authorization", header)]
    reply = pool.handle("GET", "https://cognito.test/oauth2/userInfo", headers)
    assert (status, error) == (reply.status, json_of(reply.body)["error"])
    assert f'error="{error}"' in dict(reply.headers)["WWW-Authenticate"]


def test_tokens_of_the_json_api_have_no_user_info(pool: FakeUserPool, client: Client, api: Api) -> None:
    """Their only scope is another."""
    result = api.sign_in(client.client_id, "ann", PASSWORD)["AuthenticationResult"]
    headers = [("Authorization", f"Bearer {result['AccessToken']}")]
    assert 401 == pool.handle("GET", "https://cognito.test/oauth2/userInfo", headers).status
