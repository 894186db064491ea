"""The pages of the login: plain HTML that works without scripts, with a label on every field.

Whatever comes from outside is escaped. The pages load nothing, so their policy allows nothing but their own style.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import attrs

from cognito_auth.testing.fake_user_pool.outbox import masked
from cognito_auth.testing.fake_user_pool.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cognito_auth.testing.fake_user_pool.oauth_state import Ask
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.sessions import Attempt

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --page: #f4f5f7; --card: #fff; --line: #868f99;
  --accent: #1a56b0; --on-accent: #fff; --bad: #a40e26; --bad-card: #fdecee; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a5adb8; --page: #14171b; --card: #1e2227;
  --line: #7d8590; --accent: #8ab4f8; --on-accent: #10151c; --bad: #ffb3bc; --bad-card: #3b1a20; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 1.5rem 1rem;
  background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 100vw - 2rem); padding: 2rem; background: var(--card); border-radius: .75rem;
  box-shadow: 0 1px 3px rgb(0 0 0 / .2); }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: .5rem 0 0; }
form { margin-top: 1.5rem; display: grid; gap: 1rem; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
code { display: block; padding: .5rem .75rem; border: 1px dashed var(--line); border-radius: .375rem;
  overflow-wrap: anywhere; user-select: all; }
.hint { margin: 0 0 .25rem; color: var(--soft); font-size: .875rem; }
input { width: 100%; padding: .625rem .75rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: .375rem; }
button { padding: .625rem .75rem; font: inherit; font-weight: 600; color: var(--on-accent);
  background: var(--accent); border: 1px solid var(--accent); border-radius: .375rem; cursor: pointer; }
button:hover { filter: brightness(1.1); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert { margin-top: 1rem; padding: .625rem .75rem; color: var(--bad); background: var(--bad-card);
  border-left: 4px solid var(--bad); border-radius: .25rem; }
footer { margin-top: 1.5rem; text-align: center; color: var(--soft); font-size: .875rem; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
<footer>{footer}</footer>
</body>
</html>
"""

