"""Users in a real pool: what each face gives, and what must not type-check."""

from typing import assert_type

from cognito_auth.testing import AsyncRealUsers, Orphan, RealUser, RealUsers


def blocking() -> None:
    with RealUsers("eu-west-1_AbCdEfGhI", sign_in_with="email") as users:
        assert_type(users, RealUsers)
        ann = users.create(attributes={"given_name": "Ann"})
        assert_type(ann, RealUser)
        assert_type(users.delete(ann), None)
        assert_type(users.sweep(), tuple[Orphan, ...])

        users.delete("ann")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        users.create("ann")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def awaited() -> None:
    async with AsyncRealUsers("eu-west-1_AbCdEfGhI") as users:
        ann = await users.create(permanent=False)
        assert_type(ann, RealUser)
        assert_type(await users.delete(ann), None)
        assert_type(await users.sweep(older_than=3600, dry_run=False), tuple[Orphan, ...])

        users.create()  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]


def unnamed() -> None:
    RealUsers()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RealUsers("eu-west-1_AbCdEfGhI", sign_in_with="telephone")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
