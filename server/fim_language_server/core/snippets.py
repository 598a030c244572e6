"""Pieces of other open documents that are worth showing to the model: those that speak of the same things.

Windows of 24 lines are scored by the words they share with the lines around the cursor: Jaccard similarity, as in
RepoCoder (Zhang et al. 2023) and llama.vim's ring buffer. Bounded: six documents, 800 lines of each, and the words
of a line are worked out once. Which documents are open, and which was visited last, is the caller's to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from typing import Final

from attrs import frozen

from fim_language_server.core.languages import language_of
from fim_language_server.core.secrets.enclosing import lines_above, lines_below
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Document, Snippet

_DOCUMENTS: Final = 6
_LINES: Final = 800
_WINDOW: Final = 24
_STEP: Final = 8
_SNIPPETS: Final = 4
_LONGEST_LINE: Final = 400
"""Longer lines are data or minified code: their words say little, and they would fill the snippet."""
_HEAD: Final = 4_000

_LINES_BEFORE: Final = 40
_LINES_AFTER: Final = 8
_MIN_SCORE: Final = 0.06
_MIN_SHARED: Final = 3
_OTHER_LANGUAGE: Final = 0.5
"""The weight of a window in another language, relative to one in the cursor's."""

_WORD: Final = re.compile(r"[^\W\d]\w{2,}")
_COMMON: Final = frozenset(
    [
        "and", "any", "bool", "break", "case", "catch", "class", "const", "continue", "def", "default", "elif",
        "else", "end", "enum", "except", "export", "extends", "false", "False", "finally", "float", "fmt", "for",
        "from", "func", "function", "global", "impl", "implements", "import", "int", "interface", "lambda", "let",
        "map", "match", "mut", "new", "nil", "None", "not", "null", "number", "object", "package", "pass",
        "private", "protected", "pub", "public", "raise", "range", "require", "return", "self", "static", "str",
        "string", "struct", "super", "switch", "the", "then", "this", "throw", "true", "True", "try", "type",
        "undefined", "use", "var", "void", "while", "with", "yield",
    ]
)  # fmt: skip
"""Words of so many lines that sharing them says nothing."""


@frozen
class _Window:
    """A window's first line and its score."""

    start: int
    score: float


def select_snippets(
    request: CompletionRequest, documents: Iterable[tuple[Document, Sequence[str]]], max_chars: int
) -> tuple[Snippet, ...]:
    r"""Return up to four pieces of other documents, the best first, of `max_chars` code points in all.

    `documents` are open documents with their lines, the most interesting first; lines may carry their line ends.
    At most one piece of each. Left out are the request's own document, files that are secrets by their name or their
    text, and what does not look like text. Secrets in other files are masked later (`secrets.masking`). Line ends
    become `\n`. The same input gives the same pieces.
    """
    if max_chars <= 0:
        return ()
    wanted = _words_around(request)
    if len(wanted) < _MIN_SHARED:
        return ()
    language = language_of(request.document)
    found: list[tuple[float, int, Document, Sequence[str], int]] = []
    others = (entry for entry in documents if _is_usable(request, *entry))
    for rank, (document, lines) in enumerate(islice(others, _DOCUMENTS)):
        best = _best_window(lines, wanted)
        if best is None:
            continue
        score = best.score * (1.0 if language_of(document) == language else _OTHER_LANGUAGE)
        if score >= _MIN_SCORE:
            found.append((-score, rank, document, lines, best.start))
    snippets: list[Snippet] = []
    for _, _, document, lines, start in sorted(found, key=lambda entry: entry[:2])[:_SNIPPETS]:
        text = _text_of(lines[start : start + _WINDOW], max_chars)
        if text:
            path = document.path or document.uri.rpartition("/")[2]
            above, below = lines_above(lines, start), lines_below(lines, start + _WINDOW)
            snippets.append(Snippet(path, text, above, below, first_line=start))
            max_chars -= len(text)
    return tuple(snippets)


def _is_usable(request: CompletionRequest, document: Document, lines: Sequence[str]) -> bool:
    if document.uri == request.document.uri or not lines:
        return False
    if document.withheld is not None or secret_document_reason(document) is not None:
        return False
    head = "\n".join(lines[:40])[:_HEAD]
    return "\0" not in head


def _words_around(request: CompletionRequest) -> frozenset[str]:
    before = with_plain_line_ends(request.prefix[-_LINES_BEFORE * 100 :]).split("\n")[-_LINES_BEFORE:]
    after = with_plain_line_ends(request.suffix[: _LINES_AFTER * 100]).split("\n")[:_LINES_AFTER]
    return frozenset().union(*map(_words_of, before), *map(_words_of, after))


@lru_cache(maxsize=8_192)
def _words_of(line: str) -> frozenset[str]:
    """Return the telling words of a line. Remembered: between two keystrokes nearly all lines are the same."""
    return frozenset(_WORD.findall(line)) - _COMMON if len(line) <= _LONGEST_LINE else frozenset()


def _best_window(lines: Sequence[str], wanted: frozenset[str]) -> _Window | None:
    """Return the window that shares most with the wanted words; the first of equals."""
    words = [_words_of(line) for line in lines[:_LINES]]
    shared = [found & wanted for found in words]
    sums = list(accumulate(map(len, shared), initial=0))
    best: _Window | None = None
    for start in range(0, max(len(words) - _WINDOW, 0) + _STEP, _STEP):
        # Even a window whose words are all shared, and all different, would score no better than this.
        at_most = sums[min(start + _WINDOW, len(words))] - sums[min(start, len(words))]
        if at_most < _MIN_SHARED or (best is not None and at_most <= best.score * len(wanted)):
            continue
        common = frozenset().union(*shared[start : start + _WINDOW])
        if len(common) < _MIN_SHARED:
            continue
        score = len(common) / len(wanted.union(*words[start : start + _WINDOW]))
        if best is None or score > best.score:
            best = _Window(start, score)
    return best


def _text_of(lines: Sequence[str], max_chars: int) -> str:
    """Return as many whole lines as fit, without blank ones at either end."""
    kept: list[str] = []
    length = 0
    for line in lines:
        bare = line.rstrip("\r\n")
        length += len(bare) + 1
        if length > max_chars or len(bare) > _LONGEST_LINE:
            break
        kept.append(bare)
    return "\n".join(kept).strip("\n") if any(line.strip() for line in kept) else ""
