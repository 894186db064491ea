"""What a person at the terminal is asked on the way to a token, and what they do not see."""

import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from cognito_auth.cli import Exit
from cognito_auth.cli.terminal import ask
from cognito_auth.testing import Callbacks, FakeUserPool, Settings
from support.pages import ROOT

from .conftest import PASSWORD, Run, Typist


@pytest.mark.usefixtures("fake_user_pool_env")
def test_a_person_answers_what_the_pool_asks(
    converse: Run, fake_user_pool: FakeUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password and the authenticator's code, neither of which is shown."""
    monkeypatch.delenv("COGNITO_PASSWORD", raising=False)
    fake_user_pool.add_user("ann", PASSWORD, mfa="totp")
    person = Typist(PASSWORD, fake_user_pool.totp("ann"))
    ran = converse("token", "--username", "ann", person=person)

    assert (Exit.DONE, 1) == (ran.code, ran.out.count("\n"))
    assert ["Password of ann: ", "Code of the authenticator: "] == person.asked


@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_code_by_text_message_is_asked_for(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """The question says where it was sent."""
    fake_user_pool.add_user(
        "bob", PASSWORD, attributes={"phone_number": "+49301234567", "email": "b@example.com"}, mfa="sms"
    )
    person = Typist()
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
    person = Typist("EMAIL", "SOFTWARE_TOKEN_MFA", fake_user_pool.totp("bob"))
    ran = converse("token", "--username", "bob", person=person)

    assert Exit.DONE == ran.code
    assert 2 == ran.err.count("Second factor (")


@pytest.mark.fake_user_pool(settings=Settings(required_attributes=frozenset({"given_name"})))
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_a_temporary_password_is_replaced(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """Asked twice, again if the two differ, with the attributes that the pool requires."""
    fake_user_pool.add_user("bob", PASSWORD, status="FORCE_CHANGE_PASSWORD")
    new = "New-horse 2"
    ran = converse("token", "--username", "bob", person=Typist(new, "x", new, new, "Bob"))

    assert Exit.DONE == ran.code, ran.err
    assert ("The two differ." in ran.err, "Bob") == (
        True,
        fake_user_pool.users["bob"].attributes["given_name"],
    )


@pytest.mark.fake_user_pool(settings=Settings(mfa="ON", mfa_kinds=frozenset({"SOFTWARE_TOKEN_MFA"})))
@pytest.mark.usefixtures("fake_user_pool_env", "ann")
def test_an_authenticator_is_set_up_on_the_way(converse: Run, fake_user_pool: FakeUserPool) -> None:
    """Its address is shown on standard error."""
    person = Typist()
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
    person = Typist("blue")
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

    person = Typist()
    person.getpass = interrupt  # type: ignore[method-assign]
    ran = converse("token", "--username", "ann", person=person)
    monkeypatch.setattr(sys, "stdin", Typist())
    with pytest.raises(EOFError):
        ask("Anybody there")

    assert (Exit.INTERRUPTED, "cognito-auth: interrupted\n") == (ran.code, ran.err)
