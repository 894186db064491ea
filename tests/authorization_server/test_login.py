"""A login before it is sent out: its address, its secrets, and how it travels."""

import base64
import copy
import hashlib
import os
import pickle
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from cognito_auth import AppClient, AuthorizationServer, Login, errors
from cognito_auth.authorization_server.exchange import Exchanged
from cognito_auth.tokens import aware
from support.scripted_runtime import START, Scripted

APP = AppClient(client_id="web1", pool_id="eu-west-1_AbCdEfGhI", domain="my-prefix")
CALLBACK = "https://me.example.com/callback"
KEY = b"k" * 32


def begin(app: AppClient = APP, **arguments: Any) -> Login:
    """A login, begun by the blocking face."""
    with AuthorizationServer(app) as server:
        return server.authorize(**{"redirect_uri": CALLBACK, **arguments})


def query_of(login: Login) -> dict[str, str]:
    """The parameters of its address."""
    return {
        name: value for name, (value,) in parse_qs(urlsplit(login.url).query, strict_parsing=True).items()
    }


def test_the_address_says_what_is_asked(scripted: Scripted) -> None:
    """PKCE by S256; state and nonce are of their own randomness; optional fields only where they are given."""
    login = scripted().under(AuthorizationServer(APP)).authorize(redirect_uri=CALLBACK, scopes="openid b/w")
    challenge = hashlib.sha256(login.code_verifier.encode()).digest()
    expected = {
        "response_type": "code",
        "client_id": "web1",
        "redirect_uri": CALLBACK,
        "scope": "b/w openid",
        "state": login.state,
        "nonce": login.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert expected == query_of(login)
    assert login.url.startswith("https://my-prefix.auth.eu-west-1.amazoncognito.com/oauth2/authorize?")
    assert aware(START) == login.begun_at


def test_each_login_has_its_own_secrets() -> None:
    """Each of them has 256 bits, and a verifier is at least 43 characters (RFC 7636 §4.1)."""
    logins = [begin() for _ in range(2)]
    secrets = [secret for login in logins for secret in (login.state, login.nonce, login.code_verifier)]
    assert 6 == len(set(secrets))
    assert {43} == {len(secret) for secret in secrets}


GIVEN: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "identity provider": ({"identity_provider": "Google"}, {"identity_provider": "Google"}),
    "identifier": ({"idp_identifier": "example.com"}, {"idp_identifier": "example.com"}),
    "hint": ({"login_hint": "ann+b@example.com"}, {"login_hint": "ann+b@example.com"}),
    "language": ({"lang": "zh-CN"}, {"lang": "zh-CN"}),
    "prompt": ({"prompt": "none"}, {"prompt": "none"}),
    "prompts": ({"prompt": {"login", "consent"}}, {"prompt": "consent login"}),
    "resource": ({"resource": "https://api.example.com/v1"}, {"resource": "https://api.example.com/v1"}),
    "a resource that is a name": ({"resource": "urn:example:orders"}, {"resource": "urn:example:orders"}),
    "scopes that are addresses": (
        {"scopes": {"https://api.example.com/prod/orders.read"}},
        {"scope": "https://api.example.com/prod/orders.read"},
    ),
}


@pytest.mark.parametrize("arguments, fields", GIVEN.values(), ids=GIVEN.keys())
def test_what_is_given_stands_in_the_address(arguments: dict[str, Any], fields: dict[str, str]) -> None:
    """Under Cognito's names, encoded once."""
    assert fields.items() <= query_of(begin(**arguments)).items()


def test_without_scopes_none_is_sent() -> None:
    """Cognito then grants all of the app client's."""
    assert "scope" not in query_of(begin(scopes=()))


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://me.example.com",
        "https://me.example.com:8443/a/b?tenant=1",
        "http://localhost:8400/callback",
        "http://127.0.0.1:8400/callback",
        "http://[::1]:8400/",
        "myapp://callback",
        "com.example.app:/callback",
    ],
)
def test_addresses_that_a_browser_can_come_back_to(redirect_uri: str) -> None:
    """Https, http on loopback, and schemes of installed apps (RFC 8252 §7)."""
    assert redirect_uri == begin(redirect_uri=redirect_uri).redirect_uri


