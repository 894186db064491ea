"""Which pool and which addresses; what cannot be right is refused by name."""

import copy
import pickle
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

import cognito_auth
from cognito_auth import AppClient, grants
from cognito_auth.app_client import issuers_of, split_pool_id
from cognito_auth.errors import UsageError

POOL = "eu-west-1_AbCdEfGhI"
CLIENT = "1h57kf5cpq17m0eml12EXAMPLE"


def app(**settings: Any) -> AppClient:
    """An app client with these settings changed."""
    return AppClient(**{"client_id": CLIENT, "pool_id": POOL, **settings})


def test_the_addresses_follow_from_the_pool() -> None:
    """Region, endpoint, pool name."""
    made = app()
    assert (made.region, made.endpoint_url, made.pool_name, made.is_aws) == (
        "eu-west-1",
        "https://cognito-idp.eu-west-1.amazonaws.com",
        "AbCdEfGhI",
        True,
    )


@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize(
    "region",
    [
        "us-east-1",
        "eu-central-1",
        "us-gov-west-1",
        "cn-north-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
    ],
)
def test_endpoints_are_those_that_botocore_resolves(region: str, fips: bool) -> None:
    """In every partition, with and without FIPS."""
    client = botocore.session.Session().create_client(
        "cognito-idp",
        region_name=region,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(use_fips_endpoint=fips),
    )
    assert app(pool_id=f"{region}_A", fips=fips).endpoint_url == client.meta.endpoint_url


def test_both_issuer_forms_follow_from_the_pool() -> None:
    """The original one first."""
    assert issuers_of(POOL) == (
        f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}",
        f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}",
    )
    with pytest.raises(UsageError, match="pool_id: 'local' is not shaped like an AWS Region: give issuer="):
        issuers_of("local_abc")


@pytest.mark.parametrize(
    "domain,url",
    [
        ("my-prefix", "https://my-prefix.auth.eu-west-1.amazoncognito.com"),
        ("Auth.Example.com", "https://auth.example.com"),
        ("https://auth.example.com/", "https://auth.example.com"),
        ("https://auth.example.com:443", "https://auth.example.com"),
        ("http://localhost:8400", "http://localhost:8400"),
        ("http://[::1]:8400", "http://[::1]:8400"),
    ],
)
def test_a_domain_is_a_prefix_a_host_or_an_address(domain: str, url: str) -> None:
    """Whatever the console shows can be pasted."""
    assert app(domain=domain).domain_url == url


def test_a_fips_domain_has_a_name_of_its_own() -> None:
    """Prefix domains only."""
    assert (
        app(domain="my-prefix", fips=True).domain_url
        == "https://my-prefix.auth-fips.eu-west-1.amazoncognito.com"
    )


