"""Policies over routes: exact for every table that is accepted, whichever routes a token may call."""

import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cognito_auth import AccessClaims, errors
from cognito_auth._execute_api import Path, Routes, Wild, overlap
from cognito_auth._requires import Requires
from support.api_gateway import STAGE, allows
from support.tokens import access_claims

R = Requires
ONE, MANY = Wild.ONE, Wild.MANY


def claims(*scopes: str) -> AccessClaims:
    """Of a token with these scopes."""
    return AccessClaims(access_claims(scope=" ".join(scopes)))


def policy(routes: dict[str, Requires], *scopes: str) -> dict[str, Any]:
    """The policy for a token with these scopes."""
    return {"policyDocument": {"Statement": Routes(routes).statements(claims(*scopes), f"{STAGE}/GET/any")}}


# -- an independent reading of routes ---------------------------------------------------------------------------


def fits(route: list[str], request: list[str]) -> bool:
    """Whether a request can go to a route."""
    if not route or not request:
        return not route and not request
    if route[0].endswith("+}"):
        return True
    return (route[0].startswith("{") or route[0] == request[0]) and fits(route[1:], request[1:])


def routed(routes: list[str], path: str) -> str | None:
    """The route that a request goes to: segment by segment, a text before {x} before {x+}."""
    request = path[1:].split("/")
    fitting = [route for route in routes if fits(route[1:].split("/"), request)]
    return min(
        fitting,
        key=lambda route: [(each[0] == "{") + each.endswith("+}") for each in route[1:].split("/")],
        default=None,
    )


def is_typical(route: str, request: str) -> bool:
    """Whether no parameter of the request is a text that a route of this test may have."""
    named = [segment for segment in route[1:].split("/") if not segment.startswith("{")]
    return sorted(segment for segment in request[1:].split("/") if segment != "c") == sorted(named)


segments = st.lists(st.sampled_from(["a", "b", "{x}"]), min_size=1, max_size=3)
greedy = st.lists(st.sampled_from(["a", "b", "{x}"]), max_size=2).map(lambda some: [*some, "{x+}"])
paths = (segments | segments | greedy).map(lambda some: "/" + "/".join(some))
REQUESTS = ["/" + "/".join(some) for depth in range(1, 5) for some in itertools.product("abc", repeat=depth)]


@given(
    tables=st.dictionaries(paths, st.sampled_from(["s", "t", "u"]), min_size=1, max_size=5),
    held=st.sets(st.sampled_from("stu")),
)
def test_a_policy_allows_exactly_the_routes_whose_scopes_the_token_has(
    tables: dict[str, str], held: set[str]
) -> None:
    """For every request that goes to a route, by a router that was written for this test alone.

    Where a parameter of the request is the fixed text of some route, the policy may deny too much, but never too little.
    """
    try:
        answer = policy({f"GET {path}": R(all_scopes=scope) for path, scope in tables.items()}, *held)
    except errors.UsageError:
        assume(False)
    for request in REQUESTS:
        route = routed(list(tables), request)
        if route is None:
            continue
        if allows(answer, "GET", request):
            assert tables[route] in held, (route, request)
        elif is_typical(route, request):
            assert tables[route] not in held, (route, request)


@given(held=st.sets(st.sampled_from("rwa")))
def test_a_usual_table_is_accepted(held: set[str]) -> None:
    """Items, what lies below them, exceptions beside them, and a rest."""
    routes = {
        "GET /orders": R(all_scopes="r"),
        "GET /orders/{id}": R(all_scopes="r"),
        "GET /orders/summary": R(all_scopes="a"),
        "GET /orders/{id}/items": R(all_scopes="w"),
        "GET /orders/{id}/items/{item}": R(all_scopes="r"),
        "ANY /admin/{proxy+}": R(all_scopes="a"),
        "GET /": R(),
    }
    answer = policy(routes, *held)
    for path, scope in [("/orders", "r"), ("/orders/7", "r"), ("/orders/summary", "a"), ("/orders/7/items", "w"),
                        ("/orders/7/items/9", "r"), ("/admin/x/y", "a")]:  # fmt: skip
        assert (scope in held) is allows(answer, "GET", path)
    assert allows(answer, "GET", "/")
    assert ({"r", "w"} <= held) is allows(answer, "GET", "/orders/7/items/items")


def test_a_wildcard_is_held_to_its_segment() -> None:
    """What lies deeper, listed or not, is not let in with it."""
    answer = policy({"GET /orders/{id}": R(), "GET /shops/{id}/hours": R()})
    assert allows(answer, "GET", "/orders/7")
    assert not allows(answer, "GET", "/orders/7/secret")
    assert not allows(answer, "GET", "/orders/7/secret/deeper")
    assert not allows(answer, "GET", "/shops/1/2/hours")


def test_a_wildcard_is_held_to_what_is_listed_below_it() -> None:
    """Where something deeper is let in, what lies deeper still is not."""
    answer = policy(
        {"GET /orders/{id}": R(), "GET /orders/{id}/items": R(), "GET /orders/{id}/notes": R(all_scopes="n")}
    )
    assert allows(answer, "GET", "/orders/7/items")
    assert not allows(answer, "GET", "/orders/7/notes")
    assert not allows(answer, "GET", "/orders/7/items/9")


