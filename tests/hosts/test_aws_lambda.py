"""Lambda: authorizers of every kind, and handlers behind API Gateway. Events are judged by AWS's own models."""

import json
from typing import Any

import httpx
import pytest

from cognito_auth import AccessClaims, IdClaims, TokenVerifier, errors
from cognito_auth.aws_lambda import (
    Requires,
    Unauthorized,
    authorizer,
    behind_authorizer,
    claims_of,
    require_token,
)
from support import api_gateway as gateway
from support.bearers import (
    async_verifier,
    blind_verifier,
    challenge,
    expired_token,
    good_token,
    no_keys,
    verifier,
)
from support.tokens import CLIENT, POOL, id_claims, key_set, signed

ROUTES = {
    "GET /orders": Requires(all_scopes="orders/read"),
    "GET /orders/{id}": Requires(all_scopes="orders/read"),
    "GET /orders/{id}/margin": Requires(all_groups="owners"),
    "POST /orders": Requires(all_scopes="orders/write"),
    "ANY /admin/{proxy+}": Requires(all_groups="admin"),
    "GET /me": Requires(),
}


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def events(token: str) -> list[dict[str, Any]]:
    """The same request as each kind of authorizer gets it."""
    return [
        gateway.token_event(f"Bearer {token}"),
        gateway.request_event(bearer(token)),
        gateway.request_event({"authorization": f"bearer {token}"}, multiValueHeaders={}),
        gateway.request_event_v2(bearer(token)),
    ]


READER = good_token(scope="orders/read", **{"cognito:groups": ["staff"]})


@pytest.mark.parametrize("event", events(READER))
def test_the_policy_lists_all_that_the_token_may_call_and_nothing_else(event: dict[str, Any]) -> None:
    """Whichever request it was made for: API Gateway keeps it for the others."""
    answer = authorizer(verifier(), routes=ROUTES)(event, None)
    may = [("GET", "/orders"), ("GET", "/orders/7"), ("GET", "/orders/8"), ("GET", "/me")]
    may_not = [
        ("POST", "/orders"),
        ("GET", "/orders/7/margin"),
        ("GET", "/orders/7/unlisted"),
        ("GET", "/admin/users"),
        ("GET", "/"),
        ("DELETE", "/orders/7"),
        ("GET", "/me/too"),
        ("GET", f"{gateway.API}/test/GET/me"),
        ("GET", "arn:aws:execute-api:eu-west-1:123456789012:another12/prod/GET/me"),
    ]
    assert may == [each for each in may + may_not if gateway.allows(answer, *each)]


def test_any_is_every_method_and_no_wildcard() -> None:
    """`*` for the method would span slashes too."""
    answer = authorizer(verifier(), routes=ROUTES)(
        gateway.token_event(f"Bearer {good_token(scope='x')}"), None
    )
    for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"):
        assert gateway.allows(answer, method, "/admin/users/7")
        assert not gateway.allows(answer, method, "/x/admin/users")


