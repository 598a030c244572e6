"""One edit of a document, and how the text after it relates to earlier requests: worked out once for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import define, evolve, field

from fim_language_server.core.typing_through import Relation, relate
from fim_language_server.core.values import CompletionRequest

PAIRS: Final = frozenset({"()", "[]", "{}", "<>", '""', "''", "``"})
"""Pairs that an editor may insert for one key: an opening character and the closing one."""

_TWO_LINE_ENDS: Final = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?P<last>(?:\r\n|\r|\n)[ \t]*)$")
_LONGEST_INDENT: Final = 200


@define(eq=False)
class Edit:
    """One `didChange`: `views` are the document's text and cursor at the end of each of its changes, one at least.

    All that runs or is shown in a document is judged by the same edit; relations are kept for that.
    """

    views: Sequence[CompletionRequest]
    _direct: dict[int, tuple[CompletionRequest, list[Relation | None]]] = field(factory=dict, init=False, repr=False)
    _all: dict[int, list[Relation]] = field(factory=dict, init=False, repr=False)

    @property
    def uri(self) -> str:
        """The document's URI."""
        return self.views[0].document.uri

    def direct_relations_to(self, origin: CompletionRequest) -> Sequence[Relation | None]:
        """Return for each change how the text at its end relates to an earlier request; None where it does not."""
        kept = self._direct.get(id(origin))
        if kept is None:
            # The request is kept with its relations, so that no other one can get its id.
            kept = self._direct[id(origin)] = origin, [relate(origin, view) for view in self.views]
        return kept[1]

    def relations_to(self, origin: CompletionRequest) -> Sequence[Relation]:
        """Return how the text at the end of the changes relates to an earlier request, in all ways it can be read.

        A change that ends with an opened and closed pair may be one key: then the cursor is inside the pair. So may
        one that ends with two line ends: Enter between brackets, after which the cursor is between the two.
        """
        direct = self.direct_relations_to(origin)
        found = self._all.get(id(origin))
        if found is None:
            found = self._all[id(origin)] = []
            for view, relation in zip(self.views, direct, strict=True):
                others = (relate(origin, other) for other in _cursor_further_left(view))
                found.extend(one for one in (relation, *others) if one is not None)
        return found


def _cursor_further_left(view: CompletionRequest) -> Iterator[CompletionRequest]:
    """Yield the text with the cursor where it is, if the editor inserted more than the key that was pressed."""
    if view.prefix[-2:] in PAIRS:
        yield _moved_left(view, 1)
    if (pushed := _TWO_LINE_ENDS.search(view.prefix[-_LONGEST_INDENT:])) is not None:
        yield _moved_left(view, len(pushed["last"]))


def _moved_left(view: CompletionRequest, count: int) -> CompletionRequest:
    return evolve(view, prefix=view.prefix[:-count], suffix=view.prefix[-count:] + view.suffix)
