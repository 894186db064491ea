"""Plain Python functions in the place of Lambda triggers.

What a function raises is answered as Cognito answers a trigger that fails: with `UserLambdaValidation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.state import User

T = TypeVar("T")


@attrs.frozen
class ChallengeResult:
    """A challenge that lies behind, and whether it was passed."""

    name: str
    passed: bool = attrs.field(kw_only=True)


@attrs.frozen(kw_only=True)
class CustomAuthEvent:
    """What the functions of a custom sign-in are given: who, what lies behind, the call's `ClientMetadata`."""

    user: User
    history: tuple[ChallengeResult, ...]
    client_metadata: Mapping[str, str]


@attrs.define(kw_only=True)
class TokenEvent:
    """What a pre-token-generation function is given; it may change both sets of claims in place."""

    trigger: str
    user: User
    access_claims: dict[str, Any]
    id_claims: dict[str, Any]


@attrs.define(kw_only=True)
class SignUpEvent:
    """What a pre-sign-up function is given; it may confirm the user, and their addresses, in place."""

    username: str
    attributes: Mapping[str, str]
    client_metadata: Mapping[str, str]
    confirm: bool = False
    verify_email: bool = False
    verify_phone_number: bool = False


@attrs.define(kw_only=True, eq=False)
class Callbacks:
    """The functions that a pool calls.

    Attributes:
        pre_sign_up: May confirm a user at once, or refuse one by raising.
        pre_token_generation: May change the claims of access and ID token.
        define_auth_challenge: What comes next in a custom sign-in: `"CUSTOM_CHALLENGE"`, `"PASSWORD_VERIFIER"`,
            `"ISSUE_TOKENS"` or `"FAIL"`.
        create_auth_challenge: The parameters of a custom challenge: those that the client sees, and those that only
            `verify_auth_challenge` does.
        verify_auth_challenge: Whether an answer is right.
        user_migration: The attributes of a user whom the pool does not know, by name and plain password; `None` for
            nobody. Asked at sign-in with the plain password only.
    """

    pre_sign_up: Callable[[SignUpEvent], None] | None = None
    pre_token_generation: Callable[[TokenEvent], None] | None = None
    define_auth_challenge: Callable[[CustomAuthEvent], str] | None = None
    create_auth_challenge: Callable[[CustomAuthEvent], tuple[Mapping[str, str], Mapping[str, str]]] | None = (
        None
    )
    verify_auth_challenge: Callable[[CustomAuthEvent, str, Mapping[str, str]], bool] | None = None
    user_migration: Callable[[str, str], Mapping[str, str] | None] | None = None

    def before_sign_up(self, event: SignUpEvent) -> None:
        """Ask `pre_sign_up`."""
        if self.pre_sign_up is not None:
            _call("PreSignUp", self.pre_sign_up, event)

    def before_tokens(
        self, trigger: str, user: User, access_claims: dict[str, Any], id_claims: dict[str, Any]
    ) -> None:
        """Ask `pre_token_generation`."""
        if self.pre_token_generation is not None:
            event = TokenEvent(trigger=trigger, user=user, access_claims=access_claims, id_claims=id_claims)
            _call("PreTokenGeneration", self.pre_token_generation, event)

    def define(self, event: CustomAuthEvent) -> str:
        """Ask `define_auth_challenge`."""
        return _call("DefineAuthChallenge", self.define_auth_challenge, event)

    def create(self, event: CustomAuthEvent) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Ask `create_auth_challenge`."""
        return _call("CreateAuthChallenge", self.create_auth_challenge, event)

    def verify(self, event: CustomAuthEvent, answer: str, private: Mapping[str, str]) -> bool:
        """Ask `verify_auth_challenge`."""
        return _call("VerifyAuthChallengeResponse", self.verify_auth_challenge, event, answer, private)

    def migrate(self, username: str, password: str) -> Mapping[str, str] | None:
        """Ask `user_migration`."""
        if self.user_migration is None:
            return None
        return _call("UserMigration", self.user_migration, username, password)


def _call(trigger: str, function: Callable[..., T] | None, *arguments: Any) -> T:
    if function is None:
        raise RefusalError("InvalidLambdaResponse", f"{trigger} is not configured.")
    try:
        return function(*arguments)
    except Exception as failure:
        raise RefusalError("UserLambdaValidation", f"{trigger} failed with error {failure}.") from failure
