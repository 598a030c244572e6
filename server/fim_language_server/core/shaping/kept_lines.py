"""A suggestion of several lines stays one while its lines are typed.

By itself, the rest of a line that has text before the cursor would be one line. A ghost text that loses its lines
at the first key, and shows them again at the next Enter, flickers; VS Code and Copilot keep it whole, too.
"""

from __future__ import annotations

from attrs import evolve

from fim_language_server.core.shaping.cursor_context import ShapingOptions, read_cursor_context
from fim_language_server.core.values import CompletionRequest


def options_while_typing(origin: CompletionRequest, typed: str, options: ShapingOptions) -> ShapingOptions:
    r"""Return the options for what is left of an answer: the request it answered, and what was typed of it since.

    Where lines of it are typed already (line ends are `\n`), what follows them was shown on the blank line they left.
    """
    if options.multi_line != "auto":
        return options
    around = read_cursor_context(origin, options)
    may_have_several = around.is_free and (around.is_fresh or "\n" in typed)
    return evolve(options, multi_line="always") if may_have_several else options
