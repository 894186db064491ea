"""Users in a real user pool, for tests that must meet the real service: made, used, and deleted whatever happens.

>>> from cognito_auth.testing import RealUsers
>>> def test_sign_in() -> None:
...     with RealUsers("eu-west-1_AbCdEfGhI") as users:
...         ann = users.create()
...         ...  # sign in with ann.username and ann.password

Every name begins with one prefix and holds the moment it was made, so that `sweep` finds what a killed process has left
behind, and never anything else. AWS credentials come from the usual chain, and need `cognito-idp:AdminCreateUser`,
`AdminSetUserPassword`, `AdminDeleteUser` and, for `sweep`, `ListUsers`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import anyio
import attrs

from cognito_auth import _checks
from cognito_auth._runtime.http import Request
from cognito_auth._runtime.operation import Awaiting, Blocking, operation, run
from cognito_auth._runtime.retry import Resend, send
from cognito_auth._runtime.runtime import DEFAULT_TIMEOUT, AsyncRuntime, BlockingRuntime, Runtime
from cognito_auth._values import NO_STRINGS, Secretive, checked_url, origin_of, redacted
from cognito_auth.app_client import dns_suffix, split_pool_id
from cognito_auth.errors import CognitoAuthError, UsageError, UserNotFound
from cognito_auth.testing.signing import Signer
from cognito_auth.tokens import aware
from cognito_auth.user_pool.wire import is_throttled, read

if TYPE_CHECKING:
    from cognito_auth._runtime.http import AwaitingClient, BlockingClient
    from cognito_auth._runtime.retry import Retry
    from cognito_auth.user_pool.fields import Fields

SERVICE_TARGET: Final = "AWSCognitoIdentityProviderService"
DEFAULT_PREFIX: Final = "cognito-auth-test-"
_PREFIX: Final = re.compile(r"[a-z][a-z0-9-]{5,38}-", re.ASCII)
_DOMAIN: Final = re.compile(r"[a-z0-9.-]{3,63}", re.ASCII)
_MOMENT: Final = "%Y%m%dt%H%M%Sz"
# What every password policy of Cognito can ask for beside length.
_PASSWORD_KINDS: Final = "aA1!"
_PAGE: Final = 60


@attrs.frozen(kw_only=True)
class RealUser(Secretive):
    """A user who can sign in to a real pool.

    Attributes:
        pool_id: Which pool.
        username: The name to sign in with.
        password: The password; not shown by repr.
        email: The address, verified.
        user_id: The name that the service uses inside: the same, or the `sub` where e-mail addresses sign in.
    """

    pool_id: str
    username: str
    password: str = attrs.field(repr=redacted)
    email: str
    user_id: str


@attrs.frozen(kw_only=True)
class Orphan:
    """A user whom a test has left behind.

    Attributes:
        username: The name that the service uses.
        email: The address, by which it was found.
        created: When it was made, aware.
        deleted: Whether `sweep` has deleted it.
    """

    username: str
    email: str
    created: datetime.datetime
    deleted: bool


class _Operations:
    """Create, delete, sweep: written once, for both faces."""

    _runtime: Runtime

    def _set_up(
        self, pool_id: str, endpoint: str | None, prefix: str, domain: str, sign_in_with: str
    ) -> None:
        region, _ = split_pool_id(pool_id)
        if not isinstance(prefix, str) or _PREFIX.fullmatch(prefix) is None:
            raise UsageError(
                f"prefix: {prefix!r} cannot mark test users: expected 7 to 40 lower-case letters, digits and hyphens, "
                f"the last one a hyphen, such as {DEFAULT_PREFIX!r}"
            )
        if not isinstance(domain, str) or _DOMAIN.fullmatch(domain) is None:
            raise UsageError(
                f"email_domain: {domain!r} is no domain of addresses: expected one such as 'example.com'"
            )
        if sign_in_with not in {"username", "email"}:
            raise UsageError(f"sign_in_with: got {sign_in_with!r}: expected 'username' or 'email'")
        self.pool_id = pool_id
        self._prefix, self._domain, self._by_email = prefix, domain, sign_in_with == "email"
        self._ours = re.compile(rf"{prefix}\d{{8}}t\d{{6}}z-[0-9a-f]{{12}}@{re.escape(domain)}", re.ASCII)
        self._url = f"{_base(region, endpoint)}/"
        self._signer = Signer(region)
        self._made: list[str] = []

    @operation
    async def create(
        self,
        *,
        password: str | None = None,
        permanent: bool = True,
        attributes: Mapping[str, str] = NO_STRINGS,
    ) -> RealUser:
        """A new user with a unique name, a verified address and a password; no message is sent to anyone.

        Args:
            password: A password of one's own; a long random one if not given.
            permanent: Whether the password is for good. Otherwise the first sign-in meets NEW_PASSWORD_REQUIRED.
            attributes: More attributes.

        Raises:
            UsageError: There are no AWS credentials, or an attribute cannot be right.
            ServiceError: The service refused.
            TransportError: No whole answer came.
        """
        moment = aware(self._runtime.now()).strftime(_MOMENT)
        name = f"{self._prefix}{moment}-{self._runtime.random_bytes(6).hex()}"
        email = f"{name}@{self._domain}"
        username = email if self._by_email else name
        secret = password or self._runtime.random_bytes(18).hex() + _PASSWORD_KINDS
        given = {"email": email, "email_verified": "true", **self._checked(attributes)}
        content = {
            "UserPoolId": self.pool_id,
            "Username": username,
            "UserAttributes": [{"Name": key, "Value": value} for key, value in given.items()],
            "MessageAction": "SUPPRESS",
        }
        self._made.append(
            username
        )  # before it is sent: an answer may be lost, and the user there all the same
        answer = await self._call("AdminCreateUser", content, resend=Resend.REFUSED)
        setting = {
            "UserPoolId": self.pool_id,
            "Username": username,
            "Password": secret,
            "Permanent": permanent,
        }
        await self._call("AdminSetUserPassword", setting, resend=Resend.SAFE)
        made = answer.child("User")
        user_id = made.text("Username") if made else username
        return RealUser(
            pool_id=self.pool_id, username=username, password=secret, email=email, user_id=user_id
        )

    @operation
    async def delete(self, user: RealUser) -> None:
        """Delete a user that this object has made; one that is gone already is no error.

        Raises:
            UsageError: It made no such user, or has deleted it.
            ServiceError: The service refused.
            TransportError: No whole answer came.
        """
        if not isinstance(user, RealUser) or user.username not in self._made:
            raise UsageError("user: expected a RealUser that create() of this object has returned")
        await self._delete_made(user.username)

    @operation
    async def sweep(self, *, older_than: float = 24 * 3600.0, dry_run: bool = True) -> tuple[Orphan, ...]:
        """The test users that were left behind, deleted if that is asked for.

        Only those count whose address is of exactly the form that `create` makes, with this object's prefix and domain.

        Args:
            older_than: Seconds since they were made; younger ones may be in use.
            dry_run: Whether to delete nothing.

        Raises:
            ServiceError: The service refused.
            TransportError: No whole answer came.
        """
        latest = self._runtime.now() - older_than
        found = [each for each in await self._list() if each.created.timestamp() < latest]
        if dry_run:
            return tuple(found)
        for orphan in found:
            await self._delete(orphan.username)
        return tuple(attrs.evolve(orphan, deleted=True) for orphan in found)

    def _checked(self, attributes: Mapping[str, str]) -> dict[str, str]:
        if "email" in attributes:
            raise UsageError(
                "attributes: the address is how a sweep finds the user: expected email_domain= instead"
            )
        return _checks.checked_attributes(attributes)

    async def _list(self) -> list[Orphan]:
        found: list[Orphan] = []
        content: dict[str, Any] = {
            "UserPoolId": self.pool_id,
            "AttributesToGet": ["email"],
            "Limit": _PAGE,
            "Filter": f'email ^= "{self._prefix}"',
        }
        while True:
            answer = await self._call("ListUsers", content, resend=Resend.SAFE)
            found += [orphan for entry in answer.children("Users") if (orphan := self._orphan(entry))]
            following = answer.optional_text("PaginationToken")
            if following is None:
                return found
            content["PaginationToken"] = following

    def _orphan(self, entry: Fields) -> Orphan | None:
        attributes = {each.text("Name"): each.optional_text("Value") for each in entry.children("Attributes")}
        email, created = attributes.get("email") or "", entry.moment("UserCreateDate")
        if created is None or self._ours.fullmatch(email) is None:
            return None
        return Orphan(username=entry.text("Username"), email=email, created=created, deleted=False)

    async def _delete_rest(self) -> None:
        """Delete every user that is still there; all are tried before the first failure is raised."""
        failure: CognitoAuthError | None = None
        for username in tuple(self._made):
            try:
                await self._delete_made(username)
            except CognitoAuthError as error:
                failure = failure or error
        if failure is not None:
            failure.add_note(
                f"left in {self.pool_id}: {', '.join(self._made)}; RealUsers.sweep() finds them later"
            )
            raise failure

    async def _delete_made(self, username: str) -> None:
        await self._delete(username)
        self._made.remove(username)

    async def _delete(self, username: str) -> None:
        try:
            await self._call(
                "AdminDeleteUser", {"UserPoolId": self.pool_id, "Username": username}, resend=Resend.SAFE
            )
        except UserNotFound:  # the test has deleted it, or a lost answer was to a delete that was done
            return

    async def _call(self, name: str, content: Mapping[str, Any], *, resend: Resend) -> Fields:
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{SERVICE_TARGET}.{name}"}
        signed = await self._runtime.offload(lambda: self._signer.headers(self._url, headers, body))
        request = Request(
            method="POST", url=self._url, headers=signed, content=body, timeout=self._runtime.timeout
        )
        return read(name, await send(self._runtime, request, resend=resend, throttled=is_throttled))


def _base(region: str, endpoint: str | None) -> str:
    """The address of the JSON API."""
    if endpoint is None:
        return f"https://cognito-idp.{region}.{dns_suffix(region)}"
    return origin_of(checked_url(endpoint, "endpoint"))


class RealUsers(_Operations, Blocking):
    """Makes users in a real pool, blocking; leaving the context deletes those that are still there.

    Args:
        pool_id: The user pool. Naming it is the permission to make users there: use one that is for tests.
        endpoint: The address of the service, where it is not AWS's own for the Region.
        prefix: What every name begins with.
        email_domain: The domain of the addresses; nothing is sent there.
        sign_in_with: What the pool takes as a user name; `"email"` where addresses are the user names.
        http_client: An `httpx.Client` or `httpx2.Client` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure; creation is throttled at about 50 a second for an account.

    Raises:
        UsageError: An argument cannot be right, or botocore is missing (extra `admin`).
    """

    def __init__(
        self,
        pool_id: str,
        *,
        endpoint: str | None = None,
        prefix: str = DEFAULT_PREFIX,
        email_domain: str = "example.com",
        sign_in_with: Literal["username", "email"] = "username",
        http_client: BlockingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._set_up(pool_id, endpoint, prefix, email_domain, sign_in_with)
        self._runtime = BlockingRuntime(http_client, timeout=timeout, retry=retry)

    def close(self) -> None:
        """Delete the users that are still there, and close the connections that this object opened."""
        try:
            run(self._delete_rest())
        finally:
            super().close()


class AsyncRealUsers(_Operations, Awaiting):
    """Makes users in a real pool, awaited; leaving the context deletes those that are still there.

    Args:
        pool_id: The user pool. Naming it is the permission to make users there: use one that is for tests.
        endpoint: The address of the service, where it is not AWS's own for the Region.
        prefix: What every name begins with.
        email_domain: The domain of the addresses; nothing is sent there.
        sign_in_with: What the pool takes as a user name; `"email"` where addresses are the user names.
        http_client: An `httpx.AsyncClient` or `httpx2.AsyncClient` whose transport carries the requests.
        timeout: Seconds for one request.
        retry: What to do after a passing failure; creation is throttled at about 50 a second for an account.

    Raises:
        UsageError: An argument cannot be right, or botocore is missing (extra `admin`).
    """

    def __init__(
        self,
        pool_id: str,
        *,
        endpoint: str | None = None,
        prefix: str = DEFAULT_PREFIX,
        email_domain: str = "example.com",
        sign_in_with: Literal["username", "email"] = "username",
        http_client: AwaitingClient | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
    ) -> None:
        self._set_up(pool_id, endpoint, prefix, email_domain, sign_in_with)
        self._runtime = AsyncRuntime(http_client, timeout=timeout, retry=retry)

    async def aclose(self) -> None:
        """Delete the users that are still there, also when the task is being cancelled, and close connections."""
        try:
            with anyio.CancelScope(shield=True):  # each request has its own deadline
                await self._delete_rest()
        finally:
            await super().aclose()