def test_a_token_that_may_call_nothing_is_denied_the_stage() -> None:
    """403, for as long as API Gateway keeps it."""
    routes = {"GET /orders": Requires(all_scopes="x/y")}
    answer = authorizer(verifier(), routes=routes)(gateway.token_event(f"Bearer {good_token()}"), None)
    deny = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": [f"{gateway.STAGE}/*"]}
    assert {"Version": "2012-10-17", "Statement": [deny]} == answer["policyDocument"]


def test_a_token_that_the_verifier_holds_too_poor_is_denied_the_stage() -> None:
    """Its own rules are about the token as well: 403, not 401."""
    strict = authorizer(verifier(all_scopes="x/y"), routes=ROUTES)
    answer = strict(gateway.token_event(f"Bearer {good_token()}"), None)
    assert not gateway.allows(answer, "GET", "/me")
    assert ("nobody", {}) == (answer["principalId"], answer["context"])


def test_a_websocket_is_opened_where_that_is_a_route() -> None:
    """Under `$connect`, the only one that API Gateway asks an authorizer about."""
    arn = f"{gateway.STAGE}/$connect"
    event = {**gateway.request_event(bearer(good_token())), "methodArn": arn}
    asked = {"$connect": Requires(all_groups="admin")}
    assert gateway.allows(authorizer(verifier(), routes=asked)(event, None), "", arn)
    asked = {"$connect": Requires(all_groups="owners"), "GET /me": Requires()}
    assert not gateway.allows(authorizer(verifier(), routes=asked)(event, None), "", arn)


@pytest.mark.parametrize(
    "event",
    [
        *events("rubbish"),
        *events(expired_token()),
        gateway.token_event(""),
        gateway.request_event({}),
        gateway.request_event_v2({"Cookie": f"session={good_token()}"}),
        gateway.request_event_v2(bearer(good_token()), rawQueryString=f"access_token={good_token()}"),
        gateway.request_event(bearer(good_token()), queryStringParameters={"access_token": "x"}),
        gateway.request_event(bearer(good_token()), multiValueQueryStringParameters={"access_token": ["x", "y"]}),
        gateway.request_event({}, multiValueHeaders={"Authorization": [f"Bearer {good_token()}"] * 2}),
    ],
)  # fmt: skip
def test_without_one_good_token_api_gateway_is_told_to_answer_401(event: dict[str, Any]) -> None:
    """By an error with exactly this text, which is not cached."""
    with pytest.raises(Unauthorized) as caught:
        authorizer(verifier(), routes=ROUTES)(event, None)
    assert "Unauthorized" == str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_keys_that_cannot_be_had_are_an_error_and_not_cached() -> None:
    """API Gateway answers 500, and the next request asks again."""
    with httpx.Client(transport=no_keys()) as client, blind_verifier(client) as blind:
        asked = authorizer(blind, routes=ROUTES)
        with pytest.raises(errors.KeysUnavailable):
            asked(gateway.token_event(f"Bearer {good_token()}"), None)


@pytest.mark.parametrize(
    "event", [{}, {"type": "TOKEN", "methodArn": "arn:aws:s3:::x"}, {"routeArn": f"{gateway.API}"}]
)
def test_an_event_of_something_else_is_refused(event: dict[str, Any]) -> None:
    """No policy is built from it."""
    with pytest.raises(errors.UsageError, match=r"^event: "):
        authorizer(verifier(), routes=ROUTES)(event, None)


def test_a_path_with_colons_and_slashes_does_not_move_the_stage() -> None:
    """What a caller writes in the path stays in the path."""
    event = gateway.token_event(f"Bearer {READER}", path="/a:b/c:d/prod/GET/x")
    answer = authorizer(verifier(), routes=ROUTES)(event, None)
    assert gateway.allows(answer, "GET", "/orders")
    assert all(
        resource.startswith(f"{gateway.STAGE}/GET/")
        for statement in answer["policyDocument"]["Statement"]
        for resource in statement["Resource"]
    )


# -- simple answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key, is_authorized",
    [("GET /orders/{id}", True), ("GET /me", True), ("POST /orders", False), ("GET /unlisted", False)],
)
def test_a_simple_answer_is_for_its_own_route(key: str, is_authorized: bool) -> None:
    """Which must be part of what API Gateway keeps it under."""
    event = gateway.request_event_v2(bearer(READER), key=key, identitySource=[f"Bearer {READER}", key])
    answer = authorizer(verifier(), routes=ROUTES, simple=True)(event, None)
    assert is_authorized is answer["isAuthorized"]
    assert "ann" == answer["context"]["username"]


def test_a_simple_answer_to_a_token_that_the_verifier_holds_too_poor_is_no() -> None:
    """403."""
    event = gateway.request_event_v2(bearer(READER), identitySource=["GET /orders/{id}"])
    strict = authorizer(verifier(all_scopes="x/y"), routes=ROUTES, simple=True)
    assert {"isAuthorized": False, "context": {}} == strict(event, None)


@pytest.mark.parametrize(
    "event",
    [
        gateway.request_event_v2(bearer(READER)),
        gateway.request_event_v2(bearer(READER), identitySource=None),
        gateway.request_event(bearer(READER)),
    ],
)
def test_a_simple_answer_that_would_be_kept_for_every_route_is_not_given(event: dict[str, Any]) -> None:
    """It says what to configure."""
    with pytest.raises(errors.UsageError, match=r"^simple: "):
        authorizer(verifier(), routes=ROUTES, simple=True)(event, None)


# -- the context ------------------------------------------------------------------------------------------------


def test_the_context_holds_scalars_only() -> None:
    """API Gateway refuses anything else."""
    asked = authorizer(
        verifier(), routes=ROUTES, context=lambda claims: {"staff": "staff" in claims.groups, "level": 7}
    )
    context = asked(gateway.token_event(f"Bearer {good_token()}"), None)["context"]
    shown = {name: value for name, value in context.items() if name != "claims_json"}
    expected = {
        "sub": "a1b2c3d4-0000-1111-2222-333344445555",
        "token_use": "access",
        "client_id": CLIENT,
        "username": "ann",
        "scope": "orders/read orders/write",
        "groups": "admin staff",
        "staff": True,
        "level": 7,
    }
    assert expected == shown
    assert isinstance(context["claims_json"], str)


def test_a_context_of_ones_own_holds_scalars_only() -> None:
    """What does not fit is named, rather than failing in API Gateway."""
    unfit: Any = {"groups": ["admin"]}
    with pytest.raises(errors.UsageError, match=r"^context: 'groups' is list"):
        authorizer(verifier(), routes=ROUTES, context=lambda _: unfit)(
            gateway.token_event(f"Bearer {READER}"), None
        )


def id_verifier() -> TokenVerifier[IdClaims]:
    """For ID tokens."""
    return TokenVerifier(POOL, client_id=CLIENT, token_use="id", jwks=key_set(), offline=True)


def id_token() -> str:
    """Ann's ID token."""
    import time

    return signed(id_claims(time.time()))


# -- handlers behind an authorizer ------------------------------------------------------------------------------


@behind_authorizer(token_use="access", all_scopes="orders/read")
def orders(event: dict[str, Any], context: Any, claims: AccessClaims) -> dict[str, Any]:
    """A handler."""
    return {"statusCode": 200, "body": json.dumps([claims.username, sorted(claims.scopes)])}


@pytest.mark.parametrize(
    "asked, event",
    [
        (gateway.request_event(bearer(good_token())), gateway.proxy_event({})),
        (gateway.request_event_v2(bearer(good_token())), gateway.proxy_event_v2({})),
    ],
)
def test_a_handler_behind_an_authorizer_gets_the_claims(asked: dict[str, Any], event: dict[str, Any]) -> None:
    """Whole and typed, from the authorizer's context, in either payload format."""
    event = gateway.behind(event, authorizer(verifier(), routes=ROUTES)(asked, None))
    assert ["ann", ["orders/read", "orders/write"]] == json.loads(orders(event, None)["body"])
    claims = claims_of(event)
    assert isinstance(claims, AccessClaims)
    assert {"admin", "staff"} == claims.groups


@pytest.mark.parametrize("event", [gateway.proxy_event({}), gateway.proxy_event_v2({}), {}])
def test_a_handler_that_no_authorizer_stands_before_answers_401(event: dict[str, Any]) -> None:
    """Deny by default: the route may have been left open by mistake."""
    answer = orders(event, None)
    assert 401 == answer["statusCode"]
    assert {"realm": "Cognito", "scope": "orders/read"} == challenge(answer["headers"]["WWW-Authenticate"])


def test_a_handler_asks_for_more_than_its_authorizer() -> None:
    """403 and the scope that is missing."""
    asked = gateway.token_event(f"Bearer {good_token(scope='openid')}")
    answer = orders(
        gateway.behind(gateway.proxy_event({}), authorizer(verifier(), routes=ROUTES)(asked, None)), None
    )
    assert 403 == answer["statusCode"]
    assert "orders/read" == challenge(answer["headers"]["WWW-Authenticate"])["scope"]


def test_a_handler_takes_tokens_of_its_kind_only() -> None:
    """An ID token has no scopes, and its claims another type."""
    asked = gateway.token_event(f"Bearer {id_token()}")
    event = gateway.behind(gateway.proxy_event({}), authorizer(id_verifier(), routes=ROUTES)(asked, None))
    assert 401 == orders(event, None)["statusCode"]

    @behind_authorizer(token_use="id", all_groups="staff")
    def profile(event: dict[str, Any], context: Any, claims: IdClaims) -> str | None:
        return claims.email

    assert "ann@example.com" == profile(event, None)


def test_a_token_that_expired_meanwhile_is_refused() -> None:
    """API Gateway keeps a policy for 300 seconds, whenever the token ends."""
    patient = authorizer(verifier(leeway=7200), routes=ROUTES)
    event = gateway.behind(
        gateway.proxy_event({}), patient(gateway.token_event(f"Bearer {expired_token()}"), None)
    )
    answer = orders(event, None)
    assert 401 == answer["statusCode"]
    assert "invalid_token" == challenge(answer["headers"]["WWW-Authenticate"])["error"]
    assert "kept" == behind_authorizer(token_use="access", leeway=7200)(lambda *_: "kept")(event, None)


def test_a_kind_of_token_that_there_is_not_is_refused_at_once() -> None:
    """Not at the first event."""
    unfit: Any = "refresh"
    with pytest.raises(errors.UsageError, match=r"^token_use: "):
        behind_authorizer(token_use=unfit)


# -- handlers that verify by themselves -------------------------------------------------------------------------


@require_token(verifier(), all_scopes="orders/read", cookie="session", origins="https://app.example.com")
def alone(event: dict[str, Any], context: Any, claims: AccessClaims) -> dict[str, Any]:
    """A handler."""
    return {"statusCode": 200, "body": claims.username}


COOKIE = f"session={good_token()}"
PAGE = {"Origin": "https://app.example.com"}


@pytest.mark.parametrize(
    "event, status",
    [
        (gateway.proxy_event(bearer(good_token())), 200),
        (gateway.proxy_event_v2(bearer(good_token())), 200),
        (gateway.proxy_event({"Cookie": COOKIE}), 200),
        (gateway.proxy_event_v2({}, cookies=["a=b", COOKIE]), 200),
        (gateway.proxy_event({"Cookie": COOKIE, **PAGE}, method="POST"), 200),
        (gateway.proxy_event_v2(PAGE, cookies=[COOKIE], method="POST"), 200),
        (gateway.proxy_event({"Cookie": COOKIE}, method="POST"), 403),
        (gateway.proxy_event_v2({}, cookies=[COOKIE], method="POST"), 403),
        (gateway.proxy_event({}), 401),
        (gateway.proxy_event_v2(bearer(expired_token())), 401),
        (gateway.proxy_event_v2(bearer(good_token(scope="openid"))), 403),
        (gateway.proxy_event_v2(bearer(good_token()), cookies=[COOKIE]), 400),
        ({}, 401),
    ],
)
def test_a_handler_that_verifies_by_itself_answers_as_http_has_it(event: dict[str, Any], status: int) -> None:
    """In either payload format, cookies and all."""
    answer = alone(event, None)
    assert status == answer["statusCode"]
    assert ("ann" == answer["body"]) is (status == 200)
    if status != 200:
        assert challenge(answer["headers"]["WWW-Authenticate"])
        assert json.loads(answer["body"])["error_description"]


def test_a_handler_without_keys_answers_503() -> None:
    """And when to come back."""
    with httpx.Client(transport=no_keys()) as client, blind_verifier(client) as blind:
        handler = require_token(blind)(lambda *_: None)
        answer = handler(gateway.proxy_event_v2(bearer(good_token())), None)
    assert answer is not None
    assert (503, "10") == (answer["statusCode"], answer["headers"]["Retry-After"])


def test_a_verifier_that_is_to_be_awaited_is_refused_at_once() -> None:
    """Lambda calls plain functions."""
    unfit: Any = async_verifier()
    with pytest.raises(errors.UsageError, match=r"^verifier: an authorizer cannot await"):
        authorizer(unfit, routes=ROUTES)
    with pytest.raises(errors.UsageError, match=r"^verifier: a Lambda handler cannot await"):
        require_token(unfit)
