"""Two client secrets at once: a secret is changed under load, and no call fails."""

import attrs
import pytest

from cognito_auth import errors
from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool.state import Client
from support.faces import Face
from support.person import Person

from .conftest import CALLBACK, PASSWORD, server_of


class Vault:
    """A secrets store, and somebody who holds what it said last, as caches do."""

    def __init__(self, client: Client) -> None:
        self.stored = client.client_secret or ""
        self._held = self.stored

    def __call__(self) -> str:
        """What is held; after a second question in a row, what is stored."""
        held, self._held = self._held, self.stored
        return held

    def hold(self, secret: str) -> None:
        """Go on with this one, although another may be stored."""
        self._held = secret


@pytest.fixture
def confidential(pool: FakeUserPool) -> Client:
    """A client with a secret, for machines and for users."""
    return pool.add_client(secret=True, scopes="openid orders/read", callback_urls=[CALLBACK])


async def test_while_the_old_secret_is_withdrawn_no_call_fails(
    face: Face, pool: FakeUserPool, confidential: Client, person: Person
) -> None:
    """At each step of the change, whoever holds the old secret and whoever holds the new one gets tokens."""
    vault = Vault(confidential)
    app = attrs.evolve(pool.app_client(confidential), client_secret=vault)
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    person.visit(login.url)
    person.submit(username="ann", password=PASSWORD)
    old = vault.stored

    async def every_call(held: str) -> None:
        vault.hold(held)
        await face(server.client_credentials(scopes="orders/read"))
        vault.hold(held)
        await face(server.refresh(tokens))

    tokens = await face(server.exchange(login, callback_url=person.address))
    await every_call(old)  # one secret
    new = confidential.add_secret()
    await every_call(old)  # two, and nobody has heard of the new one
    vault.stored = new
    await every_call(old)  # two, and the store has the new one
    await every_call(new)
    confidential.drop_oldest_secret()
    await every_call(old)  # the old one is gone: refused once, then asked for again
    await every_call(new)
    vault.hold(old)
    await face(server.revoke(tokens))
    assert 2 + 1 == sum(entry.error == "invalid_client" for entry in pool.requests)


async def test_many_callers_at_the_moment_of_withdrawal_all_get_tokens(
    face: Face, pool: FakeUserPool, confidential: Client
) -> None:
    """Each of them asks the store again for itself."""
    old = confidential.client_secret or ""
    new = confidential.add_secret()
    confidential.drop_oldest_secret()
    answers = {"refused": old, "asked again": new}

    def secret() -> str:
        return answers["asked again" if refused() else "refused"]

    def refused() -> bool:
        return any(entry.error == "invalid_client" for entry in pool.requests)

    app = attrs.evolve(pool.app_client(confidential), client_secret=secret)
    server = server_of(face, pool, app)
    tokens = await face.together(*[lambda: server.client_credentials(scopes="orders/read")] * 8)
    assert 8 == len({each.access_token for each in tokens})


async def test_a_code_survives_a_refused_secret(
    face: Face, pool: FakeUserPool, confidential: Client, person: Person
) -> None:
    """The service looks at the client before the code, so the second attempt finds it unused."""
    old = confidential.client_secret or ""
    vault = Vault(confidential)
    app = attrs.evolve(pool.app_client(confidential), client_secret=vault)
    server = server_of(face, pool, app)
    login = server.authorize(redirect_uri=CALLBACK)
    person.visit(login.url)
    person.submit(username="ann", password=PASSWORD)
    vault.stored = confidential.add_secret()
    confidential.drop_oldest_secret()
    vault.hold(old)
    tokens = await face(server.exchange(login, callback_url=person.address))
    assert tokens.id_token


async def test_a_secret_in_a_text_cannot_be_asked_for_again(
    face: Face, pool: FakeUserPool, confidential: Client
) -> None:
    """Only a callable follows a change."""
    app = pool.app_client(confidential)
    confidential.add_secret()
    confidential.drop_oldest_secret()
    with pytest.raises(errors.InvalidClient):
        await face(server_of(face, pool, app).client_credentials())
    assert 1 == pool.calls["token"]
