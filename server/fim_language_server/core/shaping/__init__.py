"""Shaping: the part of a model's text that may be shown. An ordered list of filters, one a file, and three questions.

A filter takes the surroundings and a text with plain line ends, and returns what it leaves of the text; "" drops it.
Filters only take away, but for indentation and line ends, so that what is shown is a pure insertion at the cursor.
When to ask, and what to do with the rest of a stream, is the engine's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from attrs import evolve, field, frozen

from fim_language_server.core.invisible_characters import has_invisible
from fim_language_server.core.shaping import block, line_limit, lines_below, model_marks, repetition
from fim_language_server.core.shaping.closers_below import stop_at_closers_below
from fim_language_server.core.shaping.cursor_context import CursorContext, ShapingOptions, read_cursor_context
from fim_language_server.core.shaping.echo import is_bare_echo, is_partial_echo, skip_echo
from fim_language_server.core.shaping.fences import has_closed_fence, remove_fence, remove_prose
from fim_language_server.core.shaping.first_indent import fit_first_indent
from fim_language_server.core.shaping.indentation import fit_indentation
from fim_language_server.core.shaping.invisible import remove_control_characters
from fim_language_server.core.shaping.line_limit import drop_what_breaks_the_line
from fim_language_server.core.shaping.line_start import (
    leads_out,
    skip_blank_lines,
    skip_doubled_space,
)
from fim_language_server.core.shaping.lines_above import drop_lines_above
from fim_language_server.core.shaping.lines_below import stop_at_lines_below, stop_cut_text_at_lines_below
from fim_language_server.core.shaping.model_marks import remove_model_marks, remove_reasoning
from fim_language_server.core.shaping.next_line import NextLine, may_begin_below, read_next_line
from fim_language_server.core.shaping.rest_of_line import rest_begins_at, trim_rest_of_line
from fim_language_server.core.shaping.said_again import skip_restated_line, skip_restated_word
from fim_language_server.core.shaping.trailing import trim_trailing
from fim_language_server.core.shaping.whole_line import replaced_length
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest

__all__ = ["Shaped", "ShapingOptions", "is_complete", "is_exhausted", "replaced_length", "shape"]

_LOOK_AHEAD: Final = 8
"""Lines past the shown part of a text that are still worth waiting for: the next keystrokes may need them.

Eight instead of three cost no token more on the typing benchmark, and save a request in thirty."""
_MOST_PASSES: Final = 8

Filter = Callable[[CursorContext, str], str]
EndsAt = Callable[[CursorContext, list[str]], int | None]


@frozen
class Shaped:
    """The shaped text (may be ""), the filter that dropped all of it, and the filters that changed it, in order."""

    text: str = field(repr=False)
    dropped_by: str | None = None
    changed_by: tuple[str, ...] = ()


def _stop(ends_at: EndsAt) -> Filter:
    """Make a filter of the question where the shown part of whole lines ends."""

    def stop(around: CursorContext, text: str) -> str:
        lines = text.split("\n")
        end = ends_at(around, lines)
        return text if end is None else "\n".join(lines[:end])

    return stop


_CLEAN: Final[tuple[tuple[str, Filter], ...]] = (
    ("control characters", remove_control_characters),
    ("reasoning", remove_reasoning),
    ("model marks", remove_model_marks),
    ("prose", remove_prose),
    ("fence", remove_fence),
)
"""Filters for any text, finished or not."""

_MAY_BE_WRAPPED: Final = re.compile(
    r"[<\[`◁▁ĠĊ~+>{@](?:(?<=[`◁▁ĠĊ])|(?<=<)[|｜\[</A-Za-z0]|(?<=\[)[/A-Z]|(?<=~)~~|(?<=\+)\+{4} |(?<=>)>{6} "
    r"|(?<=\{)\{FILL|(?<=@)@ -)"
)
"""The beginnings of all marks, fences and wrappers. A text without them, and without invisible characters, has only
prose to be removed. The set of first characters comes first: such a search skips other characters fast."""
_LINES_BELOW: Final = "lines below"
_ECHO: Final = "restated lines"

_SAID_AGAIN: Final[tuple[tuple[str, Filter], ...]] = (
    (_ECHO, skip_echo),
    ("restated line", skip_restated_line),
    ("restated word", skip_restated_word),
)
_BEGIN: Final[tuple[tuple[str, Filter], ...]] = (
    *_SAID_AGAIN,
    ("blank start", skip_blank_lines),
    ("doubled space", skip_doubled_space),
    ("indentation", fit_indentation),
    ("doubled indentation", fit_first_indent),
)
"""Filters that fit the beginning of the text to the cursor's line."""

