"""Rules for settings that a workspace says, beside the user's: how both become one value. Pure; no pydantic.

A workspace comes from anybody. Its settings may narrow what leaves this machine and what completing costs, and never
widen either, whether the editor calls the folder trusted or not. Every setting declares one of these rules
(`sections.py`); a rule has an order with it, so that tests can check the promise for any values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class NarrowingRule(Protocol):
    """A way to combine the user's value of a setting with a workspace's."""

    @property
    def said(self) -> str:
        """Words of the documentation on a workspace's value."""
        ...

    @property
    def takes_any(self) -> bool:
        """Is there a value that is taken from a workspace?"""
        ...

    def combine(self, user: Any, workspace: Any) -> Any:
        """Return the value that holds, given the user's and the one that a workspace says."""
        ...

    def is_within(self, value: Any, user: Any) -> bool:
        """Does `value` let at most that leave, and cost at most that, which `user` does?"""
        ...


@dataclass(frozen=True)
class Users:
    """The user's value alone counts: addresses, programs, keys, and whatever may have another model asked."""

    said: str = "not taken"
    takes_any: bool = False

    def combine(self, user: Any, workspace: Any) -> Any:
        """Return the user's value."""
        return user

    def is_within(self, value: Any, user: Any) -> bool:
        """Nothing but the user's own value is within it."""
        return bool(value == user)


@dataclass(frozen=True)
class OnlyTo:
    """One value, with which nothing leaves, is taken from a workspace; any other is not."""

    least: str
    takes_any: bool = True

    @property
    def said(self) -> str:
        """Words of the documentation on the values that are taken."""
        return f"only `{self.least}` is taken"

    def combine(self, user: str, workspace: str) -> str:
        """Return the workspace's value if it is that one, else the user's."""
        return workspace if workspace == self.least else user

    def is_within(self, value: str, user: str) -> bool:
        """Is it the user's value, or the least there is?"""
        return value in (user, self.least)


@dataclass(frozen=True)
class Stricter:
    """The stricter of two values holds. `order` names all of them, the strictest first."""

    order: tuple[str, ...]
    takes_any: bool = True

    @property
    def said(self) -> str:
        """The order."""
        return f"the stricter holds ({', '.join(f'`{value}`' for value in self.order)})"

    def combine(self, user: str, workspace: str) -> str:
        """Return the stricter one."""
        return min(user, workspace, key=self.order.index)

    def is_within(self, value: str, user: str) -> bool:
        """Is it as strict, or stricter?"""
        return self.order.index(value) <= self.order.index(user)


@dataclass(frozen=True)
class Smaller:
    """The smaller number holds; an unset one is the smallest."""

    said: str = "the smaller holds"
    takes_any: bool = True

    def combine(self, user: float | None, workspace: float | None) -> float | None:
        """Return the smaller one."""
        return None if user is None or workspace is None else min(user, workspace)

    def is_within(self, value: float | None, user: float | None) -> bool:
        """Is it no greater?"""
        return value is None or (user is not None and value <= user)


@dataclass(frozen=True)
class Limit:
    """The smaller limit holds; 0 is no limit."""

    said: str = "the smaller holds"
    takes_any: bool = True

    def combine(self, user: float, workspace: float) -> float:
        """Return the smaller one of those that are limits."""
        return min((limit for limit in (user, workspace) if limit), default=0)

    def is_within(self, value: float, user: float) -> bool:
        """Is it a limit as small, or smaller?"""
        return not user or 0 < value <= user


@dataclass(frozen=True)
class Larger:
    """The larger number holds: one that grows as less is asked for, or less is shown."""

    said: str = "the larger holds"
    takes_any: bool = True

    def combine(self, user: float, workspace: float) -> float:
        """Return the larger one."""
        return max(user, workspace)

    def is_within(self, value: float, user: float) -> bool:
        """Is it no smaller?"""
        return value >= user


@dataclass(frozen=True)
class Ceiling:
    """A workspace's number is a ceiling over whatever holds: the user's number, or what is known of the provider.

    What is known of a provider is not known here, so the user's value stays as it is, and `Settings.at_most` lowers
    what comes of it. 0 is no ceiling where `zero_is_none`.
    """

    zero_is_none: bool = False
    said: str = "the smaller holds"
    takes_any: bool = True

    def combine(self, user: int, workspace: int) -> int:
        """Return the user's value; see `lower`."""
        return user

    def is_within(self, value: int, user: int) -> bool:
        """Nothing but the user's own value is within it, before the ceiling is applied."""
        return value == user

    def lower(self, value: int, ceiling: int) -> int:
        """Return the number that holds under a ceiling."""
        if self.zero_is_none and 0 in (value, ceiling):
            return value or ceiling
        return min(value, ceiling)


@dataclass(frozen=True)
class Toward:
    """A switch that a workspace can only set to `less`."""

    less: bool
    takes_any: bool = True

    @property
    def said(self) -> str:
        """Words of the documentation on the values that are taken."""
        return f"only `{str(self.less).lower()}` is taken"

    def combine(self, user: bool, workspace: bool) -> bool:
        """Return `less` if one of both says so."""
        return self.less if self.less in (user, workspace) else user

    def is_within(self, value: bool, user: bool) -> bool:
        """Is it the user's value, or the lesser one?"""
        return value in (user, self.less)


@dataclass(frozen=True)
class AddedUp:
    """Both lists hold. The workspace's entries come first: a later pattern of a list may undo an earlier one."""

    said: str = "added to yours"
    takes_any: bool = True

    def combine(self, user: Sequence[str], workspace: Sequence[str]) -> tuple[str, ...]:
        """Return the workspace's entries, and then the user's, all of them in their order."""
        return (*dict.fromkeys(workspace), *user)

    def is_within(self, value: Sequence[str], user: Sequence[str]) -> bool:
        """Does it end with all that the user has?"""
        return tuple(value[len(value) - len(user) :]) == tuple(user)


@dataclass(frozen=True)
class OnInBoth:
    """A language is on where both say so; `"*"` stands for those that a map does not name."""

    said: str = "can only switch languages off"
    takes_any: bool = True

    def combine(self, user: Mapping[str, bool], workspace: Mapping[str, bool]) -> dict[str, bool]:
        """Return the languages that one of both names, on where both have them on."""
        named = dict.fromkeys([*user, *workspace])
        return {name: self.is_on(user, name) and self.is_on(workspace, name) for name in named}

    def is_within(self, value: Mapping[str, bool], user: Mapping[str, bool]) -> bool:
        """Is every language that is on here on there, too?"""
        return all(self.is_on(user, name) or not self.is_on(value, name) for name in {*value, *user, "*"})

    @staticmethod
    def is_on(languages: Mapping[str, bool], name: str) -> bool:
        """Is the language on by that map alone?"""
        return languages.get(name, languages.get("*", True))


@dataclass(frozen=True)
class Either:
    """The workspace's value holds: the setting changes neither what leaves nor what it costs."""

    said: str = "taken"
    takes_any: bool = True

    def combine(self, user: Any, workspace: Any) -> Any:
        """Return the workspace's value."""
        return workspace

    def is_within(self, value: Any, user: Any) -> bool:
        """Every value is: it makes no difference to what leaves."""
        return True


USERS = Users()
SMALLER = Smaller()
LIMIT = Limit()
LARGER = Larger()
ADDED_UP = AddedUp()
ON_IN_BOTH = OnInBoth()
EITHER = Either()
NEVER_TRUE = Toward(less=False)
NEVER_FALSE = Toward(less=True)
