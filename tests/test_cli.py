"""The `cognito-auth` command, against a fake pool on loopback: what it prints where, and with which exit code."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cognito_auth import AuthorizationServer, TokenSet, TokenVerifier, errors
from cognito_auth.cli import Exit, main, meaning
from cognito_auth.cli.terminal import ask, paint
from cognito_auth.testing import Callbacks, FakeUserPool, Settings
from cognito_auth.tokens import aware
from support.pages import ROOT

PASSWORD = "Correct-horse 1"
LIFETIME = 3600.0


class Ran:
    """What one run of the command gave."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with this on its standard input."""

    def command(*arguments: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(arguments)
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return command


class Person(io.StringIO):
    """Somebody at a terminal, who answers one question after another, whether they see their answer or not."""

    def __init__(self, *answers: str) -> None:
        super().__init__("".join(f"{answer}\n" for answer in answers))
        self.asked: list[str] = []

    def isatty(self) -> bool:
        """It is a terminal."""
        return True

    def getpass(self, question: str, **_: Any) -> str:
        """In the place of the function of that name."""
        self.asked.append(question)
        return self.readline().rstrip("\n")


@pytest.fixture
def converse(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with a person at the terminal."""

    def command(*arguments: str, person: Person) -> Ran:
        monkeypatch.setattr(sys, "stdin", person)
        monkeypatch.setattr("getpass.getpass", person.getpass)
        code = main(arguments)
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return command


@pytest.fixture
def ann(fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user, whose password the environment holds."""
    fake_user_pool.add_user("ann", PASSWORD)
    monkeypatch.setenv("COGNITO_PASSWORD", PASSWORD)


@pytest.fixture
def machine(fake_user_pool: FakeUserPool) -> Iterator[None]:
    """The pool's first client is a machine's."""
    fake_user_pool.add_client(secret=True, scopes={"orders/read", "orders/write"})
    return iter([None])


def token_of(pool: FakeUserPool, **options: Any) -> str:
    """An access token of Ann's."""
    return pool.forge.access_token("ann", **options)


# -- token ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
@pytest.mark.parametrize("method", ["srp", "password"])
@pytest.mark.parametrize("use", ["access", "id"])
def test_a_password_gives_the_token_alone(
    run: Run, fake_user_pool: FakeUserPool, method: str, use: Any
) -> None:
    """Nothing but the token is on standard output, and it verifies."""
    ran = run("token", "--username", "ann", "--method", method, "--use", use)
    keys = fake_user_pool.keys.jwks()
    (client_id,) = fake_user_pool.clients
    with TokenVerifier(
        fake_user_pool.pool_id, client_id=client_id, token_use=use, jwks=keys, offline=True
    ) as verifier:
        assert "ann" == verifier.verify(ran.out.rstrip("\n")).username

    assert (Exit.DONE, "") == (ran.code, ran.err)


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
@pytest.mark.parametrize("via, endpoint", [("oauth", "token"), ("api", "GetClientToken"), (None, "token")])
def test_a_machine_gets_a_token(
    run: Run, fake_user_pool: FakeUserPool, via: str | None, endpoint: str
) -> None:
    """The secret is the environment's; the domain is asked where there is one, unless told otherwise."""
    where = ["--via", via] if via else []
    ran = run(
        "token", "--client-credentials", *where, "--scope", "orders/read", "--scope", "orders/write", "--format", "json"
    )  # fmt: skip

    assert (Exit.DONE, 1) == (ran.code, fake_user_pool.calls[endpoint])
    assert (["orders/read", "orders/write"], None) == (ran.json()["scopes"], ran.json()["id_token"])
    assert "refresh_token" not in ran.json()


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
def test_a_secret_that_is_missing_is_asked_for(
    converse: Run, fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a domain the JSON API is asked."""
    monkeypatch.delenv("COGNITO_DOMAIN")
    secret = os.environ["COGNITO_CLIENT_SECRET"]
    monkeypatch.delenv("COGNITO_CLIENT_SECRET")
    person = Person(secret)
    ran = converse("token", "--client-credentials", person=person)

    assert (Exit.DONE, 1) == (ran.code, fake_user_pool.calls["GetClientToken"])
    assert [f"Secret of the app client {os.environ['COGNITO_CLIENT_ID']}: "] == person.asked


@pytest.mark.usefixtures("fake_user_pool_env")
def test_a_browser_is_sent_with_what_was_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command hands over to `sign_in_with_browser`, which has tests of its own."""
    seen: dict[str, Any] = {}

    def sign_in(_: AuthorizationServer, **given: Any) -> TokenSet:
        seen.update(given)
        return TokenSet(access_token="a.b.c", expires_at=aware(0))

    monkeypatch.setattr(AuthorizationServer, "sign_in_with_browser", sign_in)
    ran = run(
        "token", "--browser", "--scope", "openid email", "--redirect-uri", "http://localhost:1/x", "--timeout", "5"
    )  # fmt: skip

    assert (Exit.DONE, "a.b.c\n") == (ran.code, ran.out)
    assert {"redirect_uri": "http://localhost:1/x", "scopes": "openid email", "timeout": 5.0} == seen


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_header_is_made_for_curl(run: Run) -> None:
    """One line, ready for `curl -H`."""
    assert re.fullmatch(
        r"Authorization: Bearer \S+\n", run("token", "--username", "ann", "--format", "header").out
    )


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_line_is_made_for_github(run: Run) -> None:
    """Standard output is for `$GITHUB_ENV`; standard error has the line that masks the token in the log."""
    ran = run("token", "--username", "ann", "--format", "env", "--name", "API_TOKEN")
    name, _, token = ran.out.rstrip("\n").partition("=")

    assert ("API_TOKEN", f"::add-mask::{token}\n") == (name, ran.err)


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_no_token_is_shown_on_a_terminal_for_masking(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is a terminal there is no log to mask."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "" == run("token", "--username", "ann", "--format", "env").err


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
@pytest.mark.parametrize("style", ["token", "env", "header"])
@pytest.mark.parametrize("hostile", ["a.b.c\nPATH=/evil", "a b", "a\x1b[2J", ""])
def test_a_token_cannot_break_out_of_its_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, style: str, hostile: str
) -> None:
    """A line break in the answer would set other variables or headers: it is refused, and not shown."""
    tokens = TokenSet(access_token=hostile, expires_at=aware(0))
    monkeypatch.setattr("cognito_auth.user_pool.UserPool.sign_in", lambda *_, **__: tokens)
    ran = run("token", "--username", "ann", "--format", style)

    assert (Exit.UNAVAILABLE, "") == (ran.code, ran.out)
    assert "evil" not in ran.err


@pytest.mark.parametrize("name", ["A B", "A=B", "A\nB", "1A", "", "Ä"])
def test_a_variable_needs_the_name_of_one(run: Run, name: str) -> None:
    """So that the line sets that variable and no other."""
    ran = run("token", "--client-credentials", "--format", "env", "--name", name)
    assert (Exit.USAGE, "") == (ran.code, ran.out)


@pytest.mark.usefixtures("machine", "fake_user_pool_env")
def test_machines_have_no_id_token(run: Run) -> None:
    """The error says why."""
    ran = run("token", "--client-credentials", "--use", "id")
    assert Exit.USAGE == ran.code
    assert "hold no ID token" in ran.err


# -- a person at the terminal -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_user_pool_env")
def test_a_person_answers_what_the_pool_asks(
    converse: Run, fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password and the authenticator's code, neither of which is shown."""
    monkeypatch.delenv("COGNITO_PASSWORD", raising=False)
    fake_user_pool.add_user("ann", PASSWORD, mfa="totp")
    person = Person(PASSWORD, fake_user_pool.totp("ann"))
    ran = converse("token", "--username", "ann", person=person)

    assert (Exit.DONE, 1) == (ran.code, ran.out.count("\n"))
    assert ["Password of ann: ", "Code of the authenticator: "] == person.asked


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_code_by_text_message_is_asked_for(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """The question says where it was sent."""
    fake_user_pool.add_user(
        "bob", PASSWORD, attributes={"phone_number": "+49301234567", "email": "b@example.com"}, mfa="sms"
    )
    person = Person()
    person.getpass = lambda question, **_: person.asked.append(question) or fake_user_pool.codes["bob"]  # type: ignore[method-assign, func-returns-value]
    ran = converse("token", "--username", "bob", person=person)

    assert Exit.DONE == ran.code
    assert re.fullmatch(r"Code that was sent to \+\**\d{4}: ", person.asked[0])


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_one_of_several_factors_is_chosen(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """What is none of the choices is asked again; the questions are on standard error."""
    bob = fake_user_pool.add_user("bob", PASSWORD, attributes={"phone_number": "+49301234567"}, mfa="totp")
    bob.mfa.append("SMS_MFA")
    bob.preferred_mfa = None
    person = Person("EMAIL", "SOFTWARE_TOKEN_MFA", fake_user_pool.totp("bob"))
    ran = converse("token", "--username", "bob", person=person)

    assert Exit.DONE == ran.code
    assert 2 == ran.err.count("Second factor (")


@pytest.mark.fake_user_pool(settings=Settings(required_attributes=frozenset({"given_name"})))
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_temporary_password_is_replaced(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """Asked twice, again if the two differ, with the attributes that the pool requires."""
    fake_user_pool.add_user("bob", PASSWORD, status="FORCE_CHANGE_PASSWORD")
    new = "New-horse 2"
    ran = converse("token", "--username", "bob", person=Person(new, "x", new, new, "Bob"))

    assert Exit.DONE == ran.code, ran.err
    assert ("The two differ." in ran.err, "Bob") == (
        True,
        fake_user_pool.users["bob"].attributes["given_name"],
    )


@pytest.mark.fake_user_pool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"SOFTWARE_TOKEN_MFA"})))
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_an_authenticator_is_set_up_on_the_way(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """Its address is shown on standard error."""
    person = Person()
    person.getpass = lambda *_, **__: fake_user_pool.totp("ann")  # type: ignore[method-assign]
    ran = converse("token", "--username", "ann", person=person)

    assert Exit.DONE == ran.code, ran.err
    assert "otpauth://totp/" in ran.err


@pytest.mark.fake_user_pool(
    callbacks=Callbacks(
        define_auth_challenge=lambda event: "ISSUE_TOKENS" if event.history else "CUSTOM_CHALLENGE",
        create_auth_challenge=lambda _: ({"question": "colour?"}, {}),
        verify_auth_challenge=lambda _, answer, __: answer == "blue",
    )
)
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_the_pools_own_challenge_is_answered(converse: Run) -> None:
    """A custom sign-in takes no password."""
    person = Person("blue")
    ran = converse("token", "--username", "ann", "--method", "custom", person=person)

    assert Exit.DONE == ran.code, ran.err
    assert ["Answer to the pool's own challenge: "] == person.asked


@pytest.mark.fake_user_pool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"SMS_MFA"})))
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_what_nobody_can_answer_here_is_named(run: Run) -> None:
    """A second factor that cannot be set up at a terminal ends the sign-in."""
    ran = run("token", "--username", "ann")
    assert Exit.REFUSED == ran.code
    assert "MFA_SETUP, which cannot be answered at a terminal" in ran.err


