"""A suggestion of several lines stays one while its first line is typed.

By itself, the rest of a line that has text before the cursor would be one line. A ghost text that loses its lines
at the first key, and shows them again at the next Enter, flickers; VS Code and Copilot keep it whole, too.
"""

from __future__ import annotations

from attrs import evolve

from fim_language_server.core.shaping.surroundings import ShapingOptions, look_around
from fim_language_server.core.values import CompletionRequest


def options_while_typing(origin: CompletionRequest, options: ShapingOptions) -> ShapingOptions:
    """Return the options for what is left of an answer, given the request it answered."""
    if options.multi_line != "auto":
        return options
    around = look_around(origin, options)
    return evolve(options, multi_line="always") if around.is_fresh and around.is_free else options
