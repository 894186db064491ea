"""Trouble on order: what a service, a network or a proxy can do to an answer, for so many calls or a share of them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from cognito_auth.testing.fake_user_pool.wire import JSON_API, RefusalError, Reply

Serve = Callable[[], Reply]
ANY = "*"

_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_OAUTH_ENDPOINTS = frozenset(
    {"token", "authorize", "userInfo", "revoke", "logout", "jwks", "openid-configuration"}
)


@attrs.define(kw_only=True, eq=False)
class Fault:
    """One rule: which operation, what happens to it, how often."""

    operation: str
    happen: Callable[[str, Serve], Reply]
    times: int | None
    share: float | None

    def matches(self, operation: str) -> bool:
        """Whether the rule is about this operation and has calls left."""
        return self.operation in {ANY, operation} and self.times != 0


class Faults:
    """Orders trouble for operations by name: `"InitiateAuth"`, `"jwks"`, `"token"`, or `"*"` for each and any.

    Every method takes `times` (how many calls are hit; `None` for all until `clear`) and `share` (only that part of
    the calls, by lot; `seed` makes the lots repeatable). The rule that was ordered first and still has calls left wins.
    """

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self._lots = random.Random(0)  # noqa: S311  # lots for tests, which must come out the same again

    @property
    def orders(self) -> tuple[Fault, ...]:
        """The rules that still have calls left."""
        with self._lock:
            return tuple(rule for rule in self._rules if rule.times != 0)

    def seed(self, number: int) -> None:
        """Start the lots again from this number."""
        self._lots.seed(number)

    def clear(self, operation: str | None = None) -> None:
        """Forget every rule, or those for one operation."""
        with self._lock:
            self._rules = [rule for rule in self._rules if operation not in {None, rule.operation}]

    def throttle(self, operation: str = ANY, *, times: int | None = 1, share: float | None = None) -> None:
        """Answer as if there were too many requests: a 400 on the JSON API, a 429 elsewhere."""
        self._order(operation, lambda name, _: _throttled(name), times, share)

    def refuse(
        self,
        operation: str,
        code: str,
        message: str = "",
        *,
        done: bool = False,
        times: int | None = 1,
        share: float | None = None,
    ) -> None:
        """Answer with this error of Cognito's (`"LimitExceeded"`).

        With `done` the work is done nevertheless, as when SignUp has made the user and could not send the message.
        """
        reply = RefusalError(code, message).reply()
        self._order(operation, lambda _, serve: _instead(serve, reply) if done else reply, times, share)

    def answer(
        self, operation: str, content: Mapping[str, Any], *, times: int | None = 1, share: float | None = None
    ) -> None:
        """Answer with this content, without doing anything: what Cognito can say, and the fake would not."""
        reply = Reply.json(dict(content), kind=JSON_API)
        self._order(operation, lambda _, __: reply, times, share)

    def server_error(
        self, operation: str = ANY, *, status: int = 500, times: int | None = 1, share: float | None = None
    ) -> None:
        """Answer with an internal error, without doing anything."""
        reply = attrs.evolve(RefusalError("InternalError", "Something went wrong.").reply(), status=status)
        self._order(operation, lambda _, __: reply, times, share)

    def html(
        self, operation: str = ANY, *, status: int = 403, times: int | None = 1, share: float | None = None
    ) -> None:
        """Answer with a page, as a firewall or a proxy in front of the service does."""
        reply = Reply.html(_PROXY_PAGE.format(status), status=status)
        self._order(operation, lambda _, __: reply, times, share)

    def redirect(
        self, operation: str, location: str, *, times: int | None = 1, share: float | None = None
    ) -> None:
        """Answer with a redirect elsewhere."""
        self._order(operation, lambda _, __: Reply.redirect(location), times, share)

    def truncated(self, operation: str = ANY, *, times: int | None = 1, share: float | None = None) -> None:
        """Do it, and send the first half of the answer as if it were whole."""
        self._order(operation, lambda _, serve: _halved(serve()), times, share)

    def cut(self, operation: str = ANY, *, times: int | None = 1, share: float | None = None) -> None:
        """Do it, and lose the connection in the middle of the answer."""
        self._order(operation, lambda _, serve: _cut(serve()), times, share)

    def drop(
        self,
        operation: str = ANY,
        *,
        when: Literal["before", "after"] = "after",
        times: int | None = 1,
        share: float | None = None,
    ) -> None:
        """Lose the connection without an answer, `"before"` or `"after"` the work was done."""
        self._order(operation, lambda _, serve: _dropped(serve, done=when == "after"), times, share)

    def latency(
        self, operation: str = ANY, *, seconds: float, times: int | None = 1, share: float | None = None
    ) -> None:
        """Do it, and wait so long before answering."""
        self._order(operation, lambda _, serve: attrs.evolve(serve(), delay=seconds), times, share)

    def drip(
        self, operation: str = ANY, *, seconds: float, times: int | None = 1, share: float | None = None
    ) -> None:
        """Do it, and send the answer byte by byte, so long apart."""
        self._order(operation, lambda _, serve: attrs.evolve(serve(), drip=seconds), times, share)

    def outage(self, operation: str = "jwks") -> None:
        """Answer 503 until `clear`."""
        self._order(operation, lambda _, __: Reply.html(_PROXY_PAGE.format(503), status=503), None, None)

    def apply(self, operation: str, serve: Serve) -> Reply:
        """Serve one call, with whatever was ordered for it."""
        rule = self._draw(operation)
        return serve() if rule is None else rule.happen(operation, serve)

    def _order(
        self, operation: str, happen: Callable[[str, Serve], Reply], times: int | None, share: float | None
    ) -> None:
        with self._lock:
            self._rules.append(Fault(operation=operation, happen=happen, times=times, share=share))

    def _draw(self, operation: str) -> Fault | None:
        with self._lock:
            rule = next((rule for rule in self._rules if rule.matches(operation)), None)
            if rule is None or (rule.share is not None and self._lots.random() >= rule.share):
                return None
            if rule.times is not None:
                rule.times -= 1
            return rule


def _throttled(operation: str) -> Reply:
    if operation in _OAUTH_ENDPOINTS:
        return Reply.json({"message": "Rate exceeded"}, status=429)
    return RefusalError("TooManyRequests", "Rate exceeded").reply()


def _instead(serve: Serve, reply: Reply) -> Reply:
    serve()
    return reply


def _halved(reply: Reply) -> Reply:
    return attrs.evolve(reply, body=reply.body[: len(reply.body) // 2])


def _cut(reply: Reply) -> Reply:
    return attrs.evolve(reply, cut=len(reply.body) // 2)


def _dropped(serve: Serve, *, done: bool) -> Reply:
    return attrs.evolve(serve() if done else Reply(), dropped=True)
