"""Characters that show nothing, or change how others are shown: the table, and text without them. Pure.

Unicode's categories are not the measure: soft hyphens, Hangul fillers and variation selectors are letters or marks by
category. Groups follow Unicode TR 36 (security), TR 39 (confusables) and "Trojan Source" (CVE-2021-42574).
Tab and line feed belong to no group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

CONTROLS: Final = ((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F))
"""C0 but tab and line feed, DEL, and C1: U+009B starts a terminal's command as ESC [ does."""

LINE_SEPARATORS: Final = ((0x2028, 0x2029),)
"""Line ends to some editors and to JavaScript before 2019, and to no compiler of other languages."""

BIDIRECTIONAL: Final = ((0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069))
"""Marks, embeddings, overrides and isolates that reorder what is shown."""

ZERO_WIDTH: Final = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers, as the next two
    (0x3164, 0x3164),
    (0xFFA0, 0xFFA0),
    (0x17B4, 0x17B5),  # inherent vowels of Khmer
    (0x180E, 0x180E),  # Mongolian vowel separator
    (0x200B, 0x200D),  # zero width space, non-joiner and joiner
    (0x2060, 0x2065),  # word joiner and invisible operators
    (0x206A, 0x206F),  # deprecated format characters
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0x13430, 0x1343F),  # Egyptian hieroglyph format controls
    (0x1BCA0, 0x1BCA3),  # shorthand format controls
    (0x1D173, 0x1D17A),  # musical format controls
)
"""Characters of no width. The joiners are letters' and emoji's own in some scripts: a document may have them."""

VARIATION_SELECTORS: Final = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""They choose among a character's shapes; a run of them can hide any text."""

TAGS: Final = ((0xE0000, 0xE007F),)
"""A copy of ASCII that no font shows."""

UNENCODABLE: Final = ((0xD800, 0xDFFF), (0xFFFE, 0xFFFF))
"""Lone surrogates, which UTF-8 cannot say, and the noncharacters of the first plane."""

INVISIBLE: Final = (
    *CONTROLS,
    *LINE_SEPARATORS,
    *BIDIRECTIONAL,
    *ZERO_WIDTH,
    *VARIATION_SELECTORS,
    *TAGS,
    *UNENCODABLE,
)
"""All of them, as (first, last) code points."""


def character_class(ranges: Iterable[tuple[int, int]]) -> str:
    """Return the members of a regular expression's class, without its brackets, for ranges of code points."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_INVISIBLE: Final = re.compile(f"[{character_class(INVISIBLE)}]")
_CONTROLS_AND_LINE_ENDS: Final = re.compile(f"[{character_class((*CONTROLS, *LINE_SEPARATORS))}\\t\\n]+")


def has_invisible(text: str) -> bool:
    """Say whether any of them is in a text. ASCII without control characters is answered at once."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return False
    return _INVISIBLE.search(text) is not None


def without_invisible(text: str) -> str:
    """Return a text without them; tabs and line feeds stay."""
    return _INVISIBLE.sub("", text) if has_invisible(text) else text


def on_one_line(text: str, most: int) -> str:
    """Return a text as one line of at most `most` characters, with "…" where it is cut.

    A run of controls and line ends becomes a blank, and other characters that show nothing go. No more than
    four times `most` characters are looked at, so a text of any length costs the same.
    """
    line = text[: 4 * most]
    if not (line.isascii() and line.isprintable()):
        line = _INVISIBLE.sub("", _CONTROLS_AND_LINE_ENDS.sub(" ", line))
    line = line.strip()
    return line if len(line) <= most and len(text) <= 4 * most else line[: most - 1] + "…"
