"""Context for a model: the request's windows cut to size at line ends, with plain line ends."""

from __future__ import annotations

from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Context, Snippet

STEP_SHARE = 8
"""The share of a prefix window, one in so many, that is given up for a start that stays where it is."""


def build_context(
    request: CompletionRequest, prefix_chars: int, suffix_chars: int, snippets: tuple[Snippet, ...] = ()
) -> Context:
    r"""Return the context for a request, with at most so many code points before and after the cursor.

    Windows begin and end at line ends where they can, because half a line misleads a model. A window that is cut
    begins where it began a moment ago: providers and servers keep what they worked out of a prompt as long as its
    beginning stays the same, and bill it at a part of its price. Line ends become `\n`:
    models have seen few others; `core.shaping` puts the document's own back.
    """
    prefix, suffix = request.prefix, request.suffix
    if not request.prefix_is_whole or len(prefix) > prefix_chars:
        prefix = _from_steady_start(prefix[-prefix_chars:], request.position.line)
    if not request.suffix_is_whole or len(suffix) > suffix_chars:
        suffix = _to_line_end(suffix[:suffix_chars])
    return Context(
        prefix=with_plain_line_ends(prefix),
        suffix=with_plain_line_ends(suffix),
        path=request.document.path,
        language_id=request.document.language_id,
        snippets=snippets,
    )


def lines_of_windows(context: Context, line: int) -> tuple[int, int]:
    """Return the first line of a context's windows around the cursor's `line`, and the line behind the last."""
    last_is_cut = not context.suffix.endswith("\n")
    return line - context.prefix.count("\n"), line + context.suffix.count("\n") + last_is_cut


def _from_steady_start(window: str, last_line: int) -> str:
    """Drop the first line, which may be cut, and some more: up to the roundest line number in the window's first part.

    As text is typed the window slides, and its roundest line stays the same for many keys. The first line is kept
    where there is no other.
    """
    first_line = last_line - window.count("\n")
    start, roundest, best = window.find("\n") + 1, 0, 0
    if not start:
        return window
    at, number = start, first_line + 1
    while at and (at == start or at <= len(window) // STEP_SHARE):
        # The lowest set bit says by which power of two a number can be divided.
        if (number & -number) > roundest:
            roundest, best = number & -number, at
        at, number = window.find("\n", at) + 1, number + 1
    return window[best or start :]


def _to_line_end(window: str) -> str:
    """Drop the last line, which may be cut; keep it where it is the cursor's own."""
    kept, line_end, _ = window.rpartition("\n")
    return kept + line_end if line_end else window
