"""The pool's state as a file: a suite can start from a prepared pool.

The file holds passwords, secrets and private keys, all of them fake; it is readable by its owner only nevertheless.
Clients, users with their devices and passkeys, sign-ins with their refresh tokens, the signing keys and how far the
clock was moved are kept; unfinished sign-ins, messages, faults and counters are not.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool.refresh_tokens import RefreshToken, Sitting
from cognito_auth.testing.fake_user_pool.settings import PasswordPolicy, Settings
from cognito_auth.testing.fake_user_pool.state import Client, Device, Passkey, User

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

VERSION = 1


def dump(pool: FakeUserPool, path: str | os.PathLike[str]) -> None:
    """Write the state to a file that only its owner can read; it is there whole or not at all."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # of a descriptor, made with its mode
        json.dump(_state(pool), file, indent=1)
    partial.replace(target)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The state in a file.

    Raises:
        ValueError: It is not a dump of this version.
    """
    state = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise ValueError(f"{os.fspath(path)!r} is not a dump of a fake user pool (version {VERSION})")
    return state


def arguments(state: dict[str, Any]) -> dict[str, Any]:
    """What a pool with the settings of a dump is made with."""
    settings: dict[str, Any] = {
        **state["settings"],
        "password_policy": PasswordPolicy(**state["settings"]["password_policy"]),
    }
    made = {name: state[name] for name in ("pool_id", "issuer", "issuer_form")}
    return {**made, "settings": Settings(**settings)}


def restore(pool: FakeUserPool, state: dict[str, Any]) -> None:
    """Fill a new pool with the state of a dump."""
    pool.secret, pool.device_group_key = state["secret"], state["device_group_key"]
    pool.clock.advance(state["clock"])
    pool.keys.load(state["keys"])
    for each in state["clients"]:
        client = Client(**{name: _back(name, value) for name, value in each.items()})
        pool.clients[client.client_id] = client
    for each in state["users"]:
        pool.users.put(_user(each))
    for each in state["sittings"]:
        pool.sittings.put(Sitting(**{**each, "scopes": frozenset(each["scopes"])}))
    for each in state["refresh_tokens"]:
        pool.sittings.put_token(RefreshToken(**each))


def _state(pool: FakeUserPool) -> dict[str, Any]:
    return {
        "version": VERSION,
        "pool_id": pool.pool_id,
        "issuer": pool.own_issuer,
        "issuer_form": pool.issuer_form,
        "settings": _plain(pool.settings),
        "secret": pool.secret,
        "device_group_key": pool.device_group_key,
        "clock": pool.clock.moved,
        "keys": pool.keys.dump(),
        "clients": [_plain(client) for client in pool.clients.values()],
        "users": [_plain(user) for user in pool.users],
        "sittings": [_plain(sitting) for sitting in pool.sittings],
        "refresh_tokens": [_plain(token) for token in pool.sittings.refresh_tokens()],
    }


def _plain(value: Any) -> Any:
    """An object as JSON can hold it: sets become lists, bytes base64, what is under way is left out."""
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value)) if not field.name.startswith("pending_")]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {_plain(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(each) for each in (sorted(value) if isinstance(value, frozenset) else value)]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _back(name: str, value: Any) -> Any:
    if name in {"callback_urls", "logout_urls"}:
        return tuple(value)
    return frozenset(value) if isinstance(value, list) and name != "secrets" else value


def _user(state: dict[str, Any]) -> User:
    devices = {key: Device(**each) for key, each in state["devices"].items()}
    passkeys = [_passkey(each) for each in state["passkeys"].values()]
    return User(**{**state, "devices": devices, "passkeys": {each.credential_id: each for each in passkeys}})


def _passkey(state: dict[str, Any]) -> Passkey:
    binary = {name: base64.b64decode(state[name]) for name in ("credential_id", "data")}
    return Passkey(**{**state, **binary, "transports": tuple(state["transports"])})