def test_a_named_method_goes_before_any_and_a_route_before_the_rest() -> None:
    """As API Gateway chooses."""
    routes = {
        "$default": R(all_scopes="rest"),
        "ANY /{proxy+}": R(all_scopes="any"),
        "GET /{proxy+}": R(all_scopes="get"),
    }
    assert allows(policy(routes, "get"), "GET", "/x")
    assert not allows(policy(routes, "get"), "PUT", "/x")
    assert allows(policy(routes, "any"), "PUT", "/x")
    assert not allows(policy(routes, "any"), "GET", "/x")
    assert not allows(policy(routes, "rest"), "GET", "/x")
    assert allows(policy({"$default": R(all_scopes="rest")}, "rest"), "PUT", "/x/y")


@pytest.mark.parametrize(
    "routes",
    [
        {"GET /{proxy+}": R(all_scopes="r"), "GET /orders/{id}": R(all_scopes="a")},
        {"GET /{proxy+}": R(), "GET /orders/{id}": R(all_scopes="a"), "GET /orders/mine": R()},
    ],
)
def test_a_table_for_which_no_policy_is_exact_is_refused(routes: dict[str, Requires]) -> None:
    """It names the two routes, rather than letting too much in or too little."""
    with pytest.raises(
        errors.UsageError, match=r"^routes: a policy that denies 'GET /orders/\{id\}' would deny"
    ):
        Routes(routes)


@pytest.mark.parametrize(
    "routes",
    [
        {"GET /{proxy+}": R(all_scopes="r"), "GET /admin/{proxy+}": R(all_scopes="a")},
        {"GET /{proxy+}": R(all_scopes={"r", "a"}), "GET /orders/{id}": R(all_scopes="a")},
        {"GET /{proxy+}": R(all_groups="a"), "GET /orders/{id}": R(any_groups={"a", "b"})},
        {"GET /{proxy+}": R(any_scopes={"a", "b"}), "GET /orders/{id}": R(any_scopes={"a", "b", "c"})},
    ],
)
def test_a_rest_is_accepted_where_it_can_be_told_apart(routes: dict[str, Requires]) -> None:
    """By its paths, or because whoever may call it may call the other as well."""
    assert routes == Routes(routes).by_key


@pytest.mark.parametrize(
    "requires, other, implied",
    [
        (R(), R(), True),
        (R(), R(all_scopes="a"), False),
        (R(all_groups="g"), R(all_scopes="g"), False),
        (R(any_scopes={"a", "b"}), R(any_scopes="a"), False),
        (R(any_groups={"a", "b"}), R(any_groups={"b", "c"}), False),
        (R(any_groups="a"), R(all_groups="a"), False),
    ],
)
def test_one_requirement_may_imply_another(requires: Requires, other: Requires, implied: bool) -> None:
    """Whoever meets the one meets the other."""
    assert implied is requires.implies(other)


@pytest.mark.parametrize(
    "routes, why",
    [
        ({}, "expected a mapping"),
        (["GET /"], "expected a mapping"),
        ({"GET /": None}, "got NoneType"),
        ({"GET /": {"orders/read"}}, "got set"),
        ({"orders": R()}, "'orders' is not a route key"),
        ({"get /orders": R()}, "is not a route key"),
        ({"GET orders": R()}, "is not a route key"),
        ({"* /orders": R()}, "is not a route key"),
        ({7: R()}, "is not a route key"),
        ({"GET /orders/*": R()}, "no route can have"),
        ({"GET /orders/?": R()}, "no route can have"),
        ({"GET /orders/x{id}": R()}, "no route can have"),
        ({"GET /{proxy+}/x": R()}, "no route can have"),
        ({"GET /${aws:username}": R()}, "no route can have"),
        ({"GET /a b": R()}, "no route can have"),
        ({"GET /{a}": R(), "GET /{b}": R(all_scopes="x")}, "are the same route"),
        ({"ANY /{a}": R(), "ANY /{b}": R()}, "are the same route"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(routes: Any, why: str) -> None:
    """It says what was expected."""
    with pytest.raises(errors.UsageError, match=rf"^routes.*{why}"):
        Routes(routes)


@pytest.mark.parametrize(
    "one, other, do",
    [
        ((), (), True),
        (("a",), (), False),
        (("a",), ("b",), False),
        ((ONE,), ("b",), True),
        ((ONE, "x"), ("b", ONE), True),
        ((MANY,), ("a", "b", "c"), True),
        ((MANY, "z"), ("a", "b", "c"), False),
        ((MANY, "z"), ("a", MANY), True),
        ((MANY,), (MANY,), True),
        ((MANY,), (), False),
        ((ONE, MANY), ("a",), False),
    ],
)
def test_two_paths_overlap_where_a_request_fits_both(one: Path, other: Path, do: bool) -> None:
    """Whichever is asked about the other."""
    assert do is overlap(one, other) is overlap(other, one)
