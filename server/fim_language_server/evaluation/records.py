"""Answers as they come, in a file of JSON lines, so that an interrupted evaluation can be resumed.

The first line describes the evaluation; a file of another evaluation is refused rather than mixed up. Each further
line is one answer. The file holds pieces of the code: it stays where the user put it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from attrs import asdict, define, field, fields, frozen

from fim_language_server.errors import SettingsError

_VERSION: Final = 1


@frozen
class Answered:
    """One answer of one provider about one hole. Times in ms.

    `text` is what it says when it is asked, `shown` what it would show by itself: less, where a model knows how sure
    it is. `waited_ms` went to pauses that the host asked for.
    """

    provider: str
    hole: str
    kind: str
    target: str = field(repr=False)
    text: str = field(repr=False)
    shown: str = field(repr=False)
    confidence: float | None = None
    waited_ms: float = 0.0
    first_ms: float | None = None
    total_ms: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens_are_estimated: bool = False


@frozen
class Typed:
    """One line typed with one provider's ghost text: keys pressed, ghosts seen, whether one was accepted."""

    provider: str
    hole: str
    characters: int
    keys: int
    ghosts: int
    accepted: bool
    requests: int
    prompt_tokens: int = 0
    completion_tokens: int = 0


@define
class Record:
    """Answers so far; each answer is written to `path` (if there is one) as soon as it is added."""

    setup: Mapping[str, Any]
    path: Path | None = None
    answers: list[Answered] = field(factory=list)
    typed: list[Typed] = field(factory=list)
    _known: set[tuple[str, str, str]] = field(factory=set, init=False)

    @classmethod
    def open(cls, setup: Mapping[str, Any], path: Path | None) -> Self:
        """Begin a record, or go on with the one in `path`. Raises SettingsError where that is of another evaluation.

        A last line that was not written to its end is dropped.
        """
        record = cls(setup, path)
        if path is None:
            return record
        try:
            if path.exists() and path.stat().st_size:
                record._take(path)
            else:
                path.write_text(json.dumps({"eval": _VERSION, **setup}) + "\n", encoding="utf-8", newline="")
        except OSError as error:
            raise SettingsError(f"cannot keep answers in {path}: {error.strerror}") from None
        return record

    def has(self, entry: type[Answered | Typed], provider: str, hole: str) -> bool:
        """Is this answered?"""
        return (entry.__name__, provider, hole) in self._known

    def add(self, entry: Answered | Typed) -> None:
        """Keep an answer. Raises SettingsError where it cannot be written."""
        self._keep(entry)
        if self.path is None:
            return
        line = json.dumps({"type": type(entry).__name__.lower(), **asdict(entry)})
        try:
            # It holds code: only its owner may read it, also where the file existed before.
            with open(self.path, "a", encoding="utf-8", newline="", opener=_open_private) as file:
                file.write(line + "\n")
        except OSError as error:
            raise SettingsError(f"cannot keep answers in {self.path}: {error.strerror}") from None

    def _keep(self, entry: Answered | Typed) -> None:
        self._known.add((type(entry).__name__, entry.provider, entry.hole))
        if isinstance(entry, Answered):
            self.answers.append(entry)
        else:
            self.typed.append(entry)

    def _take(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8", errors="replace")
        whole, line_end, rest = text.rpartition("\n")
        header, *lines = whole.split("\n")
        self._check(path, header)
        for entry in _entries(lines):
            if not self.has(type(entry), entry.provider, entry.hole):
                self._keep(entry)
        if rest:
            path.write_text(whole + line_end, encoding="utf-8", newline="")

    def _check(self, path: Path, header: str) -> None:
        try:
            before = json.loads(header)
        except ValueError:
            before = None
        if not isinstance(before, dict) or before.pop("eval", None) != _VERSION:
            raise SettingsError(f"{path} holds no evaluation that could be resumed; name another file")
        now = json.loads(json.dumps(self.setup))
        others = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        if others:
            raise SettingsError(
                f"{path} was begun with other {', '.join(others)}; repeat that command, or name another file"
            )


def _entries(lines: list[str]) -> Iterator[Answered | Typed]:
    kinds: dict[str, type[Answered | Typed]] = {"answered": Answered, "typed": Typed}
    for line in lines:
        try:
            data = json.loads(line)
            kind = kinds[data["type"]]
            entry = kind(**{each.name: data[each.name] for each in fields(kind)})
        except (ValueError, KeyError, TypeError):
            continue  # It is asked again.
        yield entry


def _open_private(path: str, flags: int) -> int:
    """Open a file that only its owner can read and write."""
    descriptor = os.open(path, flags, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return descriptor
