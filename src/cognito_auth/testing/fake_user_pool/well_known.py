"""The key set and the OpenID configuration, under the pool's own path and at the root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool.wire import Reply

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool
    from cognito_auth.testing.fake_user_pool.wire import Request


def jwks(pool: FakeUserPool, _: Request) -> Reply:
    """The public keys."""
    return Reply.json(pool.keys.jwks(), Cache_Control="public, max-age=86400")


def openid_configuration(pool: FakeUserPool, request: Request) -> Reply:
    """Where everything is; the endpoints are on the host that was asked, the issuer is the pool's."""
    here = request.base
    return Reply.json(
        {
            "authorization_endpoint": f"{here}/oauth2/authorize",
            "end_session_endpoint": f"{here}/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": pool.issuer,
            "jwks_uri": f"{here}/{pool.pool_id}/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "revocation_endpoint": f"{here}/oauth2/revoke",
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint": f"{here}/oauth2/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": f"{here}/oauth2/userInfo",
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        }
    )


def load_balancer_key(pool: FakeUserPool, _: Request) -> Reply:
    """The public key of a load balancer that the forge has signed for."""
    return Reply(
        headers=(("Content-Type", "application/octet-stream"),), body=pool.forge.alb_key.pem.encode()
    )


WELL_KNOWN = {
    "/.well-known/jwks.json": ("jwks", jwks),
    "/.well-known/openid-configuration": ("openid-configuration", openid_configuration),
}
