"""What the hosts share: where a token may stand, and how RFC 6750 says no."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import IdClaims, errors
from cognito_auth._bearer import Guard, Refused, checked_paths, plain
from cognito_auth._credentials import ForeignOrigin, NoToken, Places, RequestRefused, Seen
from cognito_auth._requires import Requires
from support.bearers import async_verifier, challenge, expired_token, good_token, verifier
from support.tokens import id_claims

T = "aaa.bbb.ccc"
BEARER = ("authorization", f"Bearer {T}")
COOKIE = ("cookie", f"session={T}")
PAGE = ("origin", "https://app.example.com")
BY_COOKIE: dict[str, Any] = {"cookie": "session", "origins": "https://app.example.com"}


def seen(*headers: tuple[str, str], query: str = "", is_safe: bool = False) -> Seen:
    """A request with these headers."""
    return Seen(headers=headers, query=query, is_safe=is_safe)


@pytest.mark.parametrize(
    "settings, request_",
    [
        ({}, seen(BEARER)),
        ({}, seen(("authorization", f"bearer {T}"))),
        ({}, seen(("authorization", f"BEARER   {T} "))),
        ({}, seen(BEARER, query="page=2&token=x")),
        ({}, seen(BEARER, COOKIE)),
        ({"header": "X-Amzn-Oidc-Data", "scheme": None}, seen(("x-amzn-oidc-data", T))),
        ({"header": "X-Token", "scheme": None}, seen(("x-token", T), ("authorization", "Basic YTpi"))),
        ({"scheme": "Token"}, seen(("authorization", f"token {T}"))),
        (BY_COOKIE, seen(BEARER)),
        (BY_COOKIE, seen(COOKIE, is_safe=True)),
        (BY_COOKIE, seen(COOKIE, PAGE)),
        (BY_COOKIE, seen(("cookie", "a=1; session2=x"), ("cookie", f"b=2;session={T}"), PAGE)),
        ({**BY_COOKIE, "header": None}, seen(COOKIE, PAGE)),
        (
            {"cookie": "session", "origins": ["http://localhost:3000/"]},
            seen(COOKIE, ("origin", "http://localhost:3000")),
        ),
    ],
)
def test_the_one_token_of_a_request_is_found(settings: dict[str, Any], request_: Seen) -> None:
    """Where it was asked for, the scheme in any case (RFC 9110 §11.1)."""
    assert T == Places(**settings).find(request_)


@pytest.mark.parametrize(
    "settings, request_, error, why",
    [
        ({}, seen(), NoToken, "no token"),
        ({}, seen(("authorization", "")), NoToken, "no token"),
        ({}, seen(("authorization", "Basic YTpi")), NoToken, "no token"),
        ({}, seen(query=f"access_token={T}"), NoToken, "no token"),
        ({}, seen(COOKIE), NoToken, "no token"),
        ({**BY_COOKIE, "header": None}, seen(BEARER), NoToken, "no token"),
        (BY_COOKIE, seen(("cookie", "session=")), NoToken, "no token"),
        ({}, seen(("authorization", "Bearer")), RequestRefused, "not written as a token"),
        ({}, seen(("authorization", "Bearer ")), RequestRefused, "not written as a token"),
        ({}, seen(("authorization", f"Bearer {T} {T}")), RequestRefused, "not written as a token"),
        ({}, seen(("authorization", f"Bearer {T},Bearer {T}")), RequestRefused, "not written as a token"),
        ({}, seen(("authorization", "Bearer aä.b.c")), RequestRefused, "not written as a token"),
        ({"scheme": None}, seen(BEARER), RequestRefused, "not written as a token"),
        ({}, seen(BEARER, BEARER), RequestRefused, "more than one"),
        ({}, seen(BEARER, ("authorization", "Basic YTpi")), RequestRefused, "one header twice"),
        ({}, seen(BEARER, query=f"access_token={T}"), RequestRefused, "more than one"),
        ({}, seen(BEARER, query=f"access%5Ftoken={T}"), RequestRefused, "more than one"),
        (BY_COOKIE, seen(BEARER, COOKIE, PAGE), RequestRefused, "more than one"),
        (BY_COOKIE, seen(("cookie", f"session={T}; session={T}"), PAGE), RequestRefused, "more than one"),
        ({**BY_COOKIE, "header": None}, seen(BEARER, COOKIE, PAGE), RequestRefused, "more than one"),
        ({"header": "X-Token", "scheme": None}, seen(BEARER, ("x-token", T)), RequestRefused, "more than one"),
        (BY_COOKIE, seen(COOKIE), ForeignOrigin, "another page"),
        (BY_COOKIE, seen(COOKIE, ("origin", "null")), ForeignOrigin, "another page"),
        (BY_COOKIE, seen(COOKIE, ("origin", "https://evil.example")), ForeignOrigin, "another page"),
        (BY_COOKIE, seen(COOKIE, ("origin", "https://app.example.com.evil.example")), ForeignOrigin, "another page"),
        (BY_COOKIE, seen(COOKIE, ("origin", "http://app.example.com")), ForeignOrigin, "another page"),
        (BY_COOKIE, seen(COOKIE, PAGE, PAGE), ForeignOrigin, "another page"),
    ],
)  # fmt: skip
def test_any_other_request_is_refused(
    settings: dict[str, Any], request_: Seen, error: type[RequestRefused], why: str
) -> None:
    """No token, two of them, one that is none, or a cookie that a foreign page sends along."""
    with pytest.raises(RequestRefused, match=why) as caught:
        Places(**settings).find(request_)
    assert error is type(caught.value)


hostile = st.text(alphabet=st.sampled_from('aA.=;, \t"é\x00&%'), max_size=12)
values = hostile | st.sampled_from([f"Bearer {T}", f"bearer  {T}", f"session={T}", "Basic YTpi", T, "Bearer"])
names = st.sampled_from(["authorization", "cookie", "origin", "x-token"])


@given(
    settings=st.sampled_from(
        [{}, BY_COOKIE, {**BY_COOKIE, "header": None}, {"header": "x-token", "scheme": None}]
    ),
    headers=st.lists(st.tuples(names, values), max_size=5),
    query=hostile | st.just(f"access_token={T}"),
    is_safe=st.booleans(),
)
def test_whatever_a_request_holds_one_token_comes_out_or_a_refusal(
    settings: dict[str, Any], headers: list[tuple[str, str]], query: str, is_safe: bool
) -> None:
    """Never another error, and never the token of a request that carries two."""
    try:
        found = Places(**settings).find(Seen(headers=tuple(headers), query=query, is_safe=is_safe))
    except RequestRefused:
        return
    assert re.fullmatch(r"[A-Za-z0-9\-._~+/=]+", found)
    assert 1 >= sum(value.lower().startswith("bearer ") for name, value in headers if name == "authorization")
    assert "access_token" not in query


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"header": None}, "header"),
        ({"header": "X Token"}, "header"),
        ({"scheme": "Bea rer"}, "scheme"),
        ({"scheme": ""}, "scheme"),
        ({"cookie": "session"}, "origins"),
        ({"cookie": "a=b", "origins": "https://app.example.com"}, "cookie"),
        ({"origins": "https://app.example.com"}, "origins"),
        ({"cookie": "session", "origins": "app.example.com"}, "origins"),
        ({"cookie": "session", "origins": "https://app.example.com/page"}, "origins"),
        ({"cookie": "session", "origins": "http://app.example.com"}, "origins"),
        ({"all_scopes": "a  b"}, "all_scopes"),
        ({"any_scopes": {"a b"}}, "any_scopes"),
        ({"all_groups": ""}, "all_groups"),
        ({"any_groups": [""]}, "any_groups"),
        ({"realm": ""}, "realm"),
        ({"realm": 'a"b'}, "realm"),
        ({"resource_metadata": "ftp://x"}, "resource_metadata"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(settings: dict[str, Any], argument: str) -> None:
    """The text names the argument."""
    with pytest.raises(errors.UsageError, match=f"^{argument}: "):
        Guard.of(verifier(), settings)


def test_what_verifies_nothing_is_no_verifier() -> None:
    """A pool id in the place of a verifier, for instance."""
    text: Any = "eu-west-1_AbCdEfGhI"
    with pytest.raises(errors.UsageError, match=r"^verifier: str verifies nothing"):
        Guard(text)


@pytest.mark.parametrize("path", ["health", ""])
def test_an_exempt_path_begins_with_a_slash(path: str) -> None:
    """Anything else would never match, and its owner would not notice."""
    with pytest.raises(errors.UsageError, match=r"^exempt: "):
        checked_paths(path)


ASKED = Requires(all_scopes="orders/read")


@pytest.mark.parametrize(
    "error, status, expected",
    [
        (NoToken("the request carries no token"), 401, {"scope": "orders/read"}),
        (RequestRefused("why"), 400, {"error": "invalid_request", "error_description": "why"}),
        (ForeignOrigin("why"), 403, {"error": "invalid_request", "error_description": "why"}),
        (errors.TokenExpired("why", expected=1, actual=2), 401, {"error": "invalid_token", "error_description": "why"}),
        (errors.MalformedToken('a "quote" \\ and é\n'), 401,
         {"error": "invalid_token", "error_description": "a quote  and "}),
        (errors.TokenRevoked("why"), 401, {"error": "invalid_token", "error_description": "why"}),
        (errors.WeakAuthentication("why", expected=frozenset({"b", "a"}), actual=None), 401,
         {"error": "insufficient_user_authentication", "error_description": "why", "acr_values": "a b"}),
        (errors.StaleAuthentication("why", expected="auth_time within 60 seconds", actual=1), 401,
         {"error": "insufficient_user_authentication", "error_description": "why"}),
        (errors.MissingScope("why", expected=frozenset({"b", "a"}), actual=frozenset()), 403,
         {"error": "insufficient_scope", "error_description": "why", "scope": "a b"}),
        (errors.MissingGroup("why", expected=frozenset({"admin"}), actual=frozenset()), 403,
         {"error": "insufficient_scope", "error_description": "why"}),
        (errors.RefusedByCheck("why"), 403, {"error": "insufficient_scope", "error_description": "why"}),
    ],
)  # fmt: skip
def test_every_refusal_has_its_challenge(error: Refused, status: int, expected: dict[str, str]) -> None:
    """Status, code, description and scopes as RFC 6750 §3 and RFC 9470 §3 have them."""
    answer = Guard(verifier(), requires=(ASKED,), realm="orders").answer(error)
    headers = dict(answer.headers)
    assert status == answer.status
    assert {"realm": "orders", **expected} == challenge(headers["WWW-Authenticate"])
    assert headers["Cache-Control"] == "no-store"
    assert str(len(answer.content)) == dict(answer.all_headers)["Content-Length"]


def test_keys_that_cannot_be_had_are_not_the_callers_fault() -> None:
    """503 and when to come back, no challenge, and not which address failed."""
    answer = Guard(verifier()).answer(errors.KeysUnavailable("https://keys.internal is down", issuer="x"))
    assert (503, "Service Unavailable") == (answer.status, answer.phrase)
    assert {"Retry-After": "10", "Cache-Control": "no-store"} == dict(answer.headers)
    assert b"internal" not in answer.content


def test_a_challenge_names_the_metadata_of_the_resource() -> None:
    """RFC 9728 §5.1, where it was given."""
    metadata = "https://api.example.com/.well-known/oauth-protected-resource"
    answer = Guard(verifier(), resource_metadata=metadata).answer(NoToken("none"))
    assert metadata == challenge(dict(answer.headers)["WWW-Authenticate"])["resource_metadata"]


@pytest.mark.anyio
async def test_a_verifier_of_either_face_admits() -> None:
    """What can await awaits where that is needed."""
    request = seen(("authorization", f"Bearer {good_token()}"))
    assert Guard(verifier()).admit(request).username == "ann"
    assert (await Guard(verifier()).admit_awaiting(request)).username == "ann"
    assert (await Guard(async_verifier()).admit_awaiting(request)).username == "ann"
    old = seen(("authorization", f"Bearer {expired_token()}"))
    with pytest.raises(errors.TokenExpired):
        await Guard(async_verifier()).admit_awaiting(old)


def test_a_host_that_cannot_await_says_so() -> None:
    """When it is made, not at the first request."""
    able = Guard(verifier())
    assert able is able.blocking("WSGI")
    with pytest.raises(errors.UsageError, match=r"^verifier: WSGI cannot await"):
        Guard(async_verifier()).blocking("WSGI")


@pytest.mark.parametrize(
    "requires, is_met",
    [
        (Requires(), True),
        (Requires(all_groups="admin"), True),
        (Requires(any_groups={"admin", "owners"}), True),
        (Requires(all_groups={"admin", "owners"}), False),
        (Requires(any_scopes="orders/read"), False),
        (Requires(all_scopes="orders/read"), False),
    ],
)
def test_an_id_token_has_groups_but_no_scopes(requires: Requires, is_met: bool) -> None:
    """So a route that asks for a scope never takes one."""
    assert is_met is requires.is_met_by(IdClaims(id_claims()))


def test_claims_become_plain_json() -> None:
    """However deep their containers are read-only."""
    claims = IdClaims(id_claims(identities=[{"userId": "1"}])).raw
    assert [{"userId": "1"}] == plain(claims)["identities"]
    assert ["admin", "staff"] == plain(claims)["cognito:groups"]
