"""A user pool that speaks Cognito's protocol, for tests: one file for each group of operations."""

from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

__all__ = ["FakeUserPool"]
