"""Our clients against servers that others wrote: the same lines sign up, sign in, refresh and verify with each of them."""

from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pytest

from cognito_auth import AppClient, Retry, TokenSet, errors
from cognito_auth.users import SignUpReceipt
from support.faces import Face
from support.peer_matrix import Matrix
from support.peers import PASSWORD, SCOPE, Cognito, Peer

pytestmark = pytest.mark.xdist_group("servers of others")
each_client = pytest.mark.parametrize("secret", [True, False], ids=["secret", "no secret"])

ONCE = Retry(attempts=1)
E = TypeVar("E", bound=Exception)


class Story:
    """A face, a peer, and one client there; every step is a cell of the matrix."""

    def __init__(self, face: Face, peer: Peer, matrix: Matrix, app: AppClient) -> None:
        self.face = face
        self.peer = peer
        self.app = app
        self._matrix = matrix
        self._secret = app.client_secret is not None
        self.pool = face.user_pool(app, retry=ONCE)

    def works(self, operation: str) -> AbstractContextManager[None]:
        """A step that must end well."""
        return self._matrix.cell(self.peer.name, operation, self.face.name, secret=self._secret)

    def cannot(self, operation: str, expected: type[E]) -> AbstractContextManager[pytest.ExceptionInfo[E]]:
        """A step that the library refuses, or that the peer does; the error's text is the cell's reason."""
        return self._matrix.refusal(
            self.peer.name, operation, self.face.name, secret=self._secret, expected=expected
        )

    async def sign_up(self) -> SignUpReceipt:
        """A new user, not confirmed yet."""
        attributes = {"email": "ann@example.com"}
        receipt: SignUpReceipt = await self.face(self.pool.sign_up("ann", PASSWORD, attributes=attributes))
        assert not receipt.confirmed
        return receipt

    async def sign_up_and_in(self) -> TokenSet:
        """A new user, confirmed, with tokens whose signatures, issuer and client are right."""
        with self.works("sign up"):
            receipt = await self.sign_up()
        with self.works("confirm"):
            await self.face(self.pool.confirm_sign_up("ann", self.peer.sign_up_code))
        with self.works("sign in (password)"):
            tokens = await self.face(self.pool.sign_in("ann", PASSWORD, method="password"))
            assert isinstance(tokens, TokenSet)
        await self.verify(tokens, receipt.user_id)
        return tokens

    async def verify(self, tokens: TokenSet, user_id: str) -> None:
        """Both tokens are the user's, with everything checked."""
        for token_use, token in (("access", tokens.access_token), ("id", tokens.id_token)):
            with self.works(f"verify ({token_use} token)"):
                verifier = self.face.its("TokenVerifier").for_app(self.app, token_use=token_use)
                claims = await self.face(self.face.closing(verifier).verify(token))
                assert user_id == claims.sub

    async def client_credentials(self) -> None:
        """A machine's token, with the scope that it asked for, verified."""
        server = self.face.authorization_server(self.app, retry=ONCE)
        tokens = await self.face(server.client_credentials(scopes={SCOPE}))
        verifier = self.face.its("TokenVerifier").for_app(self.app, token_use="access", all_scopes={SCOPE})
        claims = await self.face(self.face.closing(verifier).verify(tokens.access_token))
        assert claims.is_machine

    async def cannot_log_in(self, tokens: TokenSet) -> None:
        """Where there are no login pages, every OAuth request comes back as a typed error."""
        server = self.face.authorization_server(self.app, retry=ONCE)
        login = server.authorize(redirect_uri="https://me.example.com/callback")
        came = f"{login.redirect_uri}?code=c0de&state={login.state}"
        with self.cannot("login (code, PKCE)", errors.UnexpectedReply):
            await self.face(server.exchange(login, callback_url=came))
        with self.cannot("refresh (OAuth)", errors.UnexpectedReply):
            await self.face(server.refresh(tokens))
        with self.cannot("user info", errors.CognitoAuthError):
            await self.face(server.user_info(tokens))

    async def refresh(self, tokens: TokenSet, **how: Any) -> TokenSet:
        """New tokens; the refresh token stays, because neither server rotates it."""
        fresh: TokenSet = await self.face(self.pool.refresh(tokens, **how))
        assert fresh.access_token != tokens.access_token
        assert fresh.refresh_token == tokens.refresh_token
        return fresh


@pytest.fixture
def story(face: Face, peer: Peer, matrix: Matrix, secret: bool, cognito: Cognito) -> Story:
    """A new pool at the peer, with a client with or without a secret."""
    return Story(face, peer, matrix, peer.app(cognito(peer.url), secret=secret))


@each_client
@pytest.mark.parametrize("peer", ["moto"], indirect=True)
async def test_the_main_job_with_moto(story: Story) -> None:
    """Moto lacks the newer refresh and the OAuth endpoints: both come back as typed errors."""
    tokens = await story.sign_up_and_in()
    with story.works("refresh (older)"):
        await story.refresh(tokens, legacy=True)
    with story.cannot("refresh (newer)", errors.ServiceError) as refused:
        await story.refresh(tokens)
    assert 500 == refused.value.status
    with story.cannot("client credentials", errors.CognitoAuthError):
        await story.client_credentials()
    await story.cannot_log_in(tokens)


@each_client
@pytest.mark.needs("ministack")
@pytest.mark.parametrize("peer", ["ministack"], indirect=True)
async def test_the_main_job_with_ministack(story: Story, secret: bool) -> None:
    """Ministack has it all, except that a client without a secret is no machine's."""
    tokens = await story.sign_up_and_in()
    with story.works("refresh (older)"):
        await story.refresh(tokens, legacy=True)
    with story.works("refresh (newer)"):
        await story.refresh(tokens)
    if secret:
        with story.works("client credentials"):
            await story.client_credentials()
    else:
        with story.cannot("client credentials", errors.UsageError):
            await story.client_credentials()


@each_client
@pytest.mark.needs("ministack")
@pytest.mark.parametrize("peer", ["ministack"], indirect=True)
async def test_a_wrong_password_is_not_authorized(story: Story) -> None:
    """Ministack checks passwords and secret hashes, so this is the refusal that Cognito gives."""
    await story.sign_up_and_in()
    with pytest.raises(errors.NotAuthorized):
        await story.face(story.pool.sign_in("ann", "another password", method="password"))


@each_client
@pytest.mark.parametrize("peer", ["moto"], indirect=True)
async def test_a_user_who_is_not_confirmed_is_told_so(story: Story) -> None:
    """The refusal is its own class, and says what the user can do."""
    await story.sign_up()
    with pytest.raises(errors.UserNotConfirmed):
        await story.face(story.pool.sign_in("ann", PASSWORD, method="password"))