@pytest.mark.parametrize(
    "settings,message",
    [
        ({"client_id": ""}, "client_id: '' is not an app client id"),
        ({"client_id": "a b"}, "client_id: 'a b' is not"),
        ({"client_id": None}, "client_id: None is not"),
        ({"client_id": "x" * 129}, "client_id: "),
        ({"client_secret": ""}, "client_secret: got an empty text"),
        ({"client_secret": 5}, "client_secret: got int"),
        ({"pool_id": "eu-west-1"}, "pool_id: 'eu-west-1' is not a user pool id"),
        ({"pool_id": "eu-west-1_Ab\n"}, r"pool_id: 'eu-west-1_Ab\\n' is not a user pool id"),
        ({"pool_id": "eu-west-1_АbCdEfGhI"}, "pool_id: .* ASCII"),
        ({"pool_id": "еu-west-1_AbCdEfGhI"}, "pool_id: .* ASCII"),
        ({"pool_id": "eu-west-1_" + "a" * 46}, "at most 55"),
        ({"pool_id": 7}, "pool_id: 7 is not"),
        ({"pool_id": "local_abc"}, "pool_id: 'local' is not shaped like an AWS Region.*endpoint="),
        ({"region": "nowhere"}, "region: 'nowhere' is not shaped like an AWS Region"),
        ({"region": "eu-west-１"}, "region: .* is not a Region"),
        ({"pool_id": None}, "pool_id: missing, and no region either"),
        ({"endpoint": "http://example.com"}, "endpoint: 'http://example.com' is not encrypted"),
        ({"endpoint": "example.com"}, "endpoint: 'example.com' is not an address"),
        ({"endpoint": "https://a:b@example.com"}, "endpoint: an address without credentials"),
        ({"endpoint": "https://example.com?x=1"}, "endpoint: an address without"),
        ({"endpoint": "https://exa mple.com"}, "endpoint: .* characters that no address has"),
        ({"endpoint": "https://example.com:0"}, "endpoint: "),
        ({"endpoint": "https://example.com:99999"}, "endpoint: "),
        ({"endpoint": "https://[::1"}, "endpoint: "),
        ({"endpoint": 5}, "endpoint: "),
        ({"issuer": "ftp://example.com"}, "issuer: "),
        ({"jwks_uri": "http://192.0.2.1/keys"}, "jwks_uri: .* not encrypted"),
        ({"endpoint": "https://example.com", "fips": True}, "fips: cannot go with endpoint="),
        ({"domain": ""}, "domain: got an empty text"),
        ({"domain": "My_Prefix"}, "domain: 'My_Prefix' is not a domain"),
        ({"domain": "https://auth.example.com/login"}, "domain: .* has a path"),
        ({"domain": "auth.example.com\n"}, "domain: "),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(settings: dict[str, Any], message: str) -> None:
    """At once, with what was expected."""
    with pytest.raises(UsageError, match=message):
        app(**settings)


def test_an_odd_pool_id_goes_with_an_endpoint_or_an_issuer() -> None:
    """Emulators have their own."""
    emulated = app(pool_id="local_5dGk", endpoint="http://127.0.0.1:9229/")
    assert (emulated.endpoint_url, emulated.is_aws) == ("http://127.0.0.1:9229", False)
    assert app(pool_id="local_5dGk", issuer="https://issuer.example.com/local_5dGk").region == "local"
    assert split_pool_id("local_" + "0" * 32) == ("local", "0" * 32)


def test_a_region_alone_serves_where_no_pool_id_is_needed() -> None:
    """What needs the pool id says so."""
    made = app(pool_id=None, region="eu-west-1")
    assert made.endpoint_url == "https://cognito-idp.eu-west-1.amazonaws.com"
    with pytest.raises(UsageError, match="pool_id: this app client has none, and this operation needs it"):
        _ = made.pool_name
    with pytest.raises(UsageError, match="domain: this app client has none"):
        _ = made.domain_url


def test_a_region_beside_a_pool_id_names_a_replica() -> None:
    """The requests go there; the pool keeps its name."""
    made = app(region="eu-central-1")
    assert (made.endpoint_url, made.pool_id) == ("https://cognito-idp.eu-central-1.amazonaws.com", POOL)


def test_the_environment_may_name_the_app_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty variables count as not set."""
    environ = {
        "COGNITO_POOL_ID": POOL,
        "COGNITO_CLIENT_ID": CLIENT,
        "COGNITO_CLIENT_SECRET": "s3cret",
        "COGNITO_DOMAIN": "",
        "COGNITO_REGION": "eu-central-1",
    }
    assert AppClient.from_env(environ) == app(client_secret="s3cret", region="eu-central-1")
    monkeypatch.delenv("COGNITO_CLIENT_ID", raising=False)
    with pytest.raises(UsageError, match="COGNITO_CLIENT_ID: not set"):
        AppClient.from_env()


def test_a_secret_may_be_a_callable_that_is_asked_each_time() -> None:
    """Two secrets may be live at once while one is being rotated."""
    secrets = iter(["old", "new", ""])
    made = app(client_secret=lambda: next(secrets))
    assert (made.secret(), made.secret()) == ("old", "new")
    with pytest.raises(UsageError, match="client_secret: got an empty text"):
        made.secret()
    assert app().secret() is None


def test_the_secret_is_never_shown_and_never_pickled() -> None:
    """Not in a repr; a pickle is refused; a copy is the value itself."""
    made = app(client_secret="s3cret")
    assert "s3cret" not in repr(made)
    assert "client_secret='***'" in repr(made)
    assert "client_secret=<callable>" in repr(app(client_secret=lambda: "s3cret"))
    with pytest.raises(TypeError, match="AppClient holds secrets and cannot be pickled"):
        pickle.dumps(made)
    assert copy.copy(made) is made
    assert copy.deepcopy(made) is made


@pytest.mark.parametrize("kind", ["UserPool", "AsyncUserPool", "AuthorizationServer", "TokenSource"])
def test_what_is_no_app_client_is_refused_when_a_class_is_made(kind: str) -> None:
    """Not at the first call."""
    arguments = [grants.ClientCredentials()] if kind == "TokenSource" else []
    with pytest.raises(UsageError, match="app: got str: expected an AppClient"):
        getattr(cognito_auth, kind)(POOL, *arguments)
