"""Test users in pools that others wrote: made, signed in with, swept and deleted by our signed requests."""

from typing import Any

import pytest

from cognito_auth import TokenSet
from cognito_auth.testing import AsyncRealUsers, RealUsers
from support.faces import Face
from support.peer_matrix import Matrix
from support.peers import Cognito, Peer


@pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])
@pytest.mark.parametrize(
    "peer",
    ["moto", pytest.param("ministack", marks=pytest.mark.needs("ministack"))],
    indirect=True,
)
@pytest.mark.xdist_group("servers of others")
async def test_users_are_made_and_deleted(
    *,
    face: Face,
    peer: Peer,
    secret: bool,
    cognito: Cognito,
    matrix: Matrix,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A user of ours signs in there, is found by a sweep, and is gone afterwards."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    admin = cognito(peer.url)
    app = peer.app(admin, secret=secret)
    pool_id = app.required_pool_id("test users")
    kind: Any = RealUsers if face.is_blocking else AsyncRealUsers
    user_pool = face.user_pool(app)

    with matrix.cell(peer.name, "make and delete a test user", face.name, secret=secret):
        async with face.within(kind(pool_id, endpoint=peer.url)) as users:
            ann = await face(users.create())
            tokens = await face(user_pool.sign_in(ann.username, ann.password, method="password"))
            found = await face(users.sweep(older_than=-60))

        assert isinstance(tokens, TokenSet)
        assert [ann.email] == [orphan.email for orphan in found]
        assert [] == admin.list_users(UserPoolId=pool_id)["Users"]