def test_a_real_terminal_shows_no_password(
    fake_user_pool_env: dict[str, str], fake_user_pool: FakeUserPool
) -> None:
    """In a process of its own, with a terminal of its own: the token alone is printed, the question elsewhere."""
    fake_user_pool.add_user("ann", PASSWORD)
    controller, terminal = pty.openpty()
    with os.fdopen(controller, "r+b", buffering=0) as person, os.fdopen(terminal, "rb") as stdin:
        with subprocess.Popen(
            [sys.executable, "-m", "cognito_auth.cli", "token", "--username", "ann"],
            env=os.environ | fake_user_pool_env | {"PYTHONPATH": str(ROOT / "src")},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as child:
            assert child.stderr is not None
            question = child.stderr.read(len("Password of ann: "))
            person.write(f"{PASSWORD}\n".encode())
            out, err = child.communicate(timeout=30)
        os.set_blocking(person.fileno(), False)
        echoed = person.read() or b""

    assert (0, b"Password of ann: ", 1) == (child.returncode, question, out.count(b"\n")), err
    assert PASSWORD.encode() not in echoed + out + err


def test_who_leaves_the_terminal_interrupts(converse: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D and Ctrl-C end the command with the code that shells expect."""
    monkeypatch.setenv("COGNITO_CLIENT_ID", "x")
    monkeypatch.setenv("COGNITO_REGION", "eu-west-1")

    def interrupt(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    person = Person()
    person.getpass = interrupt  # type: ignore[method-assign]
    ran = converse("token", "--username", "ann", person=person)
    monkeypatch.setattr(sys, "stdin", Person())
    with pytest.raises(EOFError):
        ask("Anybody there")

    assert (Exit.INTERRUPTED, "cognito-auth: interrupted\n") == (ran.code, ran.err)


# -- verify, decode, jwks ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fake_user_pool_env")
@pytest.mark.parametrize("front", ["", "Bearer ", "Authorization: Bearer "])
def test_a_good_token_is_explained(run: Run, fake_user_pool: FakeUserPool, front: str) -> None:
    """With or without the header in front of it; the claims follow."""
    token = token_of(fake_user_pool, scopes={"orders/read"}, groups=["admin", "staff"], expires_in=7205)
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
    "age, told",
    [
        (-1, "1 second ago"),
        (-90, "1 minute ago"),
        (-3 * LIFETIME, "3 hours ago"),
        (-50 * LIFETIME, "2 days ago"),
    ],
)
def test_times_are_told_as_people_tell_them(
    run: Run, fake_user_pool: FakeUserPool, age: float, told: str
) -> None:
    """The largest unit that fits."""
    fake_user_pool.clock.advance(age - 0.2)
    assert re.search(rf"issued .* UTC, {told}\n", run("decode", stdin=token_of(fake_user_pool)).out)


def test_a_terminal_is_told_how_to_paste(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """And sees colours, unless NO_COLOR is set."""
    assert "Paste the token" in converse("decode", person=Person(token_of(fake_user_pool))).err


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets plain text, and so does a terminal whose owner wants no colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    in_colour = paint("x", "good", Person()), paint("x", "good", io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")

    assert ("\x1b[32mx\x1b[0m", "x", "x") == (*in_colour, paint("x", "good", Person()))


# -- the command line itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["verify", "--use", "access", "--client-id", "x"], "COGNITO_POOL_ID"),
        (["verify", "--use", "access", "--pool-id", "eu-west-1_X"], "--any-client"),
        (["verify", "--use", "access", "--pool-id", "eu-west-1_X", "--client-id", "x", "--jwks", "/none"], "--jwks"),
        (["token", "--client-credentials"], "COGNITO_CLIENT_ID"),
        (["token", "--client-credentials", "--client-id", "x", "--region", "eu-west-1"], "COGNITO_CLIENT_SECRET"),
        (["token", "--username", "ann", "--client-id", "x", "--region", "eu-west-1"], "COGNITO_PASSWORD"),
        (["token", "--username", "", "--client-id", "x", "--region", "eu-west-1"], "no terminal to ask on"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(run: Run, arguments: list[str], named: str) -> None:
    """Exit code 2, and what to give."""
    ran = run(*arguments, stdin="a.b.c")
    assert (Exit.USAGE, "") == (ran.code, ran.out)
    assert named in ran.err


def test_no_token_on_standard_input_is_told(run: Run) -> None:
    """With an example."""
    assert Exit.USAGE == run("decode").code


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_wrong_password_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3; the text is the service's, without the password."""
    monkeypatch.setenv("COGNITO_PASSWORD", "Wrong-horse 1")
    ran = run("token", "--username", "ann")

    assert (Exit.REFUSED, "") == (ran.code, ran.out)
    assert ran.err.startswith("cognito-auth: NotAuthorized: Incorrect username or password.")
    assert "Wrong-horse" not in ran.err


@pytest.mark.parametrize(
    "error, code",
    [
        (errors.UsageError("x"), Exit.USAGE),
        (errors.TokenExpired("x"), Exit.REJECTED),
        (errors.TransportError("x"), Exit.UNAVAILABLE),
        (errors.TooManyRequests("x"), Exit.UNAVAILABLE),
        (errors.KeysUnavailable("x", issuer="y"), Exit.UNAVAILABLE),
        (errors.SignInRequired("x"), Exit.REFUSED),
        (errors.ResourceNotFound("x"), Exit.REFUSED),
    ],
)
def test_exit_codes_tell_whose_fault_it_is(error: errors.CognitoAuthError, code: Exit) -> None:
    """Scripts rely on them."""
    assert code == meaning(error)


@pytest.mark.parametrize("command", ["token", "verify", "decode", "jwks", "fake"])
def test_help_has_examples_and_takes_no_secrets(
    run: Run, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """No option takes a password or a client secret: every process can read the arguments of the others."""
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    text = capsys.readouterr().out

    assert 0 == caught.value.code
    assert f"  cognito-auth {command}" in text.partition("examples:")[2]
    assert not re.search(r"--\S*(password|secret)", text)


@pytest.mark.parametrize("command", ["token", "verify", "decode", "jwks"])
def test_the_reference_tells_every_option(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """The page in the docs and `--help` know the same."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out.partition("examples:")[0])) - {"--help"}

    assert set() == {option for option in options if f"`{option}" not in page}


def test_the_fake_pool_is_served(fake_user_pool_env: dict[str, str]) -> None:
    """`cognito-auth fake` is `python -m cognito_auth.testing`, until it is stopped."""
    with subprocess.Popen(
        [sys.executable, "-m", "cognito_auth.cli", "fake", "--user", "ann:x"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        server.terminate()
        code = server.wait(timeout=30)

    assert (0, "# A fake user pool, until Ctrl-C.") == (code, first[:33])


def test_a_reader_that_has_seen_enough_is_no_error(fake_user_pool: FakeUserPool) -> None:
    """`cognito-auth decode | head -1`, where the pipe breaks before everything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-u", "-m", "cognito_auth.cli", "decode"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        input=token_of(fake_user_pool),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)

    assert (0, "") == (done.returncode, done.stderr)


def test_help_is_light() -> None:
    """Nothing heavy is loaded before there is work."""
    heavy = ("httpx", "cryptography", "anyio", "attrs", "cognito_auth.user_pool", "cognito_auth.testing")
    program = f"""
import contextlib, io, sys
before = set(sys.modules)
from cognito_auth.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
print(*[name for name in {heavy!r} if name in set(sys.modules) - before])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\n" == done.stdout