_FINISH: Final[tuple[tuple[str, Filter], ...]] = (
    ("rest of line", trim_rest_of_line),
    ("broken line", drop_what_breaks_the_line),
    (_LINES_BELOW, stop_at_lines_below),
    ("line limit", _stop(line_limit.ends_at)),
    ("block", _stop(block.ends_at)),
    ("closers below", stop_at_closers_below),
    ("repetition", _stop(repetition.ends_at)),
    ("lines above", drop_lines_above),
    ("trailing space", trim_trailing),
)
"""Filters that decide where the shown text ends."""

_SURE_ENDS: Final[tuple[EndsAt, ...]] = (
    lines_below.ends_at,
    line_limit.ends_at,
    block.ends_at,
    repetition.ends_at,
)
"""Each gives the index of the first line not to be shown, and never takes it back when more lines come."""


def shape(request: CompletionRequest, text: str, options: ShapingOptions, finished: bool) -> Shaped:
    """Make `text` presentable as a pure insertion at the cursor, or drop it.

    `text` is what the model says from the request's cursor on. Of a text that is not `finished` only whole lines
    are shown. The result has the document's line ends, begins with one only where the request allows it, does not
    repeat what follows the cursor, and shaped again stays the same. Costs some tens of microseconds for a text of a
    dozen lines.
    """
    around = read_cursor_context(request, options)
    text = with_plain_line_ends(text)
    finished = finished or has_ended_itself(around, text)
    if (below := _below(request, around, text)) is not None:
        shaped = shape(below.request, below.text, options, finished)
        return evolve(shaped, text=around.eol * below.line_ends + shaped.text) if shaped.text else shaped
    changed: dict[str, None] = {}
    is_cut = False
    for number in range(_MOST_PASSES):
        before = text
        for name, apply in _CLEAN:
            text = _apply(around, text, name, apply, changed)
        # Only of the whole text: what the other filters leave of it is no more than lines that stand above, too.
        if not number and _is_only_echo(around, text, finished):
            return Shaped("", _ECHO if finished else "unfinished", (*changed, _ECHO))
        for name, apply in _BEGIN:
            text = _apply(around, text, name, apply, changed)
        if not finished:
            text = _whole_lines(around, text)
            if not text and before:
                return Shaped("", _last(changed) if not before.strip() else "unfinished", tuple(changed))
            finished = is_cut = True
        for name, apply in _FINISH:
            if name == _LINES_BELOW and is_cut:
                text = _apply(around, text, name, stop_cut_text_at_lines_below, changed)
            else:
                text = _apply(around, text, name, apply, changed)
        if not text:
            return Shaped("", _last(changed), tuple(changed))
        # Filters only shorten: what one of them cuts may uncover something for one before it.
        if text == before:
            break
        is_cut = True
    return Shaped(text.replace("\n", around.eol), None, tuple(changed))


def has_ended_itself(around: CursorContext, text: str) -> bool:
    """Say whether the model has ended its answer in the text: with a mark of its template, or by closing its fence."""
    return _clean(around, text)[1]


def is_complete(request: CompletionRequest, text: str, options: ShapingOptions) -> bool:
    """Say whether a still-growing `text` holds all that would be shown, so that the reader can be answered.

    True once the first line is finished where one line is shown, the line limit is reached, a line has begun that
    is out of the block, the text goes over into what follows the cursor, or it repeats itself. Once true it stays
    true as the text grows.
    """
    around = read_cursor_context(request, options)
    text = with_plain_line_ends(text)
    if (below := _below(request, around, text)) is not None:
        return has_ended_itself(around, text) or is_complete(below.request, below.text, options)
    begun, is_over = _begin(around, text)
    return is_over or _is_complete(around, begun)


