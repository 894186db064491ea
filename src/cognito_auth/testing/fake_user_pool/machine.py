"""GetClientToken and GetDerivedToken: tokens for machines, and tokens made from tokens."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from cognito_auth.testing.fake_user_pool import checks, jws, tokens
from cognito_auth.testing.fake_user_pool.oauth_token import machine_scopes
from cognito_auth.testing.fake_user_pool.wire import OAuthRefusalError, RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.state import Client

ONLY_FLOW = frozenset({"ALLOW_CLIENT_TOKEN_AUTH"})
_KINDS = {"ACCESS_TOKEN": "access", "ID_TOKEN": "id"}


def get_client_token(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """A machine's access token; a client with explicit flows must have this one and no other."""
    client = checks.client_of(pool, given)
    if client.flows not in {None, ONLY_FLOW}:
        raise RefusalError("NotAuthorized", "ALLOW_CLIENT_TOKEN_AUTH must be the only flow of this client.")
    if not client.secrets or not client.knows_secret(given["Secret"]):
        raise RefusalError("NotAuthorized", "Invalid client or client secret.")
    try:
        scopes = machine_scopes(pool, client, " ".join(given.get("Scopes") or ()))
    except OAuthRefusalError:
        raise RefusalError("InvalidParameter", "A scope is not enabled for this client.") from None
    minted = tokens.issue_machine(pool, client, scopes)
    result = {"AccessToken": minted.access_token, "ExpiresIn": minted.expires_in, "TokenType": "Bearer"}
    return {"ClientAuthenticationResult": result}


def get_derived_token(pool: FakeUserPool, given: dict[str, Any]) -> dict[str, Any]:
    """A token for a service further down, made from the token of whoever called (RFC 8693).

    With an actor's token it says who acts in the `act` claim. Its scopes are those that were asked for and that both
    the subject's token and the client have.
    """
    client = checks.client_of(pool, given)
    checks.client_secret(client, given.get("ClientSecret"))
    actor = given.get("ActorToken")
    if (actor is None) is not (given.get("ActorTokenType") is None):
        raise RefusalError("InvalidParameter", "ActorToken and ActorTokenType go together.")
    flow = f"ALLOW_TOKEN_EXCHANGE_{'IMPERSONATION' if actor is None else 'DELEGATION'}"
    if not client.allows(flow):
        raise RefusalError("NotAuthorized", f"{flow} is not enabled for this client.")
    subject = _read(pool, given["SubjectToken"], given["SubjectTokenType"])
    claims = _derived(pool, client, subject, given)
    if actor is not None:
        claims["act"] = _acting(_read(pool, actor, given["ActorTokenType"]))
    scopes = claims.get("scope", "").split()
    kind = given.get("RequestedTokenType", "ACCESS_TOKEN")
    key = pool.keys.signing("access" if kind == "ACCESS_TOKEN" else "id")
    answer = {
        "IssuedToken": jws.sign(key, claims),
        "IssuedTokenType": kind,
        "TokenType": "Bearer" if kind == "ACCESS_TOKEN" else "N_A",
        "ExpiresIn": claims["exp"] - claims["iat"],
    }
    return {**answer, "Scopes": scopes} if kind == "ACCESS_TOKEN" else answer


def _read(pool: FakeUserPool, token: str, kind: str) -> dict[str, Any]:
    if kind not in _KINDS:
        raise RefusalError("InvalidParameter", f"{kind} needs an identity provider, and the pool has none.")
    claims = jws.read(pool.keys, token)
    if claims is None or claims.get("token_use") != _KINDS[kind] or claims.get("iss") != pool.issuer:
        raise RefusalError("NotAuthorized", "Invalid token.")
    if pool.clock.now() >= claims["exp"]:
        raise RefusalError("NotAuthorized", "Token has expired.")
    sitting = pool.sittings.find(claims.get("event_id", ""))
    if sitting is not None and sitting.revoked:
        raise RefusalError("NotAuthorized", "Token has been revoked.")
    return claims


def _derived(
    pool: FakeUserPool, client: Client, subject: dict[str, Any], given: dict[str, Any]
) -> dict[str, Any]:
    now = pool.clock.seconds()
    audience = [*(given.get("Audiences") or ()), *(given.get("Resources") or ())]
    if len(audience) > 1:
        raise RefusalError("InvalidParameter", "One of Audiences and Resources, with one entry.")
    access = given.get("RequestedTokenType", "ACCESS_TOKEN") == "ACCESS_TOKEN"
    claims = {
        **{
            name: value
            for name, value in subject.items()
            if name not in {"scope", "aud", "client_id", "at_hash"}
        },
        "token_use": "access" if access else "id",
        "iat": now,
        "exp": now + (client.access_seconds if access else client.id_seconds),
        "jti": str(uuid.uuid4()),
    }
    if audience or not access:
        claims["aud"] = audience[0] if audience else client.client_id
    return (
        {**claims, "client_id": client.client_id, "scope": _narrowed(client, subject, given)}
        if access
        else claims
    )


def _narrowed(client: Client, subject: dict[str, Any], given: dict[str, Any]) -> str:
    held = set(subject.get("scope", "").split())
    wanted = given.get("Scopes")
    if wanted is None:
        return " ".join(sorted(held))
    granted = held & set(wanted) & client.scopes
    if not granted:
        raise RefusalError("InvalidParameter", "None of the scopes can be granted.")
    return " ".join(sorted(granted))


def _acting(actor: dict[str, Any]) -> dict[str, Any]:
    return {name: actor[name] for name in ("sub", "client_id", "iss", "act") if name in actor}


OPERATIONS = {"GetClientToken": get_client_token, "GetDerivedToken": get_derived_token}
