"""The server on each face, over a real client of the face's kind."""

import httpx

from cognito_auth import AppClient
from support.faces import Face

APP = AppClient(client_id="m1", region="eu-west-1", domain="my-prefix", client_secret=lambda: "s3cr3t")


async def test_a_machine_gets_a_token_on_every_face(face: Face) -> None:
    """The same body, the same bytes; a secret that is a callable is asked for."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"access_token": "opaque", "expires_in": 60})

    client = face.http_client(transport=httpx.MockTransport(answer))
    server = face.authorization_server(APP, http_client=client)
    tokens = await face(server.client_credentials())
    assert "opaque" == tokens.access_token
    assert ["https://my-prefix.auth.eu-west-1.amazoncognito.com/oauth2/token"] == [
        str(request.url) for request in seen
    ]
