"""Users in a real pool, rehearsed: signed as boto3 signs, made and deleted at the fake pool and at moto."""

import datetime
import json
import sys
from collections.abc import Iterator
from typing import Any

import anyio
import boto3
import httpx
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from cognito_auth import TokenSet, errors
from cognito_auth.testing import AsyncRealUsers, FakeUserPool, RealUser, RealUsers
from cognito_auth.testing.real_users import DEFAULT_PREFIX
from support.faces import Face

POOL = "eu-west-1_Fake00001"
HOUR = 3600.0


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The key that the fake pool knows, and no configuration of the developer's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))


def real_users(face: Face, pool: FakeUserPool, **settings: Any) -> AsyncRealUsers:
    """RealUsers of this face, over the fake pool."""
    kind: Any = RealUsers if face.is_blocking else AsyncRealUsers
    made: AsyncRealUsers = kind(
        pool.pool_id, http_client=face.http_client(transport=pool.transport()), **settings
    )
    return made


# -- the signature ----------------------------------------------------------------------------------------------

SIGNED = ("content-type", "x-amz-target", "x-amz-date", "x-amz-security-token", "authorization")
Sent = tuple[str, dict[str, str | None], Any]


@pytest.fixture
def frozen_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both signers look at a clock that stands still."""
    moment = datetime.datetime(2026, 11, 21, 3, 4, 5, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)


def sent_by_boto3(endpoint: str | None, operation: str, given: dict[str, Any]) -> Sent:
    """What boto3 would put on the wire."""
    caught: list[Any] = []

    def instead_of_sending(request: Any, **_: Any) -> AWSResponse:
        caught.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Nothing())

    session = boto3.session.Session(region_name="eu-west-1")  # the default one remembers credentials
    client: Any = session.client("cognito-idp", endpoint_url=endpoint)
    try:
        client.meta.events.register(f"before-send.cognito-idp.{operation}", instead_of_sending)
        client.meta.events.register("needs-retry.*.*", lambda **_: None)
        getattr(client, _snake(operation))(**given)
    finally:
        client.close()
    (request,) = caught
    headers = {name.lower(): _as_text(value) for name, value in request.headers.items()}
    return request.url, {name: headers.get(name) for name in SIGNED}, request.body


class _Nothing:
    def stream(self) -> Iterator[bytes]:
        yield b"{}"


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def _as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:9229"])
@pytest.mark.parametrize("session_token", [None, "a/session+token="])
def test_requests_are_boto3s_byte_for_byte(
    frozen_signatures: None,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str | None,
    session_token: str | None,
) -> None:
    """Address, body, signed headers and signature of every operation equal boto3's."""
    if session_token is not None:
        monkeypatch.setenv("AWS_SESSION_TOKEN", session_token)
    ours: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ours.append(request)
        return httpx.Response(200, json={"User": {"Username": "x"}})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        RealUsers(POOL, endpoint=endpoint, http_client=client) as users,
    ):
        users.create(attributes={"given_name": "Änn"})
        users.sweep()

    operations = [request.headers["x-amz-target"].rpartition(".")[2] for request in ours]
    assert ["AdminCreateUser", "AdminSetUserPassword", "ListUsers", "AdminDeleteUser"] == operations
    for operation, request in zip(operations, ours, strict=True):
        headers = {name: request.headers.get(name) for name in SIGNED}
        expected = sent_by_boto3(endpoint, operation, json.loads(request.content))
        assert expected == (str(request.url), headers, request.content)


# -- making and deleting ----------------------------------------------------------------------------------------


async def test_a_user_can_sign_in_and_is_gone_afterwards(face: Face, pool: FakeUserPool) -> None:
    """The fake pool checks the signatures; the user has a permanent password and a verified address."""
    app = pool.app_client(pool.add_client())
    user_pool = face.user_pool(app, http_client=face.http_client(transport=pool.transport()))
    async with face.within(real_users(face, pool)) as users:
        ann: RealUser = await face(users.create(attributes={"given_name": "Ann"}))
        tokens = await face(user_pool.sign_in(ann.username, ann.password))
        held = pool.users[ann.username]
        there = (held.status, held.attributes["given_name"], held.verified("email"), len(pool.outbox))

    assert isinstance(tokens, TokenSet)
    assert ("CONFIRMED", "Ann", True, 0) == there
    assert 0 == len(pool.users)
    assert ann.password not in repr(ann)


