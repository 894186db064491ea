"""The routes of an API in API Gateway, and the policy that lists those which a token may call.

API Gateway keeps a policy for the token, 300 seconds by default, and asks it about other requests too. So a policy says
what the token may call in the whole stage, whichever request it was made for.

In a policy ``*`` stands for any text, slashes included: ``GET/orders/*``, for ``GET /orders/{id}``, would let
``GET /orders/7/secret`` in as well. What a wildcard holds too much is therefore denied, and a denial wins. A table of
routes for which no policy can be exact is refused when it is made. One thing is left: where ``/orders/{id}/items`` is
denied, ``/orders/{id}/items/{item}`` is denied too for an item whose own name is ``items``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import attrs

from cognito_auth._requires import Requires
from cognito_auth.claims import Claims
from cognito_auth.errors import UsageError

METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CONNECT: Final = "$connect"
DEFAULT: Final = "$default"

_ARN: Final = re.compile(r"(arn:[\w-]+:execute-api:[\w-]+:\d{12}:[\w-]+/[\w$-]+)(/.*)?", re.DOTALL)
_PARAMETER: Final = re.compile(r"\{[^{}/*?]+\}")
_LITERAL: Final = re.compile(r"[^{}*?\s]*")


class Wild(Enum):
    """What a segment of a path may be, other than a text."""

    ONE = 1
    """Any one segment."""
    MANY = 2
    """One segment or more."""


Path = tuple[str | Wild, ...]
"""A path by segments. As a route, ``{id}`` is ``ONE`` and ``{proxy+}`` is ``MANY``; as a policy, ``*`` is ``MANY``."""


@lru_cache(maxsize=4096)
def overlap(one: Path, other: Path, *, typically: bool = False) -> bool:
    """Whether some request fits both.

    Args:
        one: A path.
        other: Another one.
        typically: Look away from requests in which an ``{id}`` is the fixed text of another route.
    """
    if not one or not other:
        return not one and not other
    if Wild.MANY in {one[0], other[0]}:
        # A segment is taken from both; what stands for many may stay, though not on both sides: that gives nothing new.
        rests = [
            (mine, yours)
            for mine in ((one, one[1:]) if one[0] is Wild.MANY else (one[1:],))
            for yours in ((other, other[1:]) if other[0] is Wild.MANY else (other[1:],))
        ]
        return any(overlap(*rest, typically=typically) for rest in rests if rest != (one, other))
    fits = one[0] == other[0] or (Wild.ONE in {one[0], other[0]} and not typically)
    return fits and overlap(one[1:], other[1:], typically=typically)


def _widened(path: Path) -> Path:
    """What a policy's wildcards make of a route."""
    return tuple(Wild.MANY if isinstance(segment, Wild) else segment for segment in path)


def _spills(path: Path, more: int = 1) -> tuple[Path, ...]:
    """What a policy's wildcards hold too much: for each ``{id}``, the requests in which it spans ``more`` slashes."""
    wide = _widened(path)
    return tuple(
        (*wide[:position], *[Wild.ONE] * more, *wide[position:])
        for position, segment in enumerate(path)
        if segment is Wild.ONE
    )


def _text(path: Path) -> str:
    return "/".join("*" if isinstance(segment, Wild) else segment for segment in path)


@attrs.frozen
class Route:
    """One route under one method.

    Attributes:
        key: As it was written.
        path: Its path.
        requires: What a token must have for it.
    """

    key: str
    path: Path
    requires: Requires

    def comes_before(self, other: Route) -> bool:
        """Whether API Gateway takes this route where both fit: texts before ``{id}`` before ``{proxy+}``."""
        return _rank(self.path) < _rank(other.path)


def _rank(path: Path) -> tuple[int, ...]:
    return tuple(segment.value if isinstance(segment, Wild) else 0 for segment in path)


def _segment(text: str, key: str, *, is_last: bool) -> str | Wild:
    if _PARAMETER.fullmatch(text):
        if not text.endswith("+}"):
            return Wild.ONE
        if is_last:
            return Wild.MANY
    if not _LITERAL.fullmatch(text):
        raise UsageError(
            f"routes: {key!r} has a segment that no route can have, {text!r}: expected a text, {{name}}, or {{name+}} at "
            "the end"
        )
    return text


def _parsed(key: object) -> tuple[tuple[str, ...], Path]:
    """The methods and the path of a route key such as ``"GET /orders/{id}"``."""
    if key == DEFAULT:
        return METHODS, (Wild.MANY,)
    method, _, path = key.partition(" ") if isinstance(key, str) else ("", "", "")
    if method not in {*METHODS, "ANY"} or not path.startswith("/"):
        raise UsageError(
            f"routes: {key!r} is not a route key: expected one such as 'GET /orders/{{id}}', 'ANY /admin/{{proxy+}}', "
            f"{DEFAULT!r} or {CONNECT!r}"
        )
    segments = path[1:].split("/")
    last = len(segments) - 1
    return (METHODS if method == "ANY" else (method,)), tuple(
        _segment(text, str(key), is_last=position == last) for position, text in enumerate(segments)
    )


