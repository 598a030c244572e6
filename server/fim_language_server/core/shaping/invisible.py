"""Leave out characters that nobody sees, or that reorder what is seen, where the document has none of their kind.

A document in Arabic has bidirectional marks, one in Persian or with emoji joiners: there they stay. In a text for a
document without them, they are at best a tokenizer's noise, at worst code that reads otherwise than it runs.
"""

from __future__ import annotations

import re
from typing import Final

from fim_language_server.core.invisible_characters import (
    BIDIRECTIONAL,
    CONTROLS,
    LINE_SEPARATORS,
    TAGS,
    UNENCODABLE,
    VARIATION_SELECTORS,
    ZERO_WIDTH,
    character_class,
    has_invisible,
)
from fim_language_server.core.shaping.cursor_context import CursorContext

_NEVER: Final = re.compile(f"[{character_class((*CONTROLS, *UNENCODABLE, (0xFEFF, 0xFEFF)))}]")
_GROUPS: Final = tuple(
    re.compile(f"[{character_class(group)}]")
    for group in (LINE_SEPARATORS, BIDIRECTIONAL, ZERO_WIDTH, VARIATION_SELECTORS, TAGS)
)
_PICTURE: Final = "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u3299\U0001f000-\U0001faff]"
_JOINED: Final = re.compile(
    f"{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?(?:\u200d{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?)*"
    "(?:[\U000e0020-\U000e007e]+\U000e007f)?|[0-9#*]\ufe0f?\u20e3"
)
"""An emoji with what makes it one: variation selectors, skin tones, joiners, and the tags of a flag."""
_LETTERS_JOINED: Final = re.compile("(?<=[\u0600-\u08ff\u0900-\u0dff])[\u200c\u200d](?=[\u0600-\u08ff\u0900-\u0dff])")


def remove_control_characters(around: CursorContext, text: str) -> str:
    """Remove characters that would corrupt a document, cannot be sent, or are not seen."""
    if not has_invisible(text):
        return text
    text = _NEVER.sub("", text)
    kept = {at for found in _JOINED.finditer(text) for at in range(found.start(), found.end())}
    kept.update(found.start() for found in _LETTERS_JOINED.finditer(text))
    for group in _GROUPS:
        if group.search(text) and not group.search(around.window):
            kept_here = kept
            pieces = [one for at, one in enumerate(text) if at in kept_here or not group.match(one)]
            removed = len(text) - len(pieces)
            text = "".join(pieces)
            if removed:
                kept = {at for found in _JOINED.finditer(text) for at in range(found.start(), found.end())}
                kept.update(found.start() for found in _LETTERS_JOINED.finditer(text))
    return text
