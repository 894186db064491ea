"""AWS Signature Version 4, the checking side, for the operations that need AWS credentials.

<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Request

SERVICE = "cognito-idp"
ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = 300
_HEADER = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^/,]+)/(?P<day>\d{{8}})/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request,"
    r" ?SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@attrs.frozen(kw_only=True)
class Scope:
    """What a signature is for: a day, a Region and a service."""

    day: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"

    def key(self, secret: str) -> bytes:
        """The signing key that is derived from a secret access key."""
        derived = f"AWS4{secret}".encode()
        for part in (self.day, self.region, self.service, "aws4_request"):
            derived = hmac.digest(derived, part.encode(), hashlib.sha256)
        return derived


def check(pool: FakeUserPool, request: Request) -> None:
    """Check the signature of a request.

    Raises:
        RefusalError: As AWS names it: missing, incomplete, of an unknown key, or not the right one.
    """
    header = request.headers.get("authorization")
    if header is None:
        raise RefusalError("MissingAuthenticationToken", "Missing Authentication Token")
    found = _HEADER.fullmatch(header)
    date = request.headers.get("x-amz-date", "")
    if found is None or not _required <= set(found["signed"].split(";")):
        raise RefusalError("IncompleteSignature", "The request signature does not conform to AWS standards.")
    secret = pool.aws_credentials.get(found["key"])
    if secret is None:
        raise RefusalError("UnrecognizedClient", "The security token included in the request is invalid.")
    scope = Scope(day=found["day"], region=found["region"], service=found["service"])
    if not _is_for(pool, scope, date):
        raise RefusalError(
            "InvalidSignature", "Credential should be scoped to a valid date, region and service."
        )
    text = "\n".join(
        (ALGORITHM, date, str(scope), hashlib.sha256(canonical(request, found["signed"])).hexdigest())
    )
    expected = hmac.new(scope.key(secret), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, found["signature"]):
        message = "The request signature we calculated does not match the signature you provided."
        raise RefusalError("InvalidSignature", message)


def canonical(request: Request, signed: str) -> bytes:
    """The request in the form that is hashed."""
    headers = "".join(
        f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed.split(";")
    )
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(request.query, keep_blank_values=True))
    )
    body = hashlib.sha256(request.body).hexdigest()
    return "\n".join((request.method, quote(request.path), query, headers, signed, body)).encode()


_required = {"host", "x-amz-date"}


def _is_for(pool: FakeUserPool, scope: Scope, date: str) -> bool:
    try:
        moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    # As with SRP's timestamp: the caller's clock does not follow when a test moves the pool's.
    in_time = min(abs(moment - now) for now in (pool.clock.now(), time.time())) <= CLOCK_SKEW
    return in_time and date.startswith(scope.day) and (scope.region, scope.service) == (pool.region, SERVICE)
