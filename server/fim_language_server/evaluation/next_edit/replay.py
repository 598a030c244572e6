"""A session played again: after each edit the next one is asked for, and compared with what the person did then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import define, field, frozen

from fim_language_server.core.next_edit.history import EditHistory
from fim_language_server.core.next_edit.line_change import change_of
from fim_language_server.core.next_edit.repeats.source_text import tokens_of
from fim_language_server.core.next_edit.repeats.substitutions import line_edits
from fim_language_server.core.next_edit.values import DocumentText, NextEdit, NextEditQuestion, PastEdit, Replacement
from fim_language_server.evaluation.next_edit.open_offers import OpenOffer
from fim_language_server.evaluation.next_edit.sessions import EditSession, EditStep, apply_step

Finder = Callable[[NextEditQuestion], Sequence[NextEdit]]
Clock = Callable[[], float]
MOST_OTHERS: Final = 10


@frozen
class OfferResult:
    """An offer that was shown, and what became of it."""

    session: str
    source: str
    is_right: bool
    description: str = field(default="", repr=False)


@frozen
class SessionResult:
    """Result of a replayed session: its edits, those that repeat an earlier one, and those that were offered before."""

    name: str
    edits: int
    repeated: int
    reached: int
    reached_repeated: int
    quiet_asked: int
    """Questions after which no edit followed that repeats an earlier one …"""
    quiet_silent: int
    """… and that were answered with nothing."""
    offers: tuple[OfferResult, ...]
    ms: tuple[float, ...] = field(repr=False)
    following: tuple[int, int] = (0, 0)
    """Edits that were returned behind the first one: how many of them were made, and how many there were."""


def replay(session: EditSession, find: Finder, clock: Clock) -> SessionResult:
    """Play a session and ask `find` after each edit; `clock` gives seconds, to time it."""
    return _Replay(session, find, clock).run()


@define(eq=False)
class _Replay:
    session: EditSession
    find: Finder
    clock: Clock
    _texts: dict[str, str] = field(init=False)
    _history: EditHistory = field(factory=EditHistory, init=False)
    _offers: list[OpenOffer] = field(factory=list, init=False)
    _following: list[OpenOffer] = field(factory=list, init=False)
    _notes: dict[int, str] = field(factory=dict, init=False)
    _used: list[str] = field(factory=list, init=False)
    _ms: list[float] = field(factory=list, init=False)
    _asked: list[tuple[int, bool]] = field(factory=list, init=False)
    """The edit after which each question was asked, and whether nothing was offered."""
    _edits: list[PastEdit] = field(factory=list, init=False)
    """The edits as a person sees them: several steps may be one."""
    _began: float | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._texts = dict(self.session.documents)
        self._used = list(self._texts)

    def run(self) -> SessionResult:
        for step in self.session.steps:
            self._make(step)
            if step.is_settled and self._edits and not self._history.took_back:
                self._ask(step)
        repeats = repeated(self._edits)
        last_repeat = max((number for number, is_repeat in enumerate(repeats) if is_repeat), default=-1)
        quiet = [is_silent for number, is_silent in self._asked if number >= last_repeat]
        reached = {offer.made_at for offer in self._offers if offer.made_at is not None}
        results = tuple(
            OfferResult(self.session.name, offer.edit.source, offer.made_at is not None, self._notes[id(offer)])
            for offer in self._offers
        )
        return SessionResult(
            self.session.name,
            len(self._edits),
            sum(repeats),
            len(reached),
            sum(repeats[number] for number in reached),
            len(quiet),
            sum(quiet),
            results,
            tuple(self._ms),
            (sum(each.made_at is not None for each in self._following), len(self._following)),
        )

    def _make(self, step: EditStep) -> None:
        before = self._texts[step.uri]
        after = self._texts[step.uri] = apply_step(before, step)
        self._history.record(step.uri, self.session.path(step.uri), change_of(before, spanning(before, step)), step.at)
        newest = self._history.edits(step.at)[-1:]
        if newest and self._history.last_began != self._began:
            self._edits.append(newest[0])
        elif newest and self._edits:
            self._edits[-1] = newest[0]
        self._began = self._history.last_began
        self._used.remove(step.uri)
        self._used.insert(0, step.uri)
        for offer in (*self._offers, *self._following):
            offer.follow(step, after, len(self._edits) - 1)

    def _ask(self, step: EditStep) -> None:
        question = self.question(step)
        began = self.clock()
        found = self.find(question)
        self._ms.append((self.clock() - began) * 1_000)
        self._asked.append((len(self._edits) - 1, not found))
        for index, edit in enumerate(found):
            kept = self._offers if index == 0 else self._following
            if any(offer.is_same(edit) and offer.made_at is None for offer in kept):
                continue
            offer = OpenOffer(edit, len(self._edits) - 1)
            kept.append(offer)
            if index == 0:
                self._notes[id(offer)] = self._describe(edit, question)

    def question(self, step: EditStep) -> NextEditQuestion:
        """Return the question that is asked after a step."""
        documents = [
            DocumentText(uri, self.session.path(uri), "", self._texts[uri]) for uri in self._used[: MOST_OTHERS + 1]
        ]
        return NextEditQuestion(documents[0], 0, step.cursor, self._history.edits(step.at), tuple(documents[1:]))

    def _describe(self, edit: NextEdit, question: NextEditQuestion) -> str:
        text, new = self._texts[edit.uri], edit.replacement
        start = text.rfind("\n", 0, new.start) + 1
        end = text.find("\n", new.end)
        line = text[start : end if end >= 0 else len(text)]
        shown = (
            f"{text[start : new.start]}[-{text[new.start : new.end]}-][+{new.text}+]{text[new.end : start + len(line)]}"
        )
        last = question.history[-1]
        made = f"{' / '.join(last.old_lines)} -> {' / '.join(last.new_lines)}"
        return f"{edit.uri}: {shown.strip()}\n      after {last.path}: {made}"


def spanning(text: str, step: EditStep) -> Replacement:
    """Return a step as one replacement of all that lies between its first and its last one."""
    first, last = step.replacements[0], step.replacements[-1]
    parts, at = [], first.start
    for each in step.replacements:
        parts += [text[at : each.start], each.text]
        at = each.end
    return Replacement(first.start, last.end, "".join(parts))


def repeated(edits: Sequence[PastEdit]) -> list[bool]:
    """Say of each edit whether it repeats an earlier one: the same tokens replaced by the same, or the same lines.

    This is told from the edits alone, whatever rules there are.
    """
    seen, found = set[object](), list[bool]()
    for edit in edits:
        marks = set(_marks(edit))
        found.append(bool(seen & marks))
        seen |= marks
    return found


def _marks(edit: PastEdit) -> Iterator[object]:
    """Yield what makes two edits alike."""
    for line in line_edits(edit):
        yield from line.substitutions()
    if len(edit.old_lines) != len(edit.new_lines):
        old, new = _tokens_of_all(edit.old_lines), _tokens_of_all(edit.new_lines)
        if len(old) + len(new) > 2:
            yield old, new


def _tokens_of_all(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(token for line in lines for token in tokens_of(line))
