"""`cognito-auth token`: from a password, a client secret or a browser to a token, in the form that a script wants."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import attrs

from cognito_auth import challenges
from cognito_auth.app_client import AppClient
from cognito_auth.cli import Exit, terminal
from cognito_auth.errors import SignInRequired, UnexpectedReply, UsageError
from cognito_auth.tokens import TokenSet

if TYPE_CHECKING:
    from cognito_auth.challenges import Challenge
    from cognito_auth.user_pool import UserPool

_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def token(asked: argparse.Namespace) -> int:
    """Get tokens and print what was asked for."""
    if _VARIABLE.fullmatch(asked.name) is None:
        raise UsageError(
            f"--name: {asked.name!r} is not the name of a variable: expected one such as API_TOKEN"
        )
    app = _app(asked)
    if asked.username is not None:
        tokens = _sign_in(app, asked)
    elif asked.browser:
        tokens = _browser(app, asked)
    else:
        tokens = _client_credentials(app, asked)
    sys.stdout.write(_FORMATS[asked.format](tokens, _wanted(tokens, asked.use), asked.name))
    return Exit.DONE


def _app(asked: argparse.Namespace) -> AppClient:
    """The app client of the environment, with what the command line says instead."""
    options = ("pool_id", "client_id", "region", "domain", "endpoint")
    given = {f"COGNITO_{name.upper()}": getattr(asked, name) for name in options if getattr(asked, name)}
    return AppClient.from_env({**os.environ, **given})


# -- three ways to tokens -------------------------------------------------------------------------------------


def _client_credentials(app: AppClient, asked: argparse.Namespace) -> TokenSet:
    if app.client_secret is None:
        secret = terminal.secret(f"Secret of the app client {app.client_id}", "COGNITO_CLIENT_SECRET")
        app = attrs.evolve(app, client_secret=secret)
    if (asked.via or ("oauth" if app.domain else "api")) == "oauth":
        from cognito_auth.authorization_server import AuthorizationServer

        with AuthorizationServer(app) as server:
            return server.client_credentials(scopes=" ".join(asked.scope))
    from cognito_auth.user_pool import UserPool

    with UserPool(app) as pool:
        return pool.get_client_token(scopes=" ".join(asked.scope))


def _browser(app: AppClient, asked: argparse.Namespace) -> TokenSet:
    from cognito_auth.authorization_server import AuthorizationServer

    with AuthorizationServer(app) as server:
        return server.sign_in_with_browser(
            redirect_uri=asked.redirect_uri,
            scopes=" ".join(asked.scope) or "openid",
            timeout=asked.timeout,
        )


def _sign_in(app: AppClient, asked: argparse.Namespace) -> TokenSet:
    from cognito_auth.user_pool import UserPool

    password = None
    if asked.method != "custom":
        password = terminal.secret(f"Password of {asked.username}", "COGNITO_PASSWORD")
    with UserPool(app) as pool:
        outcome = pool.sign_in(asked.username, password, method=asked.method)
        while not isinstance(outcome, TokenSet):
            outcome = pool.respond(_answer(pool, outcome))
        return outcome


def _answer(pool: UserPool, challenge: Challenge) -> Any:
    """What the person at the terminal answers.

    Raises:
        SignInRequired: Nobody can answer this at a terminal.
    """
    match challenge:
        case challenges.SmsMfa() | challenges.EmailOtp() | challenges.SmsOtp():
            sent = challenge.delivery.destination or "you"
            return challenge.answer(code=terminal.secret(f"Code that was sent to {terminal.printable(sent)}"))
        case challenges.SoftwareTokenMfa():
            return challenge.answer(code=terminal.secret("Code of the authenticator"))
        case challenges.SelectMfaType():
            return challenge.answer(choice=terminal.choose("Second factor", challenge.choices))
        case challenges.NewPasswordRequired():
            missing = [name for name in challenge.required_attributes if name not in challenge.attributes]
            return challenge.answer(
                new_password=_new_password(),
                attributes={name: terminal.ask(terminal.printable(name)) for name in missing},
            )
        case challenges.MfaSetup() if "SOFTWARE_TOKEN_MFA" in challenge.choices:
            setup = pool.begin_totp_setup(challenge)
            terminal.note(f"A second factor is required. Add this to an authenticator:\n{setup.uri}")
            return setup.answer(code=terminal.secret("Code of the authenticator"))
        case challenges.CustomChallenge():
            return challenge.answer(terminal.secret("Answer to the pool's own challenge"))
        case _:
            raise SignInRequired(f"the service asks {challenge.name}, which cannot be answered at a terminal")


def _new_password() -> str:
    while True:
        first = terminal.secret("New password, because the present one is temporary")
        if first == terminal.secret("The same again"):
            return first
        terminal.note("The two differ.")


# -- what is printed ------------------------------------------------------------------------------------------


def _wanted(tokens: TokenSet, use: str) -> str:
    """The token that was asked for, which can break out of no line.

    Raises:
        UsageError: There is no such token.
        UnexpectedReply: It has spaces, line breaks or the like.
    """
    wanted = tokens.access_token if use == "access" else tokens.id_token
    if wanted is None:
        raise UsageError(
            "--use id: these tokens hold no ID token: machines have none, others need the scope openid"
        )
    if _VISIBLE.fullmatch(wanted) is None:
        raise UnexpectedReply("the token has line breaks or other characters that no token has", status=200)
    return wanted


def _env(_: TokenSet, wanted: str, name: str) -> str:
    """A line for `$GITHUB_ENV`, and the one that keeps the token out of GitHub's logs.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#masking-a-value-in-a-log
    """
    if not sys.stderr.isatty():  # on a terminal it would hide nothing, and show the token
        sys.stderr.write(f"::add-mask::{wanted}\n")
    return f"{name}={wanted}\n"


def _json(tokens: TokenSet, _: str, __: str) -> str:
    content = {
        "access_token": tokens.access_token,
        "id_token": tokens.id_token,
        "token_type": tokens.token_type,
        "expires_at": tokens.expires_at.isoformat(timespec="seconds"),
        "scopes": sorted(tokens.scopes),
    }
    return json.dumps(content, indent=2) + "\n"


_FORMATS: Final = {
    "token": lambda _, wanted, __: f"{wanted}\n",
    "header": lambda _, wanted, __: f"Authorization: Bearer {wanted}\n",
    "env": _env,
    "json": _json,
}
