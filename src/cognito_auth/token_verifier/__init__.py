"""Verifying tokens: whose keys, which rules, and the classes that put them together."""

from cognito_auth.token_verifier.alb import AlbTokenVerifier, AsyncAlbTokenVerifier
from cognito_auth.token_verifier.keys import KeyPolicy
from cognito_auth.token_verifier.verifier import AsyncTokenVerifier, TokenVerifier

__all__ = ["AlbTokenVerifier", "AsyncAlbTokenVerifier", "AsyncTokenVerifier", "KeyPolicy", "TokenVerifier"]
