"""What the model may see: the request's windows cut to size at line ends, with plain line ends."""

from __future__ import annotations

from fim_language_server.core.typing_through import with_plain_line_ends
from fim_language_server.core.values import CompletionRequest, Context, Snippet


def build_context(
    request: CompletionRequest, prefix_chars: int, suffix_chars: int, snippets: tuple[Snippet, ...] = ()
) -> Context:
    r"""Return the context for a request, with at most so many code points before and after the cursor.

    Windows begin and end at line ends where they can, because half a line misleads a model. Line ends become `\n`:
    models have seen few others; `core.shaping` puts the document's own back.
    """
    prefix, suffix = request.prefix, request.suffix
    if not request.prefix_is_whole or len(prefix) > prefix_chars:
        prefix = _from_line_start(prefix[-prefix_chars:])
    if not request.suffix_is_whole or len(suffix) > suffix_chars:
        suffix = _to_line_end(suffix[:suffix_chars])
    return Context(
        prefix=with_plain_line_ends(prefix),
        suffix=with_plain_line_ends(suffix),
        path=request.document.path,
        language_id=request.document.language_id,
        snippets=snippets,
    )


def _from_line_start(window: str) -> str:
    """Drop the first line, which may be cut; keep it where there is no other."""
    _, line_end, rest = window.partition("\n")
    return rest if line_end else window


def _to_line_end(window: str) -> str:
    """Drop the last line, which may be cut; keep it where it is the cursor's own."""
    kept, line_end, _ = window.rpartition("\n")
    return kept + line_end if line_end else window