# form-action is left out: browsers apply it to the redirect that follows a form, which leads to the client.
_HEADERS = (
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


@attrs.frozen(kw_only=True)
class Field:
    """One thing that the user is asked for."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    value: str = ""
    numeric: bool = False

    def html(self, *, first: bool) -> str:
        """Label and input; the first empty field of a page has the focus."""
        described = f' aria-describedby="{self.name}-hint"' if self.hint else ""
        hint = f'<p class="hint" id="{self.name}-hint">{escape(self.hint)}</p>' if self.hint else ""
        return (
            f'<div><label for="{self.name}">{escape(self.label)}</label>{hint}'
            f'<input id="{self.name}" name="{self.name}" type="{self.kind}" value="{escape(self.value)}"'
            f' autocomplete="{self.autocomplete}"{described}{_NUMERIC if self.numeric else _PLAIN} required'
            f"{' autofocus' if first else ''}></div>"
        )


_NUMERIC = ' inputmode="numeric" pattern="[0-9]{6}" maxlength="6"'
_PLAIN = ' autocapitalize="none" spellcheck="false"'


@attrs.frozen(kw_only=True)
class Step:
    """One page of a sign-in: what it says, what it asks, and the choices that end it."""

    title: str
    text: str = ""
    key: str = ""
    """Something to copy."""
    fields: tuple[Field, ...] = ()
    buttons: tuple[tuple[str, str], ...]
    """Pairs of a value and the words on the button."""


def show(
    pool: FakeUserPool, step: Step, *, query: str, hidden: Mapping[str, str], trouble: str | None = None
) -> Reply:
    """The page of a step, with what went wrong at the last attempt."""
    empty = [field for field in step.fields if not field.value]
    focus = empty[0] if empty else None
    parts = [
        f"<p>{escape(step.text)}</p>" if step.text else "",
        f"<p><code>{escape(step.key)}</code></p>" if step.key else "",
        f'<p class="alert" role="alert">{escape(trouble)}</p>' if trouble else "",
        f'<form method="post" action="/login?{escape(query)}">',
        *(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in hidden.items()
        ),
        *(field.html(first=field is focus) for field in step.fields),
        *(
            f'<button name="choice" value="{escape(value)}">{escape(words)}</button>'
            for value, words in step.buttons
        ),
        "</form>",
    ]
    return _page(
        step.title, parts, footer=f"Fake user pool {pool.pool_id}, for tests", status=400 if trouble else 200
    )


def problem(text: str) -> Reply:
    """A page that says why the login cannot go on."""
    parts = [f'<p role="alert">{escape(text)}</p>', "<p>Go back to the application and begin again.</p>"]
    return _page("This sign-in cannot go on", parts, footer="Fake user pool, for tests", status=400)


def _page(title: str, parts: Iterable[str], *, footer: str, status: int) -> Reply:
    content = "\n".join(part for part in parts if part)
    page = _PAGE.format(title=escape(title), style=_STYLE, content=content, footer=escape(footer))
    return Reply.html(page, status=status, headers=_HEADERS)


# -- the steps ---------------------------------------------------------------------------------------------------


def password(ask: Ask, username: str) -> Step:
    """User name and password."""
    return Step(
        title=f"Sign in to {ask.client.name}",
        fields=(
            Field(name="username", label="User name", autocomplete="username", value=username),
            Field(name="password", label="Password", kind="password", autocomplete="current-password"),
        ),
        buttons=(("sign-in", "Sign in"),),
    )


def challenge(attempt: Attempt) -> Step | None:
    """The page of the challenge that is open; nothing for those that have none here."""
    make = _STEPS.get(attempt.challenge)
    if make is None or (make is _setup and attempt.known_user.pending_totp is None):
        return None
    return make(attempt)


_CODE = Field(name="code", label="Code", autocomplete="one-time-code", hint="Six digits", numeric=True)


def _code(attempt: Attempt) -> Step:
    attribute = attempt.details.get("attribute", "")
    where = masked(attempt.known_user.attributes[attribute]) if attribute else ""
    return Step(
        title="Enter your code",
        text=f"We have sent a code to {where}."
        if where
        else "Open your authenticator app for the code that it shows.",
        fields=(_CODE,),
        buttons=(("continue", "Continue"),),
    )


def _selection(attempt: Attempt) -> Step:
    return Step(
        title="Confirm that it is you",
        buttons=tuple((kind, _KINDS[kind]) for kind in attempt.details["kinds"]),
    )


def _new_password(attempt: Attempt) -> Step:
    return Step(
        title="Choose a new password",
        text="Your password is temporary. Choose the one that you will use from now on.",
        fields=(
            Field(name="new_password", label="New password", kind="password", autocomplete="new-password"),
            *(Field(name=f"attribute.{each}", label=_words(each)) for each in attempt.details["missing"]),
        ),
        buttons=(("continue", "Continue"),),
    )


def _setup(attempt: Attempt) -> Step:
    return Step(
        title="Set up your authenticator app",
        text="Add this key to the app, then enter the code that it shows.",
        key=attempt.known_user.pending_totp or "",
        fields=(_CODE,),
        buttons=(("continue", "Continue"),),
    )


_STEPS: dict[str, Callable[[Attempt], Step]] = {
    "SMS_MFA": _code,
    "EMAIL_OTP": _code,
    "SOFTWARE_TOKEN_MFA": _code,
    "SELECT_MFA_TYPE": _selection,
    "MFA_SETUP": _setup,
    "NEW_PASSWORD_REQUIRED": _new_password,
}
_KINDS = {
    "SMS_MFA": "Send me a text message",
    "EMAIL_OTP": "Send me an e-mail",
    "SOFTWARE_TOKEN_MFA": "Use my authenticator app",
}


def _words(attribute: str) -> str:
    return attribute.removeprefix("custom:").replace("_", " ").capitalize()
