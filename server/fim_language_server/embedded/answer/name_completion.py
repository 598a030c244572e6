"""The name begun behind a receiver, finished: all that can be said where no whole line is likely enough.

In a small workspace lines seldom come again, but names do: whoever types `self.wid` where `self.width` stands twice
and nothing else of `self` begins so means `width`, whatever comes after it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.names import is_name

_SMALL: Final = 20_000
"""Tokens of a workspace below which names are finished. In a larger one lines do come again, and a name alone would
be one more text to look past: fewer of those shown while typing would be accepted (docs/embedded.md)."""
_LEAST_TYPED: Final = 2
"""Code points of a name that must be typed: before, the list of the editor is the better guide."""
_LEAST_LEFT: Final = 2
"""Code points that must be left of it: for one, accepting takes as long as typing."""
_LEAST_TIMES: Final = 2
"""How often a name must stand in the document behind the receiver: once may be a slip of the keys."""
_ACCESSES: Final = (".", "?.", "->", "::")
"""What stands between a receiver and its member."""


def finish_name(corpus: Corpus, cursor: Cursor) -> str:
    """Return the rest of the name at the cursor, or "" where it may be another one, or the workspace is large.

    It is known from the document alone, and only behind a receiver; in the middle of a name it is "".
    """
    if corpus.size >= _SMALL:
        return ""
    vocabulary, begun = corpus.vocabulary, cursor.unfinished
    accesses = list(map(vocabulary.find, _ACCESSES))
    if len(begun) < _LEAST_TYPED or not is_name(begun) or cursor.wanted is None or cursor.context[-1] not in accesses:
        return ""
    if is_name(cursor.tail) or cursor.tail[:1].isdigit():
        return ""
    receiver = vocabulary.text(cursor.context[-2]).strip()
    tokens = cursor.tokens
    behind = np.flatnonzero(cursor.wanted.admits(tokens))
    receivers = [vocabulary.find(receiver), vocabulary.find(f" {receiver}")]
    behind = behind[np.isin(tokens[behind - 1], accesses) & np.isin(tokens[behind - 2], receivers)]
    members = Counter(map(vocabulary.text, tokens[behind].tolist()))
    if len(members) != 1:
        return ""
    ((name, times),) = members.items()
    rest = name[len(begun) :]
    return rest if times >= _LEAST_TIMES and len(rest) >= _LEAST_LEFT else ""
