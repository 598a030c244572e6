"""Masking of a question: placeholders of the same length in place of secrets, and the secrets put back into an answer.

The document's text, other documents and the history are masked by the same placeholders as ghost text
(`core.secrets.masking`). An edit of the past that types or deletes a secret is left out: half of a key is told by no
rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.core.next_edit.focus import Focus
from fim_language_server.core.next_edit.values import NextEdit, NextEditQuestion, PastEdit
from fim_language_server.core.secrets.finding import find_secrets
from fim_language_server.core.secrets.masking import cursor_secret, is_unmistakable, mask
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.secrets.restoring import Restorer
from fim_language_server.core.secrets.values import entropy
from fim_language_server.core.values import CompletionRequest, Context, Document, Position, Snippet

FRAGMENT: Final = 10
"""Code points that a text has in common with a secret from which on it holds a part of that secret."""
MOST_DELETED_ALONE: Final = 80
"""Code points that edits may take away, on balance, where others of the same answer are left out."""


_KEY_LINE: Final = re.compile(r"[A-Za-z0-9+/]{32,}")
_RANDOM: Final = 4.0
"""Bits a code point from which on a long word is none of a language."""


@frozen
class MaskedQuestion:
    """A question that may be sent, and what its placeholders stand for (`core.secrets.masking.Masked`)."""

    question: NextEditQuestion
    secrets: Mapping[str, str] = field(factory=dict, repr=False)
    others: frozenset[str] = field(factory=frozenset, repr=False)
    rules: tuple[str, ...] = ()

    def unmasked(self, edits: Iterable[NextEdit], text: str) -> tuple[NextEdit, ...]:
        """Return edits of the masked text as edits of `text`, the document's own, with its secrets in them.

        An edit is left out that changes a secret, or that holds one of another document; and all of them where the
        others would mostly delete.
        """
        if not self.secrets and not self.others:
            return tuple(edits)
        kept, n_left_out = [], 0
        for edit in edits:
            restorer = Restorer(self.secrets, self.others)
            new = restorer.feed(edit.replacement.text) + restorer.finish()
            start, end = edit.replacement.start, edit.replacement.end
            if not restorer.is_over and not self._changes_secret(start, end, new, text):
                kept.append(evolve(edit, replacement=evolve(edit.replacement, text=new)))
            else:
                n_left_out += 1
        deleted = sum(it.replacement.end - it.replacement.start - len(it.replacement.text) for it in kept)
        return tuple(kept) if not n_left_out or deleted <= MOST_DELETED_ALONE else ()

    def _changes_secret(self, start: int, end: int, new: str, text: str) -> bool:
        """Does replacing a range of `text` by `new` cut into a secret, or leave one out?"""
        for secret in self.secrets.values():
            inside, at = 0, text.find(secret, max(0, start - len(secret)))
            while 0 <= at < max(end, start + 1):
                if start <= at and at + len(secret) <= end:
                    inside += 1
                elif at < end and start < at + len(secret):
                    return True
                at = text.find(secret, at + 1)
            if new.count(secret) < inside:
                return True
        return False


def mask_question(focus: Focus, placeholders: Placeholders) -> MaskedQuestion | None:
    """Return the question with placeholders for secrets; None where a secret is being typed or deleted.

    The cursor is in it then, or a part of what was typed or deleted stands in the document. Edits of the past that
    hold a part of a secret of the document, or of another edit, are left out.
    """
    question = focus.question
    document, cursor = question.document, question.cursor
    prefix, suffix = document.text[:cursor], document.text[cursor:]
    line_before, line_after = prefix.rpartition("\n")[2], suffix.partition("\n")[0]
    if cursor_secret(line_before, line_after) is not None:
        return None
    history = tuple(edit for edit in question.history if not _types_secret(edit))
    changed = [text for edit in question.history if edit not in history for text in _texts_of(edit)]
    parts_of_changed = _parts_of_secrets(changed)
    known = f"{focus.judged_above}{document.text}{focus.judged_below}"
    parts = parts_of_changed | _parts_of_secrets([known, *(text for edit in history for text in _texts_of(edit))])
    texts = [*(other.text for other in question.others), *(text for edit in history for text in _texts_of(edit))]
    request = CompletionRequest(
        Document(document.uri, document.language_id, question.version, document.path),
        Position(0, 0),
        prefix,
        suffix,
        prefix_is_whole=not focus.judged_above,
        suffix_is_whole=not focus.judged_below,
        judged_above=focus.judged_above,
        judged_below=focus.judged_below,
    )
    context = Context(prefix, suffix, document.path, document.language_id, tuple(Snippet("", text) for text in texts))
    masked = mask(context, request, placeholders)
    text = masked.context.prefix + masked.context.suffix
    if _holds_part(text, parts_of_changed):
        return None
    if masked.context is context:
        return MaskedQuestion(evolve(question, history=_without_parts(history, parts)))
    shown = [snippet.text for snippet in masked.context.snippets]
    n_others = len(question.others)
    others = tuple(evolve(other, text=text) for other, text in zip(question.others, shown, strict=False))
    pairs = zip(shown[n_others::2], shown[n_others + 1 :: 2], strict=True)
    return MaskedQuestion(
        evolve(
            question,
            document=evolve(document, text=text),
            others=others,
            history=_without_parts(
                [_with_texts(edit, *texts) for edit, texts in zip(history, pairs, strict=True)], parts
            ),
        ),
        masked.secrets,
        masked.others,
        masked.rules,
    )


def _texts_of(edit: PastEdit) -> tuple[str, str]:
    """Return the lines of an edit with those around them, before it and after it."""
    return _joined(edit.above, edit.old_lines, edit.below), _joined(edit.above, edit.new_lines, edit.below)


def _joined(*parts: Sequence[str]) -> str:
    return "\n".join(line for part in parts for line in part)


def _with_texts(edit: PastEdit, before: str, after: str) -> PastEdit:
    """Return an edit with the lines of two texts, which have as many lines as its own."""
    n_above, n_below = len(edit.above), len(edit.below)
    old, new = before.split("\n"), after.split("\n")
    return evolve(
        edit,
        above=tuple(new[:n_above]),
        old_lines=tuple(old[n_above : n_above + len(edit.old_lines)]),
        new_lines=tuple(new[n_above : n_above + len(edit.new_lines)]),
        below=tuple(new[len(new) - n_below :] if n_below else ()),
    )


def _types_secret(edit: PastEdit) -> bool:
    """Does an edit type, change or delete a secret, or the beginning of one?"""
    before, after = _texts_of(edit)
    if _secrets_in(before) != _secrets_in(after):
        return True
    return any(
        cursor_secret(line[:place], line[place:]) is not None
        for lines, others in ((edit.new_lines, edit.old_lines), (edit.old_lines, edit.new_lines))
        for line, place in _ends_of_change(lines, others)
    )


def _parts_of_secrets(texts: Iterable[str]) -> frozenset[str]:
    """Return all runs of FRAGMENT code points, in one line, of the secrets in texts; none of what may be a name."""
    parts = set[str]()
    for text in dict.fromkeys(texts):
        for found in find_secrets(text):
            secret = text[found.start : found.end]
            if is_unmistakable(secret):
                parts |= _runs(secret[found.kept :])
    return frozenset(parts)


def _runs(text: str) -> set[str]:
    return {line[at : at + FRAGMENT] for line in text.split("\n") for at in range(len(line) - FRAGMENT + 1)}


def _holds_part(text: str, parts: frozenset[str]) -> bool:
    return bool(parts) and not parts.isdisjoint(_runs(text))


def _without_parts(history: Iterable[PastEdit], parts: frozenset[str]) -> tuple[PastEdit, ...]:
    """Return masked edits without those that still hold a part of a secret: one that was cut, or is half typed.

    The lines of a private key are told by their letters, for its marks may stand in no text any more.
    """
    return tuple(
        edit for edit in history if not any(_holds_part(it, parts) or _holds_key_line(it) for it in _texts_of(edit))
    )


def _holds_key_line(text: str) -> bool:
    return any(
        any(c.isdigit() for c in run) and run.upper() != run != run.lower() and entropy(run) >= _RANDOM
        for run in _KEY_LINE.findall(text)
    )


def _secrets_in(text: str) -> list[str]:
    return sorted(text[it.start : it.end] for it in find_secrets(text))


def _ends_of_change(lines: Sequence[str], others: Sequence[str]) -> Iterable[tuple[str, int]]:
    """Yield each changed line with the place where its change ends, given the lines on the other side of the edit."""
    for number, line in enumerate(lines):
        other = others[number] if number < len(others) else ""
        if line == other:
            continue
        tail, most = 0, min(len(line), len(other))
        while tail < most and line[-1 - tail] == other[-1 - tail]:
            tail += 1
        yield line, len(line) - tail
