"""One rule of the tables: an expression that is tried where one of its words stands in a line."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cache, cached_property
from typing import Final

from attrs import define, field

from fim_language_server.core.secrets import own_rules, public_rules
from fim_language_server.core.secrets.values import (
    entropy,
    is_blank_token,
    is_stand_in,
    looks_generic,
    looks_like_token,
)

_GOES_ON: Final = re.compile(r"[\w+/=-]*", re.ASCII)


@define(slots=False, eq=False)
class Rule:
    """A rule. `beginnings` are the fixed texts that its secrets begin with; `is_whole_file`: so is the file."""

    id: str
    description: str
    _pattern: str = field(repr=False)
    group: int
    keywords: tuple[str, ...]
    _least_entropy: float
    _check: str
    is_whole_file: bool
    beginnings: tuple[str, ...]
    has_long_run: bool
    """Has every secret, with what stands around it, eighteen letters, digits, `_` or `-` in a row?"""
    _allowlists: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The expression to search for; the secret is its group `group`, or with 0 the first group that matched."""
        return re.compile(self._pattern, re.ASCII)

    @cached_property
    def _allowed(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple(
            (target, re.compile(pattern, re.ASCII)) for target, patterns in self._allowlists for pattern in patterns
        )

    def find(self, line: str) -> Iterator[tuple[int, int]]:
        """Yield where its secrets stand in a short line or a piece of a long one."""
        for found in self.expression.finditer(line):
            group = self.group or next((n for n in range(1, len(found.groups()) + 1) if found[n]), 0)
            start, end = found.span(group)
            secret = found[group]
            if not self._is_let_pass(secret, found[0], line):
                if not self._check:
                    rest = _GOES_ON.match(line, end)
                    end = rest.end() if rest and line[end - 1 : end].isalnum() else end
                yield start, end

    def _is_let_pass(self, secret: str, match: str, line: str) -> bool:
        if self._least_entropy and entropy(secret) < self._least_entropy:
            return True
        if any(pattern.search({"match": match, "line": line}.get(target, secret)) for target, pattern in self._allowed):
            return True
        if self._check == "generic":
            return not looks_generic(secret)
        if self._check == "token":
            return not looks_like_token(secret)
        if self._check == "password":
            return is_stand_in(secret)
        if self._check == "argument":
            return is_stand_in(secret) or secret.startswith(("$", "-", "%", "<", "{")) or secret.isalpha()
        return is_blank_token(secret)

    def beginning_of(self, secret: str) -> int:
        """Return how many characters of a secret all secrets of its kind begin with."""
        fixed = max((len(start) for start in self.beginnings if secret.startswith(start)), default=0)
        return min(fixed, max(0, len(secret) - LEAST_HIDDEN))


LEAST_HIDDEN: Final = 8
"""Characters of a secret, at its end, that never count as its beginning."""
RULES: Final = tuple(Rule(*row) for row in (*own_rules.RULES, *public_rules.RULES))
CODE_VERSION: Final = 2
"""To be raised where code, and not a rule, comes to find other secrets."""


@cache
def rules_version() -> int:
    """Return a number of 32 bits that changes with the rules: what was judged by others is to be judged again."""
    return zlib.crc32(repr((own_rules.RULES, public_rules.RULES, CODE_VERSION)).encode())
