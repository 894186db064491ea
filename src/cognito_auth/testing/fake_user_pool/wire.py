"""What comes in and what goes out: one small request and one small reply, the same for every mount.

Errors have Cognito's exact form: status 400 for nearly all, the code in the body's `__type` and in the header
`x-amzn-ErrorType`. <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html>
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

JSON_API = "application/x-amz-json-1.1"
_STATUS = {"InternalError": 500, "Unauthorized": 401, "ServiceUnavailable": 503}


@attrs.frozen(kw_only=True)
class Request:
    """One HTTP request, as far as the pool looks at it."""

    method: str
    base: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)

    @classmethod
    def of(cls, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Request:
        """The request for a full address; header names become lower case."""
        parts = urlsplit(url)
        return cls(
            method=method.upper(),
            base=f"{parts.scheme}://{parts.netloc}",
            path=parts.path or "/",
            query=parts.query,
            headers={name.lower(): value for name, value in headers},
            body=body,
        )

    def parameters(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        """The form in the body, empty where the content is not a form."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@attrs.frozen(kw_only=True)
class Reply:
    """One HTTP answer, with what a fault does to it on its way.

    `delay` is waited before the first byte, `drip` between one byte and the next (both in seconds); a `dropped` reply
    never arrives, and a `cut` one ends after so many bytes of those that its length promises.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = attrs.field(default=b"", repr=False)
    delay: float = 0.0
    drip: float = 0.0
    dropped: bool = False
    cut: int | None = None

    @classmethod
    def json(
        cls, content: Any, *, status: int = 200, kind: str = "application/json", **headers: str
    ) -> Reply:
        """A reply with a JSON body; header names are given with underscores."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        body = json.dumps(content, separators=(",", ":")).encode()
        return cls(status=status, headers=(("Content-Type", kind), *named), body=body)

    @classmethod
    def html(cls, page: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
        """A reply with a page for people."""
        kind = ("Content-Type", "text/html; charset=utf-8")
        return cls(status=status, headers=(kind, *headers), body=page.encode())

    @classmethod
    def redirect(cls, location: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
        """A reply that sends the browser elsewhere."""
        return cls(status=302, headers=(("Location", location), *headers))

    def with_headers(self, **headers: str) -> Reply:
        """The same reply with more headers; names are given with underscores."""
        more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return attrs.evolve(self, headers=(*self.headers, *more))


class RefusalError(Exception):
    """The pool says no; the dispatcher turns it into the error answer of the JSON API.

    `code` is Cognito's without its suffix: `NotAuthorized`, `CodeMismatch`.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.members = members

    def reply(self) -> Reply:
        """The answer on the wire."""
        name = f"{self.code}Exception"
        body = {"__type": name, "message": self.message, **self.members}
        return Reply.json(
            body,
            status=_STATUS.get(self.code, 400),
            kind=JSON_API,
            x_amzn_ErrorType=f"{name}:",
            x_amzn_ErrorMessage=self.message.encode("ascii", "replace").decode(),
        )


class OAuthRefusalError(Exception):
    """The token endpoint says no (RFC 6749, section 5.2)."""

    def __init__(self, error: str, description: str | None = None, *, status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status

    def reply(self) -> Reply:
        """The answer on the wire."""
        body = {"error": self.error}
        if self.description is not None:
            body["error_description"] = self.description
        return Reply.json(body, status=self.status)


def request_id() -> str:
    """A fresh value for `x-amzn-RequestId`."""
    return str(uuid.uuid4())
