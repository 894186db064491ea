"""A small shop with a login, as its authors would write it. It knows nothing of tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException

from cognito_auth import AccessClaims, AppClient, AsyncTokenVerifier, AsyncUserPool, TokenSet, errors
from cognito_auth.fastapi import RequireToken


def create_app() -> FastAPI:
    """The application; which user pool it belongs to stands in the environment."""
    app_client = AppClient.from_env()
    verifier = AsyncTokenVerifier.for_app(app_client, token_use="access")
    users = AsyncUserPool(app_client)
    require = RequireToken(verifier)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with verifier, users:
            yield

    shop = FastAPI(lifespan=lifespan)

    @shop.post("/login")
    async def login(username: Annotated[str, Body()], password: Annotated[str, Body()]) -> dict[str, str]:
        try:
            outcome = await users.sign_in(username, password)
        except errors.NotAuthorized:
            raise HTTPException(401, "wrong name or password") from None
        except errors.TooManyRequests:
            raise HTTPException(503, "please try again") from None
        if isinstance(outcome, TokenSet):
            return {"token": outcome.access_token}
        return {"next": outcome.name}

    @shop.get("/me")
    async def me(claims: Annotated[AccessClaims, require.with_()]) -> str | None:
        return claims.username

    @shop.get("/stock")
    async def stock(_: Annotated[AccessClaims, require.with_(any_groups="staff")]) -> dict[str, int]:
        return {"apples": 3}

    return shop