async def test_users_are_deleted_when_the_test_fails(face: Face, pool: FakeUserPool) -> None:
    """Whatever ends the context, those who are still there go."""

    async def failing_test() -> None:
        async with face.within(real_users(face, pool)) as users:
            await face(users.create())
            await face(users.create())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing_test()

    assert (2, 0) == (pool.calls["AdminCreateUser"], len(pool.users))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_users_are_deleted_when_the_test_is_cancelled(pool: FakeUserPool, backend: str) -> None:
    """A timeout around a test does not keep its users in the pool."""

    async def body() -> None:
        async with httpx.AsyncClient(transport=pool.transport()) as client:
            with anyio.CancelScope() as scope:
                async with AsyncRealUsers(POOL, http_client=client) as users:
                    await users.create()
                    scope.cancel()
                    await anyio.sleep(60)

    anyio.run(body, backend=backend)
    assert (1, 0) == (pool.calls["AdminDeleteUser"], len(pool.users))


async def test_a_user_whose_answer_was_lost_is_deleted(face: Face, pool: FakeUserPool) -> None:
    """The service made the user, the connection broke: closing deletes what may be there."""
    pool.faults.drop("AdminCreateUser", when="after")
    with pytest.raises(errors.TransportError):
        async with face.within(real_users(face, pool)) as users:
            await face(users.create())

    assert (0, 1) == (len(pool.users), pool.calls["AdminDeleteUser"])


async def test_a_user_who_is_gone_already_is_no_error(face: Face, pool: FakeUserPool) -> None:
    """A test may delete the user itself."""
    async with face.within(real_users(face, pool)) as users:
        ann = await face(users.create())
        pool.users.remove(pool.users[ann.username])
        await face(users.delete(ann))
        with pytest.raises(errors.UsageError, match="has returned"):
            await face(users.delete(ann))


async def test_what_cannot_be_deleted_is_named_after_all_were_tried(face: Face, pool: FakeUserPool) -> None:
    """One refusal does not keep the others in the pool."""
    users = real_users(face, pool)
    made = [await face(users.create()) for _ in range(3)]
    pool.faults.refuse("AdminDeleteUser", "AccessDenied", "not allowed", times=2)
    with pytest.raises(errors.ServiceError, match="not allowed") as caught:
        async with face.within(users):
            pass

    assert {made[0].username, made[1].username} == {user.username for user in pool.users}
    assert [
        f"left in {POOL}: {made[0].username}, {made[1].username}; RealUsers.sweep() finds them later"
    ] == (caught.value.__notes__)


async def test_a_temporary_password_meets_the_challenge(face: Face, pool: FakeUserPool) -> None:
    """`permanent=False` is the way to NEW_PASSWORD_REQUIRED."""
    async with face.within(real_users(face, pool)) as users:
        ann = await face(users.create(password="Correct-horse 1", permanent=False))
        assert "FORCE_CHANGE_PASSWORD" == pool.users[ann.username].status


async def test_pools_where_addresses_sign_in_get_an_address(face: Face, pool: FakeUserPool) -> None:
    """`sign_in_with="email"` makes the address the name."""
    async with face.within(
        real_users(face, pool, sign_in_with="email", email_domain="test.invalid")
    ) as users:
        ann = await face(users.create())
        assert ann.username == ann.email
        assert ann.email.endswith("@test.invalid")


async def test_throttled_creation_is_tried_again(face: Face, pool: FakeUserPool) -> None:
    """Creation is throttled account-wide; the service did nothing, so asking again is safe."""
    pool.faults.throttle("AdminCreateUser", times=1)
    async with face.within(real_users(face, pool)) as users:
        await face(users.create())

    assert 2 == pool.calls["AdminCreateUser"]


# -- sweeping ---------------------------------------------------------------------------------------------------


