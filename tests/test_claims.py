"""What a verified token says, with names and types."""

import copy
import datetime
import pickle

import pytest

from cognito_auth import AccessClaims, IdClaims
from support.tokens import CLIENT, ISSUER, NOW, access_claims, id_claims

UTC = datetime.UTC


def test_access_claims_have_names_and_types() -> None:
    """Moments are aware, scopes and groups are sets."""
    claims = AccessClaims(access_claims(device_key="device", acr="mfa"))
    assert "a1b2c3d4-0000-1111-2222-333344445555" == claims.sub
    assert ("ann", CLIENT, ISSUER, "access") == (
        claims.username,
        claims.client_id,
        claims.issuer,
        claims.token_use,
    )
    assert {"orders/read", "orders/write"} == claims.scopes
    assert {"admin", "staff"} == claims.groups
    assert datetime.datetime(2026, 1, 1, tzinfo=UTC) == claims.issued_at
    assert datetime.datetime(2026, 1, 1, 1, tzinfo=UTC) == claims.expires_at
    assert datetime.datetime(2025, 12, 31, 23, 59, tzinfo=UTC) == claims.auth_time
    assert ("device", "mfa") == (claims.device_key, claims.acr)
    assert "d1b2c3d4-0000-1111-2222-333344445555" == claims.token_id
    assert "b1b2c3d4-0000-1111-2222-333344445555" == claims.origin_jti
    assert frozenset() == claims.audience
    assert not claims.is_machine


def test_a_machines_token_says_so() -> None:
    """No user name, no groups, no sign-in; the subject is the client."""
    missing = {"username", "auth_time", "iat", "scope", "cognito:groups"}
    claims = AccessClaims(
        {name: value for name, value in access_claims(sub=CLIENT).items() if name not in missing}
    )
    assert claims.is_machine
    assert (None, None, None, None) == (claims.username, claims.auth_time, claims.issued_at, claims.act)
    assert (frozenset(), frozenset()) == (claims.groups, claims.scopes)


def test_id_claims_have_names_and_types() -> None:
    """Who the user is."""
    roles = {"cognito:roles": ["arn:one"], "cognito:preferred_role": "arn:one"}
    claims = IdClaims(
        id_claims(
            nonce="n",
            at_hash="h",
            name="Ann",
            phone_number="+1555",
            phone_number_verified="true",
            identities=[{"userId": "1"}],
        )
        | roles
    )
    assert ("ann", CLIENT, "id", "ann@example.com", True) == (
        claims.username,
        claims.client_id,
        claims.token_use,
        claims.email,
        claims.email_verified,
    )
    assert ("n", "h", "Ann", "+1555", True) == (
        claims.nonce,
        claims.at_hash,
        claims.name,
        claims.phone_number,
        claims.phone_number_verified,
    )
    assert (("arn:one",), "arn:one", ({"userId": "1"},)) == (
        claims.roles,
        claims.preferred_role,
        claims.identities,
    )
    assert not claims.is_machine


@pytest.mark.parametrize("value", [False, "false", None])
def test_an_address_is_verified_only_where_the_pool_says_so(value: object) -> None:
    """Whatever is not true is not verified."""
    assert not IdClaims(id_claims(email_verified=value)).email_verified
    assert not IdClaims(id_claims(phone_number_verified=value)).phone_number_verified


def test_who_acts_for_the_subject_is_read_only() -> None:
    """A token that was exchanged names its actor (RFC 8693 §4.1)."""
    act = AccessClaims(access_claims(act={"sub": "robot", "act": {"sub": "other"}})).act
    assert act is not None
    assert "other" == act["act"]["sub"]
    with pytest.raises(TypeError):
        act["act"]["sub"] = "me"


def test_everything_is_in_raw_and_nobody_can_change_it() -> None:
    """Claims are shared by the requests that carry the same token."""
    content = access_claims(custom={"a": [1, {"b": 2}]})
    raw = AccessClaims(content).raw
    assert 2 == raw["custom"]["a"][1]["b"]
    assert ("admin", "staff") == raw["cognito:groups"]
    assert content.keys() == raw.keys()
    with pytest.raises(TypeError):
        raw["custom"]["a"][1]["b"] = 3
    with pytest.raises(TypeError):
        raw["sub"] = "eve"  # type: ignore[index]  # pyright: ignore[reportIndexIssue]


def test_the_repr_tells_who_and_what_for() -> None:
    """The rest is personal."""
    assert "ann@example.com" not in repr(IdClaims(id_claims()))
    assert "client_id" in repr(AccessClaims(access_claims()))


def test_equal_claims_are_equal() -> None:
    """They compare, hash, copy and pickle as values."""
    claims = AccessClaims(access_claims())
    assert claims == AccessClaims(access_claims())
    others: list[object] = [IdClaims(access_claims()), AccessClaims(access_claims(NOW + 1)), "claims"]
    assert claims not in others
    assert {claims} == {AccessClaims(access_claims())}
    assert claims == pickle.loads(pickle.dumps(claims)) == copy.deepcopy(claims)


def test_claims_that_are_missing_are_empty() -> None:
    """A token that somebody made by hand for a test."""
    claims = AccessClaims({"exp": NOW})
    assert ("", "", "") == (claims.sub, claims.client_id, claims.issuer)
    assert "" == IdClaims({"exp": NOW}).client_id
    assert frozenset({"a", "b"}) == IdClaims({"exp": NOW, "aud": ["a", "b"]}).audience
