"""The JSON API: an operation's name and input become one checked answer.

Errors are told by their code, never by the HTTP status: Cognito throttles with 400. The code stands in the header
``x-amzn-errortype`` or in the body's ``__type`` or ``code``; whatever answers without one (a proxy's HTML page, half a
JSON text) is an :class:`~cognito_auth.errors.UnexpectedReply`.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from cognito_auth._runtime.http import Reply, Request, json_object, seconds_of
from cognito_auth._runtime.retry import Resend, send
from cognito_auth._values import Secretive, redacted
from cognito_auth.errors import (
    THROTTLING,
    NotAuthorized,
    ServiceError,
    Unauthorized,
    UnexpectedReply,
    service_error,
)
from cognito_auth.events import logger
from cognito_auth.user_pool.fields import Fields

if TYPE_CHECKING:
    from cognito_auth._runtime.runtime import Runtime
    from cognito_auth.app_client import AppClient

_SERVICE: Final = "AWSCognitoIdentityProviderService"
_CONTENT_TYPE: Final = "application/x-amz-json-1.1"
_BEARABLE_SKEW: Final = 2.0
"""Seconds. Dates have whole seconds, and answers travel."""
_YEAR_9999: Final = 253_370_764_800
"""In seconds since the epoch: a service that claims to live later leaves datetime no room to go on."""
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")


@attrs.define
class Facts:
    """What has been learnt of an app client from its answers.

    Attributes:
        rotation_is_off: The last refresh gave no new refresh token, so refreshing twice is the same as once.
        dated: The ``Date`` of the last answer, and this machine's time when it came.
        endpoint_told: The log has been told of an endpoint that is not AWS's.
    """

    rotation_is_off: bool = False
    dated: tuple[str, float] | None = None
    endpoint_told: bool = False


@attrs.frozen
class ClientProof(Secretive):
    """What shows that a request comes from the app client.

    Attributes:
        client_id: Whose.
        secret: The client secret, which the newer operations take as it is; ``None`` for a public client.
    """

    client_id: str
    secret: str | None = attrs.field(repr=redacted)

    def hash(self, username: str) -> str | None:
        """``SecretHash``: base64 of HMAC-SHA256(secret, user name ‖ client id); ``None`` for a public client.

        https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
        """
        if self.secret is None:
            return None
        proof = hmac.digest(self.secret.encode(), (username + self.client_id).encode(), hashlib.sha256)
        return base64.b64encode(proof).decode()


@attrs.frozen
class Wire:
    """The JSON API as one app client speaks it.

    Attributes:
        app: Whose operations.
        runtime: Carries the requests.
        facts: What earlier answers taught.
    """

    app: AppClient
    runtime: Runtime
    facts: Facts = attrs.field(factory=Facts)

    async def call(
        self, operation: str, content: Mapping[str, Any], *, resend: Resend = Resend.NEVER
    ) -> Fields:
        """The answer of an operation.

        Args:
            operation: Its name.
            content: Its input; members that are ``None`` are left out.
            resend: Whether the request may be sent again after a passing failure.

        Raises:
            ServiceError: The service refused; the class follows the code.
            UnexpectedReply: The answer is none of the service's.
            TransportError: No whole answer came.
        """
        self._tell_of_the_endpoint()
        given = {name: value for name, value in content.items() if value is not None}
        request = Request(
            method="POST",
            url=f"{self.app.endpoint_url}/",
            headers={
                "content-type": _CONTENT_TYPE,
                "x-amz-target": f"{_SERVICE}.{operation}",
                "cache-control": "no-store",
            },
            content=json.dumps(given, separators=(",", ":")).encode(),
            timeout=self.runtime.timeout,
        )
        reply = await send(self.runtime, request, resend=resend, throttled=is_throttled)
        if "date" in reply.headers:
            self.facts.dated = reply.headers["date"], self.runtime.now()
        return read(operation, reply)

    def _tell_of_the_endpoint(self) -> None:
        """An emulator's address that was left in a setting must not go unnoticed."""
        if not self.facts.endpoint_told:
            self.facts.endpoint_told = True
            if not self.app.is_aws:
                logger.info("user pool operations go to %s, which is not AWS", self.app.endpoint_url)

    async def call_as_client(
        self,
        operation: str,
        content: Callable[[ClientProof], Mapping[str, Any]],
        *,
        resend: Resend = Resend.NEVER,
    ) -> Fields:
        """The answer of an operation that names the app client and proves its secret.

        Two secrets of an app client may be live at once. Where the secret comes from a callable and the service refuses
        it, the callable is asked again, once: while the old secret is being withdrawn, whoever still has it in hand
        gets the present one. The service looks at the secret first, so no code and no session is used up by that.

        Args:
            operation: Its name.
            content: Makes its input from the proof; ``ClientId`` is added.
            resend: Whether the request may be sent again after a passing failure.

        Raises:
            ServiceError: The service refused; the class follows the code.
            UnexpectedReply: The answer is none of the service's.
            TransportError: No whole answer came.
        """
        proof = await self._proof()
        try:
            return await self.call(operation, self._named(content(proof)), resend=resend)
        except (NotAuthorized, Unauthorized) as error:
            refused = error
        if not callable(self.app.client_secret) or "secret" not in refused.message.lower():
            raise refused
        present = await self._proof()
        if present == proof:
            raise refused
        return await self.call(operation, self._named(content(present)), resend=resend)

    def _named(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {"ClientId": self.app.client_id, **content}

    async def _proof(self) -> ClientProof:
        """The secret at this moment. A callable may ask a secrets store, so it must not stop an event loop."""
        app = self.app
        secret = await self.runtime.offload(app.secret) if callable(app.client_secret) else app.secret()
        return ClientProof(app.client_id, secret)

    def service_now(self) -> float:
        """The service's time, where its last answer shows that this machine's clock is off.

        The service takes a proof with a wrong time for a wrong password, which nobody could make sense of.
        """
        now = self.runtime.now()
        if self.facts.dated is None:
            return now
        date, seen = self.facts.dated
        moment = seconds_of(date)
        if moment is None or not 0 <= moment < _YEAR_9999:
            return now
        offset = moment - seen
        return now + offset if abs(offset) > _BEARABLE_SKEW else now


def read(operation: str, reply: Reply) -> Fields:
    """The content of a good answer; a refusal is raised.

    Raises:
        ServiceError: The service refused.
        UnexpectedReply: The answer is not a JSON object of the service's.
    """
    content = _json_object(reply)
    if not 200 <= reply.status < 300:
        raise _refusal(operation, reply, content or {})
    if content is None:
        raise unexpected(operation, reply, "the answer is not a JSON object")
    return Fields(content, lambda why: unexpected(operation, reply, why))


def is_throttled(reply: Reply) -> bool:
    """Whether the service says that it did nothing and to come again later."""
    return reply.status >= 400 and _code_of(reply, _json_object(reply) or {}) in THROTTLING


def unexpected(operation: str, reply: Reply, why: str) -> UnexpectedReply:
    """The error for an answer that is none, with its evidence and nothing of its content."""
    return UnexpectedReply(f"{operation}: {why}", status=reply.status, request_id=reply.request_id)


def _json_object(reply: Reply) -> dict[str, Any] | None:
    """The body as a JSON object; an empty one where a good answer has no body; ``None`` where it is something else."""
    return json_object(reply.content) if reply.content.strip() else {}


def _code_of(reply: Reply, content: Mapping[str, Any]) -> str | None:
    """The error code without its namespace, address and ``Exception`` suffix."""
    for text in (reply.headers.get("x-amzn-errortype"), content.get("__type"), content.get("code")):
        if isinstance(text, str):
            name = re.split("[:,]", text, maxsplit=1)[0].rpartition("#")[2].strip()
            if _CODE.fullmatch(name):
                return name.removesuffix("Exception")
    return None


def _refusal(operation: str, reply: Reply, content: Mapping[str, Any]) -> ServiceError:
    code = _code_of(reply, content)
    if code is None:
        return unexpected(
            operation, reply, f"an answer with HTTP status {reply.status} and no error code of the service's"
        )
    said = (content.get("message"), content.get("Message"), reply.headers.get("x-amzn-errormessage"))
    message = next((text for text in said if isinstance(text, str)), "")
    return service_error(code, message, status=reply.status, request_id=reply.request_id)
