"""The users of a pool and the names that they answer to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cognito_auth.testing.fake_user_pool.state import Status, User
from cognito_auth.testing.fake_user_pool.wire import RefusalError

if TYPE_CHECKING:
    from cognito_auth.testing.fake_user_pool.pool import FakeUserPool

_ALIASES = ("email", "phone_number", "preferred_username")


class Directory:
    """Finds users by user name, alias or `sub`; iterates over them in the order of their making."""

    def __init__(self, pool: FakeUserPool) -> None:
        self._pool = pool
        self._users: dict[str, User] = {}

    def __iter__(self) -> Iterator[User]:
        return iter(list(self._users.values()))

    def __len__(self) -> int:
        return len(self._users)

    def __getitem__(self, name: str) -> User:
        """The user with this name, for tests.

        Raises:
            KeyError: There is none.
        """
        user = self.find(name)
        if user is None:
            raise KeyError(f"no user is called {name!r}")
        return user

    def by_sub(self, sub: str) -> User | None:
        """The user with this `sub`."""
        return self._users.get(sub)

    def find(self, name: str) -> User | None:
        """The user who signs in with this name: the user name itself, or an alias that is verified."""
        wanted = self._fold(name)
        for user in self._users.values():
            if self._fold(user.username) == wanted:
                return user
        return next((user for user in self._users.values() if wanted in self._aliases(user)), None)

    def add(self, name: str, password: str | None, attributes: Mapping[str, str], status: Status) -> User:
        """A new user; where the user name is an e-mail address or phone number, the internal name is the `sub`.

        Raises:
            RefusalError: `UsernameExists`, or `InvalidParameter` for a name of the wrong kind.
        """
        settings = self._pool.settings
        sub = str(uuid.uuid4())
        known = dict(attributes)
        username = name
        if settings.username_attributes:
            known[self._kind(name)] = name
            username = sub
        elif "@" in name and "email" in settings.alias_attributes:
            raise RefusalError(
                "InvalidParameter",
                "Username cannot be of email format, since user pool is configured for email alias.",
            )
        if self._taken(name):
            raise RefusalError("UsernameExists", "User already exists")
        now = self._pool.clock.now()
        user = User(
            username=username,
            sub=sub,
            password=password,
            attributes=known,
            status=status,
            created=now,
            modified=now,
        )
        self._users[sub] = user
        return user

    def put(self, user: User) -> None:
        """A user as a dump has them."""
        self._users[user.sub] = user

    def remove(self, user: User) -> None:
        """The user is gone, and so are their sign-ins."""
        self._pool.sittings.end_all(user)
        del self._users[user.sub]

    def claim_alias(self, user: User, attribute: str, *, force: bool = False) -> None:
        """The user has proved that the attribute is theirs, and may sign in with it where it is an alias.

        Raises:
            RefusalError: `AliasExists` if it signs somebody else in already and is not taken over by force.
        """
        settings = self._pool.settings
        if attribute not in settings.alias_attributes | settings.username_attributes:
            return
        holder = self._holder_of(attribute, user.attributes[attribute])
        if holder is None or holder is user:
            return
        if not force:
            raise RefusalError("AliasExists", f"An account with the {attribute} already exists.")
        holder.attributes[f"{attribute}_verified"] = "false"

    def refuse_taken(self, user: User, attribute: str, value: str) -> None:
        """Refuse a value that would sign this user in at once, and signs in somebody else.

        Raises:
            RefusalError: `AliasExists`.
        """
        settings = self._pool.settings
        if attribute not in settings.username_attributes | (
            settings.alias_attributes & {"preferred_username"}
        ):
            return
        if self._holder_of(attribute, value) not in {None, user}:
            raise RefusalError("AliasExists", f"An account with the {attribute} already exists.")

    def _holder_of(self, attribute: str, value: str) -> User | None:
        wanted = self._fold(value)
        for user in self._users.values():
            held = self._aliases_by_name(user).get(attribute)
            if held is not None and self._fold(held) == wanted:
                return user
        return None

    def touch(self, user: User) -> None:
        """Note that the user has changed."""
        user.modified = self._pool.clock.now()

    def _taken(self, name: str) -> bool:
        if not self._pool.settings.username_attributes:
            return any(self._fold(user.username) == self._fold(name) for user in self._users.values())
        return self.find(name) is not None

    def _kind(self, name: str) -> str:
        allowed = self._pool.settings.username_attributes
        if "@" in name and "email" in allowed:
            return "email"
        if name.startswith("+") and name[1:].isdigit() and "phone_number" in allowed:
            return "phone_number"
        words = {"email": "an email", "phone_number": "a phone number"}
        raise RefusalError(
            "InvalidParameter", f"Username should be {' or '.join(words[kind] for kind in sorted(allowed))}."
        )

    def _aliases(self, user: User) -> set[str]:
        return {self._fold(value) for value in self._aliases_by_name(user).values()}

    def _aliases_by_name(self, user: User) -> dict[str, str]:
        """The attributes that serve as a name: user-name attributes always, aliases once they are verified."""
        settings = self._pool.settings
        return {
            name: user.attributes[name]
            for name in _ALIASES
            if name in user.attributes
            and (
                name in settings.username_attributes
                or (
                    name in settings.alias_attributes
                    and (name == "preferred_username" or user.verified(name))
                )
            )
        }

    def _fold(self, name: str) -> str:
        return name if self._pool.settings.case_sensitive else name.casefold()
