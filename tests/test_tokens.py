"""What a sign-in gives."""

import base64
import datetime
import json
import pickle
from typing import Any

import pytest

from cognito_auth import TokenSet
from cognito_auth.errors import UsageError

NOW = 1_767_225_600.0


def jwt(**claims: Any) -> str:
    """A compact JWT with these claims and no good signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": "k"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))


def seconds(moment: datetime.datetime | None) -> float | None:
    """After NOW."""
    return None if moment is None else moment.timestamp() - NOW


def test_the_answer_says_how_long_tokens_live() -> None:
    """The ID token by its own expiry, the scopes by the access token's own claim."""
    tokens = TokenSet.issued(
        access_token=jwt(scope="a b", exp=1),
        id_token=jwt(exp=NOW + 600),
        refresh_token="r",
        expires_in=300,
        now=NOW,
    )
    assert (seconds(tokens.expires_at), seconds(tokens.id_expires_at)) == (300, 600)
    assert tokens.scopes == {"a", "b"}
    assert tokens.token_type == "Bearer"


@pytest.mark.parametrize("expires_in", [None, 0, -1, "3600", 3600.5, True, 10**30, [], {}])
def test_without_a_usable_lifetime_the_tokens_own_expiry_counts(expires_in: Any) -> None:
    """Emulators leave it out, or write it as a text."""
    tokens = TokenSet.issued(access_token=jwt(exp=NOW + 60), expires_in=expires_in, now=NOW)
    assert seconds(tokens.expires_at) == 60


@pytest.mark.parametrize(
    "access_token", ["opaque", jwt(), jwt(exp="soon"), jwt(exp=True), jwt(exp=10**18), jwt(exp=-1)]
)
def test_a_token_whose_end_nobody_knows_is_an_error(access_token: str) -> None:
    """It could be served after its end."""
    with pytest.raises(ValueError, match="how long"):
        TokenSet.issued(access_token=access_token, now=NOW)


@pytest.mark.parametrize("kind", ["access_token", "id_token", "refresh_token"])
@pytest.mark.parametrize("token", ["", "s3cret\r\nx: y", "s3cret\x7f", "s3cret\xe9", "s3cret\ud800"])
def test_what_could_not_go_into_a_header_is_no_token(kind: str, token: str) -> None:
    """A client that refuses it there quotes it in its error; this one does not."""
    with pytest.raises(ValueError, match="printable ASCII") as refused:
        TokenSet.issued(**{"access_token": "opaque", "expires_in": 300, "now": NOW, kind: token})  # type: ignore[arg-type]
    assert "s3cret" not in str(refused.value)


def test_an_id_token_without_expiry_ends_with_the_access_token() -> None:
    """Never later."""
    tokens = TokenSet.issued(access_token="opaque", id_token="opaque", expires_in=300, now=NOW)
    assert seconds(tokens.id_expires_at) == 300
    assert tokens.scopes == frozenset()


def test_moments_are_aware() -> None:
    """A naive one is refused by name."""
    with pytest.raises(UsageError, match=r"expires_at: .* has no time zone"):
        TokenSet(access_token="a", expires_at=datetime.datetime(2026, 1, 1))  # noqa: DTZ001


def test_no_token_is_shown_or_pickled() -> None:
    """Whether there is one may be seen."""
    tokens = TokenSet.issued(access_token="s3cret", refresh_token="s3cret", expires_in=300, now=NOW)
    assert "s3cret" not in repr(tokens)
    assert "access_token='***', id_token=None, refresh_token='***'" in repr(tokens)
    with pytest.raises(TypeError, match="TokenSet holds secrets"):
        pickle.dumps(tokens)
