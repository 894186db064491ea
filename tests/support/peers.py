"""What the tests of peers share: a server that plays Cognito, and what is set up there."""

from collections.abc import Callable
from typing import Any

import attrs

from cognito_auth import AppClient

REGION = "us-east-1"
SCOPE = "orders/read"
PASSWORD = "Correct-horse-1"


@attrs.frozen
class Peer:
    """A server that plays Cognito."""

    name: str
    url: str
    sign_up_code: str

    def app(self, admin: Any, *, secret: bool) -> AppClient:
        """A new pool at this server with one app client, made as its administrator would."""
        pool_id = admin.create_user_pool(PoolName="peers", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
        name, _, scope = SCOPE.partition("/")
        admin.create_resource_server(
            UserPoolId=pool_id,
            Identifier=name,
            Name=name,
            Scopes=[{"ScopeName": scope, "ScopeDescription": "Read orders"}],
        )
        machine: Any = {
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthScopes": [SCOPE],
            "AllowedOAuthFlowsUserPoolClient": True,
        }
        client = admin.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="peers",
            GenerateSecret=secret,
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            **(machine if secret else {}),
        )["UserPoolClient"]
        return AppClient(
            client_id=client["ClientId"],
            client_secret=client.get("ClientSecret"),
            pool_id=pool_id,
            endpoint=self.url,
            domain=self.url,
            # Both servers sign as AWS would, and serve the keys themselves.
            issuer=f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}",
            jwks_uri=f"{self.url}/{pool_id}/.well-known/jwks.json",
        )


Cognito = Callable[[str], Any]
"""Makes a boto3 client for an address."""