WRONG: list[tuple[str, Any]] = [
    ("redirect_uri", "http://me.example.com/callback"),
    ("redirect_uri", "https://me.example.com/callback#part"),
    ("redirect_uri", "https://me.example.com/call back"),
    ("redirect_uri", "https://mé.example.com/callback"),
    ("redirect_uri", "https://user@me.example.com/callback"),
    ("redirect_uri", "https:///callback"),
    ("redirect_uri", "https://me.example.com:0/callback"),
    ("redirect_uri", "https://me.example.com:port/callback"),
    ("redirect_uri", "https://[oops/callback"),
    ("redirect_uri", "javascript:alert(1)"),
    ("redirect_uri", "/callback"),
    ("redirect_uri", "callback\n"),
    ("redirect_uri", ""),
    ("redirect_uri", None),
    ("scopes", "openid  email"),
    ("scopes", {"open id"}),
    ("scopes", {""}),
    ("identity_provider", ""),
    ("identity_provider", "Goo\ngle"),
    ("idp_identifier", " "),
    ("login_hint", 7),
    ("lang", ""),
    ("prompt", "maybe"),
    ("prompt", "none login"),
    ("prompt", ""),
    ("resource", "orders"),
    ("resource", "https://api.example.com/#part"),
    ("resource", "https://[oops"),
    ("resource", ""),
]


@pytest.mark.parametrize("argument, value", WRONG, ids=[f"{name}={value!r}" for name, value in WRONG])
def test_what_cannot_be_right_is_refused_by_name(argument: str, value: Any) -> None:
    """Before a browser is sent anywhere."""
    with pytest.raises(errors.UsageError, match=rf"^{argument}: "):
        begin(**{argument: value})


def test_a_provider_is_named_in_one_way() -> None:
    """By its name or by an identifier."""
    with pytest.raises(errors.UsageError, match=r"^idp_identifier: "):
        begin(identity_provider="Google", idp_identifier="example.com")


def test_a_login_needs_the_pool_whose_tokens_it_brings() -> None:
    """The ID token could not be verified."""
    with pytest.raises(errors.UsageError, match=r"^pool_id: .*a login needs it"):
        begin(AppClient(client_id="web1", region="eu-west-1", domain="my-prefix"))


# -- secrets and travels -------------------------------------------------------------------------------------------


def test_no_secret_is_shown_or_pickled() -> None:
    """Neither by repr, which has the address without its query, nor by pickle; a copy is the login itself."""
    login = begin()
    for secret in (login.state, login.nonce, login.code_verifier):
        assert secret not in repr(login)
    assert "/oauth2/authorize'" in repr(login)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(login)
    assert login is copy.deepcopy(login)


def test_a_login_travels_whole() -> None:
    """What was sealed is what opens, with an older key of the ring too."""
    login = begin(scopes={"openid", "b/w"})
    assert login == Login.loads(login.dumps(KEY), [os.urandom(32), KEY], app=APP)


@pytest.mark.parametrize(
    "app",
    [
        attrs.evolve(APP, client_id="web2"),
        AppClient(client_id="web1", pool_id="eu-west-1_Other", domain="my-prefix"),
    ],
    ids=["client", "pool"],
)
def test_a_login_of_another_client_or_pool_does_not_open(app: AppClient) -> None:
    """Though the key is the same."""
    with pytest.raises(errors.SealRejected):
        Login.loads(begin().dumps(KEY), KEY, app=app)


def test_an_altered_login_does_not_open() -> None:
    """Its redirect address is under the seal with everything else."""
    text = begin().dumps(KEY)
    middle = len(text) // 2
    altered = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    with pytest.raises(errors.SealRejected):
        Login.loads(altered, KEY, app=APP)


def test_a_login_opens_for_ten_minutes() -> None:
    """Afterwards the user begins again."""
    login = begin()
    for seconds, opens in ((595, True), (605, False)):
        old = attrs.evolve(login, begun_at=aware(login.begun_at.timestamp() - seconds))
        if opens:
            assert old == Login.loads(old.dumps(KEY), KEY, app=APP)
        else:
            with pytest.raises(errors.SealExpired, match="10 minutes"):
                Login.loads(old.dumps(KEY), KEY, app=APP)


def test_what_is_remembered_of_logins_is_bounded() -> None:
    """The newest are known; the oldest are forgotten, and the service decides."""
    exchanged = Exchanged(remembered=2)
    first, second, third = (begin() for _ in range(3))
    for login in (first, second, third):
        exchanged.claim(login)
    with pytest.raises(errors.LoginReplayed):
        exchanged.claim(third)
    exchanged.claim(first)
