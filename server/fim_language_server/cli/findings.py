"""Findings of `doctor`: one line each, with a remedy. The checks themselves are in `doctor`."""

from __future__ import annotations

import enum
from collections.abc import Callable

from attrs import define, field, frozen

from fim_language_server.cli.printing import LONGEST_LINE
from fim_language_server.core.invisible_characters import on_one_line
from fim_language_server.errors import FimError


class Level(enum.Enum):
    """Severity of a finding."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@frozen
class Finding:
    """Result of one check, and its remedy."""

    level: Level
    check: str
    what: str
    remedy: str = ""

    def line(self) -> str:
        """Return it as one line of the report."""
        return f"{self.level.value:<4}  {self.what}{f' — {self.remedy}' if self.remedy else ''}"


@define
class CheckReport:
    """The findings so far; each is told as soon as it is known."""

    tell: Callable[[Finding], None] = lambda _finding: None
    findings: list[Finding] = field(factory=list)

    def add(self, level: Level, check: str, what: str, remedy: str = "") -> None:
        """Note a finding."""
        finding = Finding(level, check, on_one_line(what, LONGEST_LINE), on_one_line(remedy, LONGEST_LINE))
        self.findings.append(finding)
        self.tell(finding)

    def ok(self, check: str, what: str) -> None:
        """Note that something is as it should be."""
        self.add(Level.OK, check, what)

    def error(self, check: str, error: FimError | str, level: Level = Level.FAIL) -> None:
        """Note an error; our sentences say what happened, and after a semicolon what to do."""
        what, _, remedy = str(error).partition("; ")
        self.add(level, check, what, remedy)

    @property
    def failed(self) -> bool:
        """Whether any check failed."""
        return self.n_failed > 0

    @property
    def n_failed(self) -> int:
        """Number of failed checks so far."""
        return sum(finding.level is Level.FAIL for finding in self.findings)
