"""`cognito-auth verify`, `decode` and `jwks`: what a token says, whether it is good, and the keys that tell."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cognito_auth import compact
from cognito_auth.cli import Exit, terminal
from cognito_auth.errors import MalformedToken, TokenRejected, UsageError
from cognito_auth.tokens import aware

if TYPE_CHECKING:
    from cognito_auth.token_verifier import TokenVerifier

_SHOWN: Final = (
    ("token_use", "use"),
    ("iss", "issuer"),
    ("sub", "subject"),
    ("username", "username"),
    ("cognito:username", "username"),
    ("email", "e-mail"),
    ("client_id", "client"),
    ("aud", "audience"),
    ("scope", "scopes"),
    ("cognito:groups", "groups"),
    ("acr", "acr"),
)
_MOMENTS: Final = (("auth_time", "signed in"), ("iat", "issued"), ("nbf", "not before"), ("exp", "expires"))
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def verify(asked: argparse.Namespace) -> int:
    """Judge a token, and say why."""
    token = terminal.read_token()
    with _verifier(
        asked,
        client_id=_clients(asked),
        token_use=None if asked.use == "any" else asked.use,
        all_scopes=asked.scope,
        all_groups=asked.group,
        resource=asked.resource,
        leeway=asked.leeway,
        **_bundled(asked.jwks),
    ) as verifier:
        try:
            claims = verifier.verify(token).raw
        except TokenRejected as refusal:
            rejected = refusal
        else:
            _print(asked.format, "VERIFIED", "good", claims)
            return Exit.DONE
    _print_refusal(asked.format, rejected, token)
    return Exit.REJECTED


def decode(asked: argparse.Namespace) -> int:
    """Say what a token claims."""
    token = compact.parse(terminal.read_token())
    _print(asked.format, "UNVERIFIED", "doubtful", token.claims, header=token.header)
    if asked.format == "text":
        terminal.note(
            "Nobody has checked this: anyone can write such a token. `cognito-auth verify` checks it."
        )
    return Exit.DONE


def jwks(asked: argparse.Namespace) -> int:
    """Fetch a pool's keys and print them."""
    with _verifier(asked, client_id="any", token_use="access") as verifier:  # noqa: S106 - keys are asked for, not a token
        verifier.warm()
        terminal.show(_as_json(verifier.jwks()))
    return Exit.DONE


# -- which verifier -------------------------------------------------------------------------------------------


def _verifier(asked: argparse.Namespace, **settings: Any) -> TokenVerifier[Any]:
    from cognito_auth.token_verifier import TokenVerifier

    pool_id = asked.pool_id or os.environ.get("COGNITO_POOL_ID")
    if not pool_id:
        raise UsageError("--pool-id: missing, and COGNITO_POOL_ID is not set: expected the user pool's id")
    endpoint = asked.endpoint or os.environ.get("COGNITO_ENDPOINT")
    keys = f"{endpoint.rstrip('/')}/{pool_id}/.well-known/jwks.json" if endpoint else None
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", UserWarning)
        verifier: TokenVerifier[Any] = TokenVerifier(pool_id, issuer=asked.issuer, jwks_uri=keys, **settings)
    for warning in heard:
        terminal.note(f"warning: {warning.message}")
    return verifier


def _clients(asked: argparse.Namespace) -> list[str] | None:
    """Whose tokens are accepted: it must be said."""
    if asked.any_client:
        if asked.client_id:
            raise UsageError("--any-client: cannot go with --client-id: leave one of them out")
        return None
    clients = asked.client_id or [name for name in [os.environ.get("COGNITO_CLIENT_ID")] if name]
    if not clients:
        raise UsageError(
            "--client-id: missing, and COGNITO_CLIENT_ID is not set: expected whose tokens are accepted, or --any-client"
        )
    return clients


def _bundled(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return {"jwks": Path(path).read_text(encoding="utf-8"), "offline": True}
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error)
    raise UsageError(f"--jwks: cannot be read: {reason}")


# -- what is printed ------------------------------------------------------------------------------------------


def _print(style: str, verdict: str, kind: str, claims: Mapping[str, Any], **more: Mapping[str, Any]) -> None:
    if style == "json":
        content = {"verified": kind == "good", **more, "claims": claims}
        terminal.show(_as_json(content))
        return
    lines = [terminal.paint(verdict, kind, sys.stdout), *_explained(claims)]
    for name, part in more.items():
        lines += ["", f"{name}:", _as_json(part).rstrip()]
    lines += ["", "claims:", _as_json(claims)]
    terminal.show("\n".join(lines))


def _print_refusal(style: str, refusal: TokenRejected, token: str) -> None:
    if style == "json":
        content = {"verified": False, "error": type(refusal).__name__, "reason": str(refusal)}
        terminal.show(_as_json(content))
        return
    reason = f"{terminal.paint('REFUSED', 'bad', sys.stdout)} {type(refusal).__name__}: {terminal.printable(refusal)}"
    lines = [reason, f"What to do: {refusal.remedy}.", ""]
    try:
        claims = compact.parse(token).claims
    except MalformedToken:
        terminal.show("\n".join(lines))
        return
    lines += [terminal.paint("UNVERIFIED, what it claims:", "doubtful", sys.stdout), *_explained(claims), ""]
    terminal.show("\n".join(lines))


def _explained(claims: Mapping[str, Any]) -> list[str]:
    """The claims that matter, with times as people read them."""
    now = datetime.now(UTC)
    lines = [
        f"  {label:<10} {terminal.printable(' '.join(value) if isinstance(value, (list, tuple)) else value)}"
        for name, label in _SHOWN
        if (value := claims.get(name)) is not None
    ]
    lines += [
        f"  {label:<10} {moment:%Y-%m-%d %H:%M:%S} UTC, {distance(moment - now)}"
        for name, label in _MOMENTS
        if name in claims
        for moment in [aware(claims[name])]
    ]
    return lines


def distance(ahead: timedelta) -> str:
    """`in 55 minutes`, `2 hours ago`."""
    seconds = abs(ahead.total_seconds())
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), _UNITS[-1])
    count = int(seconds // size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if ahead > timedelta(0) else f"{words} ago"


def _as_json(content: object) -> str:
    return json.dumps(content, indent=2, default=_plain) + "\n"


def _plain(value: object) -> object:
    """Read-only mappings as JSON has them."""
    assert isinstance(value, Mapping)  # noqa: S101 - for type checkers: tokens hold nothing else
    return dict(value)
