"""Every way for a token to be bad that a verifier tells apart, by name, each with the error that it must meet."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from cognito_auth.testing.fake_user_pool import jws
from cognito_auth.testing.fake_user_pool.keys import SigningKey, b64url, spare_key

if TYPE_CHECKING:
    from cognito_auth.testing.token_forge import TokenForge

Claims = dict[str, Any]
DAY = 86_400
OTHER_CLIENT = "7otherotherotherotherother"


@attrs.frozen
class Bad:
    """One kind of bad token: the error's class, and how to make one from good claims."""

    error: str
    make: Callable[[TokenForge, Claims], str]


def _claims(**changes: Any) -> Callable[[TokenForge, Claims], str]:
    """Well signed, with other claims; one that is `None` is left out."""

    def make(forge: TokenForge, claims: Claims) -> str:
        return forge.sign({name: value for name, value in {**claims, **changes}.items() if value is not None})

    return make


def _moved(**seconds: int) -> Callable[[TokenForge, Claims], str]:
    """Well signed, with times that are so many seconds from now."""

    def make(forge: TokenForge, claims: Claims) -> str:
        now = forge.pool.clock.seconds()
        return forge.sign({**claims, **{name: now + offset for name, offset in seconds.items()}})

    return make


def _header(**changes: Any) -> Callable[[TokenForge, Claims], str]:
    """Well signed, with another header."""
    return lambda forge, claims: forge.sign(claims, **changes)


def _text(change: Callable[[str], str]) -> Callable[[TokenForge, Claims], str]:
    """A good token whose text was changed."""
    return lambda forge, claims: change(forge.sign(claims))


def _without_kid(forge: TokenForge, claims: Claims) -> str:
    content = jws.encode({"alg": "RS256"}, claims)
    return f"{content}.{b64url(forge.pool.keys.signing('access').sign(content.encode()))}"


def _repeated_claim(forge: TokenForge, claims: Claims) -> str:
    key = forge.pool.keys.signing("access")
    head = b64url(json.dumps({"kid": key.kid, "alg": "RS256"}).encode())
    body = json.dumps(claims)
    content = f"{head}.{b64url((body[:-1] + ', ' + json.dumps({'sub': 'x'})[1:]).encode())}"
    return f"{content}.{b64url(key.sign(content.encode()))}"


def _unsigned(forge: TokenForge, claims: Claims) -> str:
    return jws.encode({"kid": forge.pool.keys.signing("access").kid, "alg": "none"}, claims) + "."


def _hmac(forge: TokenForge, claims: Claims) -> str:
    """The old attack: the public key's text as the secret of an HMAC."""
    key = forge.pool.keys.signing("access")
    content = jws.encode({"kid": key.kid, "alg": "HS256"}, claims)
    return f"{content}.{b64url(hmac.digest(json.dumps(key.jwk).encode(), content.encode(), hashlib.sha256))}"


def _foreign(kid_of_ours: bool) -> Callable[[TokenForge, Claims], str]:  # noqa: FBT001  # a row of the table reads well
    """Signed with a key that the pool does not publish."""

    def make(forge: TokenForge, claims: Claims) -> str:
        stranger = spare_key()
        return jws.sign(stranger, claims, kid=_own(forge, claims).kid if kid_of_ours else stranger.kid)

    return make


def _own(forge: TokenForge, claims: Claims) -> SigningKey:
    return forge.pool.keys.signing("id" if claims["token_use"] == "id" else "access")


def _tampered(forge: TokenForge, claims: Claims) -> str:
    head, _, signature = forge.sign(claims).split(".")
    return ".".join(
        (head, b64url(json.dumps({**claims, "cognito:groups": ["admin"], "sub": "x"}).encode()), signature)
    )


def _other_use(forge: TokenForge, claims: Claims) -> str:
    """The user's other token: an ID token where an access token is asked for, and the other way round."""
    user = str(claims.get("username") or claims.get("cognito:username") or "ann")
    return forge.id_token(user) if claims["token_use"] == "access" else forge.access_token(user)


def _other_client(forge: TokenForge, claims: Claims) -> str:
    name = "client_id" if claims["token_use"] == "access" else "aud"
    return forge.sign({**claims, name: OTHER_CLIENT})


def _revoked(forge: TokenForge, claims: Claims) -> str:
    sitting = forge.pool.sittings.find(str(claims.get("event_id", "")))
    if sitting is not None:
        sitting.revoked = True
    return forge.sign(claims)


BAD: dict[str, Bad] = {
    # What is no token at all, or not one that can be read
    "empty": Bad("MalformedToken", lambda _, __: ""),
    "not-a-token": Bad("MalformedToken", lambda _, __: "correct horse battery staple"),
    "two-segments": Bad("MalformedToken", _text(lambda text: text.rpartition(".")[0])),
    "four-segments": Bad("MalformedToken", _text(lambda text: f"{text}.AAAA")),
    "padded": Bad("MalformedToken", _text(lambda text: f"{text}==")),
    "with-line-break": Bad("MalformedToken", _text(lambda text: f"{text}\n")),
    "not-json": Bad(
        "MalformedToken", _text(lambda text: ".".join((text.split(".")[0], b64url(b"{"), "AAAA")))
    ),
    "claims-are-a-list": Bad(
        "MalformedToken", _text(lambda text: ".".join((text.split(".")[0], "W10", "AAAA")))
    ),
    "repeated-claim": Bad("MalformedToken", _repeated_claim),
    "too-long": Bad("MalformedToken", _claims(padding="x" * 20_000)),
    "without-kid": Bad("MalformedToken", _without_kid),
    "critical-extension": Bad("MalformedToken", _header(crit=["exp"])),
    "without-expiry": Bad("MalformedToken", _claims(exp=None)),
    "expiry-is-text": Bad("MalformedToken", _claims(exp="tomorrow")),
    # Signatures
    "unsigned": Bad("WrongAlgorithm", _unsigned),
    "hmac-with-public-key": Bad("WrongAlgorithm", _hmac),
    "other-algorithm": Bad("WrongAlgorithm", _header(alg="RS512")),
    "unknown-key": Bad("UnknownKey", _foreign(kid_of_ours=False)),
    "foreign-signature": Bad("BadSignature", _foreign(kid_of_ours=True)),
    "tampered": Bad("BadSignature", _tampered),
    # Times
    "expired": Bad("TokenExpired", _moved(exp=-1, iat=-3601, auth_time=-3601)),
    "not-yet-valid": Bad("TokenNotYetValid", _moved(nbf=3600)),
    # Whose it is, and for whom
    "other-pool": Bad(
        "WrongIssuer", _claims(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other0001")
    ),
    "lookalike-issuer": Bad(
        "WrongIssuer", lambda forge, claims: forge.sign({**claims, "iss": f"{forge.pool.issuer}/"})
    ),
    "other-use": Bad("WrongTokenUse", _other_use),
    "other-client": Bad("WrongClient", _other_client),
    "other-audience": Bad("WrongAudience", _claims(aud="https://api.somebody-else.example")),
    # What it allows
    "missing-scope": Bad("MissingScope", _claims(scope="nothing/at-all")),
    "missing-group": Bad("MissingGroup", _claims(**{"cognito:groups": ["nobodies"]})),
    "weak-authentication": Bad("WeakAuthentication", _claims(acr="urn:weak")),
    "stale-authentication": Bad("StaleAuthentication", _moved(auth_time=-30 * DAY)),
    "revoked": Bad("TokenRevoked", _revoked),
}