def strangers(pool: FakeUserPool) -> set[str]:
    """Users who look almost like ours."""
    near = [
        "ann",
        f"{DEFAULT_PREFIX}ann",
        f"{DEFAULT_PREFIX}20261121t030405z-0123456789abc",
        "x-cognito-auth-test-1",
    ]
    for name in near:
        pool.add_user(name, attributes={"email": f"{name}@example.com"})
    pool.add_user(
        "other", attributes={"email": f"{DEFAULT_PREFIX}20261121t030405z-0123456789ab@example.com.evil.test"}
    )
    return {user.username for user in pool.users}


async def test_a_sweep_deletes_old_users_of_ours_and_nobody_else(face: Face, pool: FakeUserPool) -> None:
    """Only the exact form that `create` makes counts, and only when it is old."""
    kept = strangers(pool)
    users = face.closing(real_users(face, pool))
    pool.clock.advance(-2 * HOUR)
    old = [(await face(users.create())).username for _ in range(70)]
    pool.clock.advance(2 * HOUR)
    young = (await face(users.create())).username

    rehearsal = await face(users.sweep(older_than=HOUR))
    after_rehearsal = {user.username for user in pool.users}
    swept = await face(users.sweep(older_than=HOUR, dry_run=False))

    assert [sorted(old)] * 2 == [sorted(each.username for each in found) for found in (rehearsal, swept)]
    assert ({False}, {True}) == ({each.deleted for each in rehearsal}, {each.deleted for each in swept})
    assert {*kept, *old, young} == after_rehearsal
    assert {*kept, young} == {user.username for user in pool.users}


# -- refused at once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings, argument",
    [
        ({"prefix": "x-"}, "prefix"),
        ({"prefix": "no hyphen at the end"}, "prefix"),
        ({"prefix": '"quoted-prefix-'}, "prefix"),
        ({"email_domain": "@"}, "email_domain"),
        ({"sign_in_with": "telephone"}, "sign_in_with"),
        ({"endpoint": "http://example.com"}, "endpoint"),
        ({"pool_id": "nowhere"}, "pool_id"),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(settings: dict[str, Any], argument: str) -> None:
    """The error names the argument."""
    with pytest.raises(errors.UsageError, match=rf"^{argument}: "):
        RealUsers(**{"pool_id": POOL, **settings})


def test_the_address_is_not_the_callers(pool: FakeUserPool) -> None:
    """A sweep finds users by it."""
    with (
        httpx.Client(transport=pool.transport()) as client,
        RealUsers(POOL, http_client=client) as users,
        pytest.raises(errors.UsageError, match="email_domain"),
    ):
        users.create(attributes={"email": "ann@example.com"})

    assert 0 == pool.calls.total()


def test_missing_credentials_are_named(pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the chain finds none, nothing is sent."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with (
        httpx.Client(transport=pool.transport()) as client,
        pytest.raises(errors.UsageError, match="no AWS credentials"),
        RealUsers(POOL, http_client=client) as users,
    ):
        users.create()

    assert 0 == pool.calls.total()


def test_without_botocore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is in the error."""
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(errors.UsageError, match=r"cognito-auth\[admin\]"):
        RealUsers(POOL)


def test_a_wrong_key_is_refused_by_the_service(pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature is checked: the wrong secret does not pass, and its error is the service's."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with (
        httpx.Client(transport=pool.transport()) as client,
        pytest.raises(errors.ServiceError) as caught,
        RealUsers(POOL, http_client=client) as users,
    ):
        users.create()

    assert "InvalidSignature" == caught.value.code


def test_an_answer_without_the_user_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Emulators may answer less: the name that was sent serves."""
    answers = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    with httpx.Client(transport=answers) as client, RealUsers(POOL, http_client=client) as users:
        ann = users.create()

    assert ann.username == ann.user_id


def test_users_without_a_date_are_left_alone() -> None:
    """What an answer does not say is never taken as old."""
    email = f"{DEFAULT_PREFIX}20200101t000000z-0123456789ab@example.com"
    entry = {"Username": "x", "Attributes": [{"Name": "email", "Value": email}]}
    answers = httpx.MockTransport(lambda _: httpx.Response(200, json={"Users": [entry]}))
    with httpx.Client(transport=answers) as client, RealUsers(POOL, http_client=client) as users:
        assert () == users.sweep()