def is_exhausted(request: CompletionRequest, text: str, options: ShapingOptions) -> bool:
    """Say whether nothing the model could still add would be shown, now or after the next keystrokes.

    A stream of which this is true can be hung up. Looks a few lines past the shown part, because the user types on
    where the suggestion ends; at the end of a line that has text, as many as would be shown after Enter.
    Implies `is_complete`.
    """
    around = read_cursor_context(request, options)
    text = with_plain_line_ends(text)
    if has_ended_itself(around, text):
        return True
    if (below := _below(request, around, text)) is not None:
        return is_exhausted(below.request, below.text, options)
    begun, is_over = _begin(around, text)
    if is_over:
        return text.count("\n") >= options.max_lines + _LOOK_AHEAD
    if not _is_complete(around, begun):
        return False
    *whole, last = begun.split("\n")
    if repetition.runs_away(last) or repetition.ends_at(around, whole) is not None:
        return True
    if lines_below.ends_at(around, whole) is not None:
        return True
    if around.is_fresh and block.unindents_twice(around, [*whole, last]):
        return True
    ends = [end for ends_at in _SURE_ENDS if (end := ends_at(around, whole)) is not None]
    return len(whole) >= min(ends, default=len(whole) + 1) + _LOOK_AHEAD


def _below(request: CompletionRequest, around: CursorContext, text: str) -> NextLine | None:
    """Return what a text that begins with a line end says of the lines below, where it may begin with one."""
    if not may_begin_below(request, around) or "\n" not in text:
        return None
    return read_next_line(request, _all(_CLEAN + _SAID_AGAIN, around, text))


def _is_only_echo(around: CursorContext, text: str, finished: bool) -> bool:
    return is_bare_echo(around, text) if finished else is_partial_echo(around, text)


def _is_complete(around: CursorContext, begun: str) -> bool:
    if rest_begins_at(around, begun) is not None:
        return True
    lines = begun.split("\n")
    if lines_below.is_undecided(around, lines[:-1]):
        return False
    if repetition.runs_away(lines[-1]) or block.has_ended(around, lines):
        return True
    if line_limit.has_ended(around, lines):
        return True
    whole = lines[:-1]
    # Where `block.ends_at` holds for the whole lines, `block.has_ended` holds for all.
    return (
        lines_below.ends_at(around, whole) is not None
        or line_limit.ends_at(around, whole) is not None
        or repetition.ends_at(around, whole) is not None
    )


def _begin(around: CursorContext, text: str) -> tuple[str, bool]:
    """Return a growing text as it would begin, and whether nothing that comes can change what is shown of it."""
    clean, has_ended = _clean(around, text)
    is_over = has_ended or ("\n" in clean and leads_out(around, skip_restated_line(around, clean)))
    if is_partial_echo(around, clean):
        return "", is_over
    return _all(_BEGIN, around, clean), is_over


def _clean(around: CursorContext, text: str) -> tuple[str, bool]:
    """Return a text without what the model says beside the code, and whether the model has ended its answer in it."""
    if has_invisible(text) or _MAY_BE_WRAPPED.search(text):
        fenced = _all(_CLEAN[:-1], around, text)
        has_ended = model_marks.has_ended_itself(around, text) or has_closed_fence(around, fenced)
        return remove_fence(around, fenced), has_ended
    return remove_prose(around, text), False


def _all(filters: tuple[tuple[str, Filter], ...], around: CursorContext, text: str) -> str:
    for _, apply in filters:
        text = apply(around, text)
    return text


def _whole_lines(around: CursorContext, text: str) -> str:
    """Cut the last line, which is not finished, unless what is shown of it is sure."""
    end = rest_begins_at(around, text)
    if end is not None:
        return text[:end]
    whole, line_end, _ = text.rpartition("\n")
    # Before code on the cursor's line the line end itself is telling: see `drop_what_breaks_the_line`.
    return whole if around.is_free else whole + line_end


def _apply(around: CursorContext, text: str, name: str, apply: Filter, changed: dict[str, None]) -> str:
    result = apply(around, text)
    if result != text:
        changed.pop(name, None)
        changed[name] = None
    return result


def _last(changed: dict[str, None]) -> str:
    return next(reversed(changed), "empty")
