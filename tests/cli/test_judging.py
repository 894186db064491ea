"""`cognito-auth verify`, `decode` and `jwks`: what a token says, whether it is good, and the keys that tell."""

import base64
import io
import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_auth import errors
from cognito_auth.cli import Exit, main
from cognito_auth.cli.judging import distance
from cognito_auth.cli.terminal import paint
from cognito_auth.testing import FakeUserPool

from .conftest import Run, Typist, token_of


@pytest.mark.usefixtures("fake_user_pool_env")
@pytest.mark.parametrize("front", ["", "Bearer ", "Authorization: Bearer "])
def test_a_good_token_is_explained(run: Run, fake_user_pool: FakeUserPool, front: str) -> None:
    """With or without the header in front of it; the claims follow."""
    token = token_of(
        fake_user_pool, scopes={"orders/read"}, groups=["admin", "staff"], expires_in=2 * 3600 + 600
    )
    ran = run(
        "verify", "--use", "access", "--scope", "orders/read", "--group", "admin", stdin=f"{front}{token}\n"
    )

    assert (Exit.DONE, "") == (ran.code, ran.err)
    assert "VERIFIED\n" == ran.out[:9]
    for line in (
        "  username   ann\n",
        "  scopes     orders/read\n",
        "  groups     admin staff\n",
        " UTC, in 2 hours\n",
    ):
        assert line in ran.out
    assert '"token_use": "access"' in ran.out


@pytest.mark.usefixtures("fake_user_pool_env")
@pytest.mark.parametrize(
    "kind, error",
    [
        ("expired", errors.TokenExpired),
        ("wrong client", errors.WrongClient),
        ("altered", errors.BadSignature),
    ],
)
def test_a_bad_token_is_refused_with_the_reason(
    run: Run, fake_user_pool: FakeUserPool, kind: str, error: type[errors.TokenRejected]
) -> None:
    """The error's name, its evidence, what to do, and what the token claims, which nobody has verified."""
    names = {fake_user_pool.forge.refused_as(name): name for name in fake_user_pool.forge.kinds}
    token = fake_user_pool.forge.bad(names[error.__name__])
    text = run("verify", "--use", "access", stdin=token)
    data = run("verify", "--use", "access", "--format", "json", stdin=token)

    assert [Exit.REJECTED] * 2 == [text.code, data.code]
    assert text.out.startswith(f"REFUSED {error.__name__}: ")
    assert "What to do: " in text.out
    assert "UNVERIFIED, what it claims:" in text.out
    assert (False, error.__name__) == (data.json()["verified"], data.json()["error"])


@pytest.mark.usefixtures("fake_user_pool_env")
def test_what_is_no_token_is_refused(run: Run) -> None:
    """There is nothing to explain then."""
    ran = run("verify", "--use", "any", stdin="not a token")
    assert Exit.REJECTED == ran.code
    assert "REFUSED MalformedToken" in ran.out
    assert "UNVERIFIED" not in ran.out


@pytest.mark.usefixtures("fake_user_pool_env")
def test_any_use_and_any_client_are_said_on_purpose(run: Run, fake_user_pool: FakeUserPool) -> None:
    """The library's warning is a note in one line."""
    other = fake_user_pool.add_client("other")
    token = token_of(fake_user_pool, client=other)
    refused = run("verify", "--use", "any", stdin=token)
    taken = run("verify", "--use", "any", "--any-client", stdin=token)
    both = run("verify", "--use", "any", "--any-client", "--client-id", "x", stdin=token)

    assert [Exit.REJECTED, Exit.DONE, Exit.USAGE] == [refused.code, taken.code, both.code]
    assert re.fullmatch(r"warning: client_id=None .*\n", taken.err)