class Routes:
    """The routes that an authorizer guards.

    Args:
        routes: What a token must have, by route key.

    Raises:
        UsageError: A key is no route key, two mean the same, or no policy could tell two of them apart.
    """

    def __init__(self, routes: Mapping[str, Requires]) -> None:
        if not isinstance(routes, Mapping) or not routes:
            raise UsageError(
                "routes: expected a mapping of route keys to Requires(…), with one route at least"
            )
        for key, requires in routes.items():
            if not isinstance(requires, Requires):
                raise UsageError(f"routes[{key!r}]: got {type(requires).__name__}: expected Requires(…)")
        self.by_key = dict(routes)
        parsed = [(key, *_parsed(key)) for key in self.by_key if key != CONNECT]
        self._by_method: dict[str, tuple[Route, ...]] = {}
        for method in METHODS:
            under = _under(
                method, [Route(key, path, routes[key]) for key, methods, path in parsed if method in methods]
            )
            _check_separable(under)
            self._by_method[method] = under

    def statements(self, claims: Claims, arn: str) -> list[dict[str, Any]]:
        """The policy's statements for a token, in the stage that an ARN names.

        Args:
            claims: Of the verified token.
            arn: The request's ``methodArn`` or ``routeArn``.
        """
        stage = stage_of(arn)
        allowed, denied = [], []
        for method, routes in self._by_method.items():
            open_, shut = _sorted_out(routes, claims)
            allowed += [f"{stage}/{method}/{_text(_widened(route.path))}" for route in open_]
            denied += [f"{stage}/{method}/{_text(path)}" for path in _denials(open_, shut)]
        if CONNECT in self.by_key and self.by_key[CONNECT].is_met_by(claims):
            allowed.append(f"{stage}/{CONNECT}")
        if not allowed:
            return [nothing(arn)]
        return [_statement("Allow", allowed)] + ([_statement("Deny", denied)] if denied else [])


def stage_of(arn: str) -> str:
    """The part of an ARN that names API and stage. Only the path after them may have colons or more slashes.

    Raises:
        UsageError: It is not the ARN of a request to API Gateway.
    """
    found = _ARN.fullmatch(arn) if isinstance(arn, str) else None
    if found is None:
        raise UsageError("event: has no methodArn or routeArn of API Gateway: is this an authorizer's event?")
    return found[1]


def nothing(arn: str) -> dict[str, Any]:
    """The statement that denies the whole stage."""
    return _statement("Deny", [f"{stage_of(arn)}/*"])


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resources}


def _sorted_out(routes: Iterable[Route], claims: Claims) -> tuple[list[Route], list[Route]]:
    open_: list[Route] = []
    shut: list[Route] = []
    for route in routes:
        (open_ if route.requires.is_met_by(claims) else shut).append(route)
    return open_, shut


def _denials(open_: list[Route], shut: list[Route]) -> list[Path]:
    """What the wildcards of the open routes hold too much."""
    deepest = max((len(route.path) for route in open_), default=0)
    denied: dict[Path, None] = {}
    for route in open_:
        for position in range(len(_spills(route.path))):
            # Deny the least that touches no open route: two segments where one should be, or else three, and so on.
            deeper = (_spills(route.path, more)[position] for more in range(1, deepest + 1))
            denied.update(dict.fromkeys([path for path in deeper if not _touches(path, open_)][:1]))
    for route in shut:
        if _must_be_denied(route, open_):
            denied[_widened(route.path)] = None
    return list(denied)


def _touches(path: Path, routes: Iterable[Route]) -> bool:
    return any(overlap(path, route.path) for route in routes)


def _must_be_denied(shut: Route, open_: Iterable[Route]) -> bool:
    """Whether the policy's wildcards for the open routes hold requests that go to the shut one."""
    return any(
        (shut.comes_before(route) and overlap(shut.path, route.path))
        # A spill that touches no open route is denied as a whole.
        or any(overlap(shut.path, spill) and _touches(spill, open_) for spill in _spills(route.path))
        for route in open_
    )


def _is_swallowed(by: Route, other: Route) -> bool:
    """Whether denying the one route, with a policy's wildcards, would deny requests that go to the other."""
    if other.comes_before(by) and overlap(other.path, _widened(by.path), typically=True):
        return True
    return any(overlap(other.path, spill, typically=True) for spill in _spills(by.path))


def _under(method: str, routes: list[Route]) -> tuple[Route, ...]:
    """The routes of a method. On the same path a named method goes before ANY, and that before ``$default``."""
    chosen: dict[Path, Route] = {}
    for route in sorted(routes, key=_precedence):
        other = chosen.setdefault(route.path, route)
        if other is not route and _precedence(other) == _precedence(route):
            raise UsageError(
                f"routes: {other.key!r} and {route.key!r} are the same route, with the method {method}"
            )
    return tuple(chosen.values())


def _precedence(route: Route) -> int:
    return 2 if route.key == DEFAULT else 1 if route.key.startswith("ANY ") else 0


def _check_separable(routes: tuple[Route, ...]) -> None:
    for shut in routes:
        # The routes that some token may call that may not call this one.
        others = [route for route in routes if not route.requires.implies(shut.requires)]
        if not _must_be_denied(shut, others):
            continue
        for other in others:
            if _is_swallowed(shut, other):
                raise UsageError(
                    f"routes: a policy that denies {shut.key!r} would deny requests to {other.key!r} as well, since its "
                    "wildcards span slashes: let both require the same, or let separate authorizers guard them"
                )
