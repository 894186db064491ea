"""What Cognito refuses, the fake refuses: a table, each row of which is tried, and told in the reference."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cognito_auth.testing import FakeUserPool
from cognito_auth.testing.fake_user_pool import dispatch, schema
from cognito_auth.testing.fake_user_pool.state import Client
from support import model_judge
from support.person import Person
from support.srp_client import SrpClient

from .conftest import Api, secret_hash
from .managed_login import CALLBACK, authorize_url, back, exchange
from .test_srp import stamp

PASSWORD = "Correct-horse 1"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "what-the-fake-refuses.md"


class World:
    """A pool with users of several kinds, a public and a confidential client, and ways to try things."""

    def __init__(self) -> None:
        self.pool = FakeUserPool()
        self.pool.clock.freeze()
        self.api = Api(self.pool)
        self.public = self.pool.add_client()
        self.confidential = self.pool.add_client(secret=True, scopes={"orders/read"})
        self.rotating = self.pool.add_client(refresh_rotation=10)
        self.narrow = self.pool.add_client(flows={"ALLOW_USER_SRP_AUTH"})
        self.web = self.pool.add_client(scopes={"openid"}, callback_urls=[CALLBACK])
        email = {"email": "ann@example.com"}
        self.pool.add_user("ann", PASSWORD, attributes=email)
        self.pool.add_user("totp", PASSWORD, mfa="totp")
        self.pool.add_user("new", "Temporary-1", status="FORCE_CHANGE_PASSWORD")
        self.pool.add_user("unconfirmed", PASSWORD, status="UNCONFIRMED", attributes=email)

    def password(self, username: str, password: str, client: Client | None = None, **more: str) -> str:
        """The code with which a sign-in with a plain password is refused."""
        given = {"USERNAME": username, "PASSWORD": password, **more}
        call = {
            "ClientId": (client or self.public).client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": given,
        }
        return self.refused("InitiateAuth", **call)

    def refused(self, operation: str, **given: object) -> str:
        """The code with which an operation is refused."""
        return self.api.refused(operation, **given)[0]

    def client(self, operation: str, client: Client | None = None, **given: object) -> str:
        """The code with which an operation of a client is refused."""
        return self.refused(operation, ClientId=(client or self.public).client_id, **given)

    def tokens(self, client: Client) -> dict[str, str]:
        """The tokens of a good sign-in."""
        result = self.api.begin(client, "USER_PASSWORD_AUTH", PASSWORD=PASSWORD)["AuthenticationResult"]
        return {name: str(value) for name, value in result.items()}

    def proof(self, **changes: str) -> str:
        """The code with which a proof is refused in which something was changed."""
        ann = SrpClient(identity=f"{self.pool.name}ann", password=changes.pop("password", PASSWORD))
        challenge = self.api.begin(self.public, "USER_SRP_AUTH", SRP_A=ann.public)
        answer = ann.answer(challenge["ChallengeParameters"], stamp(self.pool.clock.today()))
        return self.refused(
            "RespondToAuthChallenge", **self.api.answer(self.public, challenge, **{**answer, **changes})
        )

    def challenge(
        self, username: str, password: str, *, times: int = 1, wait: float = 0, **answer: str
    ) -> str:
        """The code with which the last of several equal answers to a challenge is refused."""
        asked = self.api.begin(self.public, "USER_PASSWORD_AUTH", username, PASSWORD=password)
        self.pool.clock.advance(wait)
        call = self.api.answer(self.public, asked, username, **answer)
        for _ in range(times - 1):
            self.api.reply("RespondToAuthChallenge", **call)
        return self.refused("RespondToAuthChallenge", **call)

    def confirm(
        self, code: str | None = None, *, times: int = 1, wait: float = 0, resend: bool = False
    ) -> str:
        """The code with which a confirmation is refused."""
        call = {"ClientId": self.public.client_id, "Username": "unconfirmed"}
        self.api("ResendConfirmationCode", **call)
        sent = self.pool.codes["unconfirmed"]
        if resend:
            self.pool.outbox[-1].code = "000000"
            sent = "111111"
        self.pool.clock.advance(wait)
        for _ in range(times - 1):
            self.api.reply("ConfirmSignUp", **call, ConfirmationCode=code or sent)
        return self.refused("ConfirmSignUp", **call, ConfirmationCode=code or sent)

    def reuse(self) -> str:
        """The code with which a refresh token is refused that rotation has retired."""
        call = {
            "ClientId": self.rotating.client_id,
            "RefreshToken": self.tokens(self.rotating)["RefreshToken"],
        }
        self.api("GetTokensFromRefreshToken", **call)
        self.pool.clock.advance(11)
        return self.refused("GetTokensFromRefreshToken", **call)

    def refresh(self, *, wait: float = 0, revoke: bool = False, client: Client | None = None) -> str:
        """The code with which a refresh is refused."""
        token = self.tokens(self.public)["RefreshToken"]
        if revoke:
            self.api("RevokeToken", ClientId=self.public.client_id, Token=token)
        self.pool.clock.advance(wait)
        return self.client("GetTokensFromRefreshToken", client, RefreshToken=token)

    def access(self, *, wait: float = 0, sign_out: bool = False) -> str:
        """The code with which an access token is refused."""
        token = self.tokens(self.public)["AccessToken"]
        if sign_out:
            self.api("GlobalSignOut", AccessToken=token)
        self.pool.clock.advance(wait)
        return self.refused("GetUser", AccessToken=token)

    def locked(self) -> str:
        """The message that the right password meets after five wrong ones."""
        for _ in range(5):
            self.password("ann", "wrong")
        call = self.api.initiate(self.public, "USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD=PASSWORD)
        code, message = self.api.refused("InitiateAuth", **call)
        return f"{code}: {message}"

    def callback(self, **changes: str | None) -> str:
        """The error that comes back from the login page to the client."""
        came = self.pool.log_in(authorize_url(self.pool, self.web, **changes), "ann")
        return parse_qs(urlsplit(came).query)["error"][0]

    def nobody(self) -> str:
        """The error that comes back where nobody is signed in and nobody may be asked."""
        person = Person.at(self.pool)
        person.visit(authorize_url(self.pool, self.web, prompt="none"))
        return back(person)["error"]

    def code(self, *, times: int = 1, wait: float = 0, **changes: str | None) -> str:
        """The error with which the last of several exchanges of a code is refused."""
        came = self.pool.log_in(authorize_url(self.pool, self.web), "ann")
        code = parse_qs(urlsplit(came).query)["code"][0]
        self.pool.clock.advance(wait)
        outcomes = [exchange(self.api, self.web, code, **changes) for _ in range(times)]
        return str(outcomes[-1][1]["error"])

    def oauth(self, **changes: str) -> str:
        """The error of the token endpoint."""
        secret = str(self.confidential.client_secret)
        form = {
            "grant_type": "client_credentials",
            "client_id": self.confidential.client_id,
            "client_secret": secret,
        }
        return str(self.api.token({**form, **changes})[1]["error"])


ROWS: list[tuple[str, str, Callable[[World], str]]] = [
    # Clients
    ("an app client that does not exist", "ResourceNotFound", lambda w: w.refused("SignUp", ClientId="x", Username="x")),
    ("a secret hash that is missing", "NotAuthorized", lambda w: w.password("ann", PASSWORD, w.confidential)),
    ("a secret hash over another name", "NotAuthorized", lambda w: w.password("ann", PASSWORD, w.confidential, SECRET_HASH=secret_hash(w.confidential, "bob"))),
    ("a secret hash of a client without a secret", "NotAuthorized", lambda w: w.password("ann", PASSWORD, SECRET_HASH="eA==")),
    ("a flow that the client has not enabled", "InvalidParameter", lambda w: w.password("ann", PASSWORD, w.narrow)),
    ("a client secret that is wrong, at the token endpoint", "invalid_client", lambda w: w.oauth(client_secret="wrong")),
    ("a scope that the client does not have", "invalid_scope", lambda w: w.oauth(scope="orders/delete")),
    ("client credentials with `resource`", "invalid_request", lambda w: w.oauth(resource="https://api.example.com")),
    # Managed login
    ("a login for a scope that the client does not have", "invalid_scope", lambda w: w.callback(scope="openid admin/all")),
    ("a login with a plain code challenge", "invalid_request", lambda w: w.callback(code_challenge_method="plain")),
    ("`prompt=none` where nobody is signed in", "login_required", World.nobody),
    ("a code that is exchanged twice", "invalid_grant", lambda w: w.code(times=2)),
    ("a code after five minutes", "invalid_grant", lambda w: w.code(wait=300)),
    ("a code without its verifier", "invalid_grant", lambda w: w.code(code_verifier=None)),
    ("a code with another redirect address", "invalid_grant", lambda w: w.code(redirect_uri="https://me.example.com/other")),
    # Passwords
    ("a wrong password", "NotAuthorized", lambda w: w.password("ann", "wrong")),
    ("a user who does not exist, where the client hides who does", "NotAuthorized", lambda w: w.password("nobody", PASSWORD)),
    ("the right password after five wrong ones, for a while", "NotAuthorized: Password attempts exceeded", World.locked),
    ("a user who is not confirmed", "UserNotConfirmed", lambda w: w.password("unconfirmed", PASSWORD)),
    ("a password that is against the policy", "InvalidPassword", lambda w: w.client("SignUp", Username="x", Password="weak")),
    ("a user name that is taken, in any case", "UsernameExists", lambda w: w.client("SignUp", Username="ANN", Password=PASSWORD)),
    # Proofs
    ("a proof of the wrong password", "NotAuthorized", lambda w: w.proof(password="guess")),
    ("a proof with another timestamp", "NotAuthorized", lambda w: w.proof(TIMESTAMP="Sun Jan 1 00:00:00 UTC 2023")),
    ("a timestamp with a zero before the day", "NotAuthorized", lambda w: w.proof(TIMESTAMP="Sun Jan 01 00:00:00 UTC 2023")),
    ("a proof about another secret block", "NotAuthorized", lambda w: w.proof(PASSWORD_CLAIM_SECRET_BLOCK="eA==")),
    ("an `SRP_A` that is a multiple of the prime", "InvalidParameter", lambda w: w.refused("InitiateAuth", **w.api.initiate(w.public, "USER_SRP_AUTH", USERNAME="ann", SRP_A="0"))),
    # Challenges
    ("a wrong MFA code", "CodeMismatch", lambda w: w.challenge("totp", PASSWORD, SOFTWARE_TOKEN_MFA_CODE="x")),
    ("the same MFA code in a second sign-in", "ExpiredCode", lambda w: (code := w.pool.totp("totp"), w.api.respond(w.public, w.api.begin(w.public, "USER_PASSWORD_AUTH", "totp", PASSWORD=PASSWORD), "totp", SOFTWARE_TOKEN_MFA_CODE=code), w.challenge("totp", PASSWORD, SOFTWARE_TOKEN_MFA_CODE=code))[-1]),
    ("the answer to a challenge, given twice", "NotAuthorized", lambda w: w.challenge("new", "Temporary-1", times=2, NEW_PASSWORD=PASSWORD)),
    ("an answer after the session's three minutes", "NotAuthorized", lambda w: w.challenge("new", "Temporary-1", wait=180, NEW_PASSWORD=PASSWORD)),
    ("a sixth wrong answer in one session", "NotAuthorized", lambda w: w.challenge("totp", PASSWORD, times=6, SOFTWARE_TOKEN_MFA_CODE="x")),
    ("a new password that is against the policy", "InvalidPassword", lambda w: w.challenge("new", "Temporary-1", NEW_PASSWORD="weak")),
    # Codes
    ("a wrong confirmation code", "CodeMismatch", lambda w: w.confirm("x")),
    ("a confirmation code after a day", "ExpiredCode", lambda w: w.confirm(wait=86_400)),
    ("the right code after five wrong ones", "TooManyFailedAttempts", lambda w: w.confirm("x", times=6)),
    ("a code that a newer one has replaced", "CodeMismatch", lambda w: w.confirm(resend=True)),
    ("a user who is confirmed already", "NotAuthorized", lambda w: w.confirm(times=2)),
    ("resetting the password with a wrong code", "CodeMismatch", lambda w: (w.api("ForgotPassword", ClientId=w.public.client_id, Username="ann"), w.client("ConfirmForgotPassword", Username="ann", ConfirmationCode="x", Password=PASSWORD))[-1]),
    # Tokens
    ("an access token that has expired", "NotAuthorized", lambda w: w.access(wait=3600)),
    ("an access token after a global sign-out", "NotAuthorized", lambda w: w.access(sign_out=True)),
    ("an access token without `aws.cognito.signin.user.admin`", "NotAuthorized", lambda w: w.refused("GetUser", AccessToken=w.pool.forge.access_token("ann", scopes="openid"))),
    ("an access token that was tampered with", "NotAuthorized", lambda w: w.refused("GetUser", AccessToken=w.pool.forge.bad("tampered"))),
    ("a refresh token after its thirty days", "NotAuthorized", lambda w: w.refresh(wait=30 * 86_400)),
    ("a refresh token that was revoked", "NotAuthorized", lambda w: w.refresh(revoke=True)),
    ("a refresh token of another client", "NotAuthorized", lambda w: w.refresh(client=w.rotating)),
    ("a refresh token that rotation has retired, after its grace", "RefreshTokenReuse", World.reuse),
    ("`REFRESH_TOKEN_AUTH` with rotation", "InvalidParameter", lambda w: w.refused("InitiateAuth", **w.api.initiate(w.rotating, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN="x"))),
    ("revoking an access token", "UnsupportedTokenType", lambda w: w.client("RevokeToken", Token=w.tokens(w.public)["AccessToken"])),
    # Input, and signatures
    ("a required member that is missing", "InvalidParameter", lambda w: w.client("SignUp")),
    ("a member of the wrong type", "Serialization", lambda w: w.client("SignUp", Username=5)),
    ("a text against its pattern, or out of its bounds", "InvalidParameter", lambda w: w.client("SignUp", Username="two words")),
    ("an operation that does not exist", "UnknownOperation", lambda w: w.refused("Magic")),
    ("an admin operation without a signature", "MissingAuthenticationToken", lambda w: w.refused("ListUsers", UserPoolId=w.pool.pool_id)),
]  # fmt: skip


@pytest.mark.parametrize("what, code, attempt", ROWS, ids=[what for what, _, _ in ROWS])
def test_what_cognito_refuses_is_refused(what: str, code: str, attempt: Callable[[World], str]) -> None:
    """Each row of the table, with its error."""
    assert attempt(World()) == code


def test_the_reference_tells_every_row() -> None:
    """The page in the docs has this table, in this order, and no other row."""
    told = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]

    assert told == [f"| {what} | `{code}` |" for what, code, _ in ROWS]


def test_every_operation_of_the_model_is_there() -> None:
    """All that need no AWS credentials, the two that the model marks otherwise, and the admin operations of test suites."""
    model = model_judge.service()
    without_credentials = {
        name for name in model.operation_names if model.operation_model(name).auth_type == "none"
    }
    more = {
        "GetClientToken",
        "GetDerivedToken",
        "AdminCreateUser",
        "AdminSetUserPassword",
        "AdminDeleteUser",
        "ListUsers",
    }

    assert set(dispatch.OPERATIONS) == set(schema.INPUTS) == without_credentials | more
    assert len(without_credentials) == 34


def test_every_challenge_can_be_answered() -> None:
    """Each name in the model but the administrators' own."""
    names = set(model_judge.operation("RespondToAuthChallenge").input_shape.members["ChallengeName"].enum)
    from cognito_auth.testing.fake_user_pool.challenges import ANSWERS

    assert set(ANSWERS) == names - {"ADMIN_NO_SRP_AUTH"}