@pytest.mark.usefixtures("fake_user_pool_env")
def test_keys_are_exported_and_serve_without_a_network(
    run: Run, fake_user_pool: FakeUserPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`jwks` writes what `verify --jwks` reads, and then nothing is fetched."""
    exported = run("jwks")
    path = tmp_path / "jwks.json"
    path.write_text(exported.out)
    fetched = fake_user_pool.calls["jwks"]
    monkeypatch.delenv("COGNITO_ENDPOINT")
    ran = run(
        "verify", "--use", "access", "--jwks", str(path), "--format", "json", stdin=token_of(fake_user_pool)
    )

    assert (Exit.DONE, True, "ann") == (ran.code, ran.json()["verified"], ran.json()["claims"]["username"])
    assert (1, 1) == (fetched, fake_user_pool.calls["jwks"])
    kids = [key["kid"] for key in fake_user_pool.keys.jwks()["keys"]]
    assert sorted(kids) == sorted(key["kid"] for key in exported.json()["keys"])


@pytest.mark.usefixtures("fake_user_pool_env")
def test_keys_that_cannot_be_had_are_nobodys_fault(run: Run, fake_user_pool: FakeUserPool) -> None:
    """Another attempt may do: neither refused nor verified."""
    fake_user_pool.faults.outage("jwks")
    assert Exit.UNAVAILABLE == run("verify", "--use", "access", stdin=token_of(fake_user_pool)).code


def test_decoding_says_that_nothing_is_verified(run: Run, fake_user_pool: FakeUserPool) -> None:
    """In both forms; nested claims and dangerous characters come out harmless."""
    claims = {"username": "ann\x1b[2J", "nested": {"list": [1, {"a": None}]}}
    token = token_of(fake_user_pool, claims=claims)
    text = run("decode", stdin=token)
    data = run("decode", "--format", "json", stdin=token)

    assert (Exit.DONE, "UNVERIFIED\n") == (text.code, text.out[:11])
    assert "\x1b" not in text.out
    assert "Nobody has checked this" in text.err
    assert (Exit.DONE, False, "") == (data.code, data.json()["verified"], data.err)
    assert claims == {name: data.json()["claims"][name] for name in claims}
    assert fake_user_pool.keys.find(data.json()["header"]["kid"]) is not None


@pytest.mark.parametrize(
    "seconds, told",
    [
        (0, "0 seconds ago"),
        (-1.9, "1 second ago"),
        (59, "in 59 seconds"),
        (-90, "1 minute ago"),
        (7200, "in 2 hours"),
        (-50 * 3600, "2 days ago"),
    ],
)
def test_times_are_told_as_people_tell_them(seconds: float, told: str) -> None:
    """The largest unit that fits."""
    assert told == distance(timedelta(seconds=seconds))


def test_a_terminal_is_told_how_to_paste(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """And sees colours, unless NO_COLOR is set."""
    assert "Paste the token" in converse("decode", person=Typist(token_of(fake_user_pool))).err


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets plain text, and so does a terminal whose owner wants no colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    in_colour = paint("x", "good", Typist()), paint("x", "good", io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")

    assert ("\x1b[32mx\x1b[0m", "x", "x") == (*in_colour, paint("x", "good", Typist()))


def test_what_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A binary file is not a token, and no traceback says so."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    assert Exit.USAGE == main(["decode"])
    assert "no token there" in capsys.readouterr().err


def test_an_output_that_lacks_a_character_gets_an_escape(
    run: Run, fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal in an old encoding is no reason to fail."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", output)
    code = run("decode", stdin=token_of(fake_user_pool, claims={"username": "Änn"})).code
    output.seek(0)

    assert (Exit.DONE, True) == (code, r"username   \xc4nn" in output.read())


def _segment(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)
_NAMES = (
    st.sampled_from(["exp", "iat", "auth_time", "aud", "scope", "username", "cognito:groups", "x"])
    | st.text()
)


@given(claims=st.dictionaries(_NAMES, _VALUES), style=st.sampled_from(["text", "json"]))
def test_whatever_a_token_claims_it_is_explained_or_refused(claims: dict[str, Any], style: str) -> None:
    """Hostile claims end in an exit code, never in a traceback, and never steer the terminal."""
    token = ".".join([_segment({"alg": "RS256", "kid": "x"}), _segment({"exp": 1, **claims}), "eA"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(token))
        patch.setattr(sys, "stdout", output := io.StringIO())
        patch.setattr(sys, "stderr", errors_ := io.StringIO())
        code = main(["decode", "--format", style])

    assert code in {Exit.DONE, Exit.REJECTED}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", output.getvalue() + errors_.getvalue())
