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
_PICTURE: Final = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_ONE_PICTURE: Final = f"{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
_JOINED: Final = re.compile(
    f"\U0001f3f4[\U000e0020-\U000e007e]{{1,6}}\U000e007f|{_ONE_PICTURE}(?:\u200d{_ONE_PICTURE})*|[0-9#*]\ufe0f?\u20e3"
)
"""An emoji with what makes it one: variation selectors, skin tones, joiners, and the tags of a flag."""
_LETTERS_JOINED: Final = re.compile("(?<=[\u0600-\u08ff\u0900-\u0dff])[\u200c\u200d](?=[\u0600-\u08ff\u0900-\u0dff])")


def remove_control_characters(around: CursorContext, text: str) -> str:
    """Remove characters that would corrupt a document, cannot be sent, or are not seen."""
    return without_hidden(text, around.window) if has_invisible(text) else text


def without_hidden(text: str, window: str) -> str:
    """Return a model's text without those characters; `window` is text of the document that it is for."""
    text = _NEVER.sub("", text)
    for group in _GROUPS:
        if group.search(text) and not group.search(window):
            kept = _kept(text)
            text = "".join(one for at, one in enumerate(text) if at in kept or not group.match(one))
    return text


def _kept(text: str) -> set[int]:
    """Return the indices of the characters that make an emoji or a letter what it is."""
    kept = {at for found in _JOINED.finditer(text) for at in range(found.start(), found.end())}
    kept.update(found.start() for found in _LETTERS_JOINED.finditer(text))
    return kept
