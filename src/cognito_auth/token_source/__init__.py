"""Tokens that stay fresh: for one thread or a fleet.

``policy.py`` says when to refresh, as a pure function; ``source.py`` keeps a token and lets any number of callers
share one exchange; ``obtain.py`` does what a grant says; ``auth_flow.py`` is what the hosts for httpx and httpx2
share.
"""

from __future__ import annotations

from cognito_auth.token_source.source import AsyncTokenSource, TokenSource

__all__ = ["AsyncTokenSource", "TokenSource"]
