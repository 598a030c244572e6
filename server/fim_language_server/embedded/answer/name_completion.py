"""Completion of a name that is begun after a receiver, for places where no whole line is likely enough.

In a small workspace lines seldom occur again, but names do: if the user types `self.wid`, `self.width` occurs twice
and no other member of `self` begins with `wid`, then `width` is meant, whatever follows it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.search.cursor import Cursor
from fim_language_server.embedded.text.names import is_name

_SMALL: Final = 20_000
"""Tokens of a workspace below which names are completed. In a larger one lines do occur again, and names alone would
lower the share of shown texts that are accepted (docs/embedded-internals.md)."""
_LEAST_TYPED: Final = 2
"""Code points of a name that must be typed: before that, the editor's own list is the better guide."""
_LEAST_LEFT: Final = 2
"""Code points that must be left of it: accepting one takes as long as typing it."""
_LEAST_TIMES: Final = 2
"""Occurrences of a name after the receiver in the document: a single one may be a typing error."""
_ACCESSES: Final = (".", "?.", "->", "::")
"""Tokens between a receiver and its member."""


def finish_name(corpus: Corpus, cursor: Cursor) -> str:
    """Return the rest of the name at the cursor; "" if it is ambiguous, or the workspace is large.

    Only names after a receiver are completed, from the document alone, and not if the cursor is within a name.
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
