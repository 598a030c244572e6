"""Other files of the user as a source of pieces: which are read for a request, as they are at that moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Final, Protocol

from attrs import define, field

from fim_language_server.core.other_files.growing import Texts, size_of
from fim_language_server.core.other_files.recent_edits import EditedRange, RecentEdits
from fim_language_server.core.snippets import name_of, select_snippets
from fim_language_server.core.values import CompletionRequest, Document, Snippet
from fim_language_server.engine.snippet_choice import Choose

MOST_DOCUMENTS: Final = 20
"""Open documents that are read for a choice, those used last."""

RECENT_CHARS: Final = 1_000
"""The most code points of places that were edited a moment ago, and no more than a third of all pieces."""

OpenDocuments = Callable[[str], Iterable[tuple[Document, Sequence[str]]]]
"""Returns the open documents with their lines, the last used first, without the one whose URI is the argument."""

_DECIDE_FOR_OTHERS: Final = frozenset({".gitignore", "exclude", "config", ".git"})
"""Names of files that say which others are ignored; a change of theirs concerns every closed file."""


class ChooseFromDocuments(Protocol):
    """Chooses the pieces for a request out of open documents, in a thread; the best first."""

    def __call__(
        self,
        request: CompletionRequest,
        documents: Sequence[tuple[Document, Sequence[str]]],
        max_chars: int,
        own_lines: Sequence[str] = (),
    ) -> tuple[Snippet, ...]:
        """Return pieces of `max_chars` code points in all; `own_lines` are those of the request's document."""
        ...


@define
class OtherFiles:
    """The open documents that may be sent. `excluded` says which must not; `chooser` returns how pieces are chosen."""

    _open_documents: OpenDocuments = field(repr=False)
    _excluded: Callable[[Document], bool] = field(repr=False)
    _max_chars: int
    _recent_edits: Callable[[], RecentEdits] = field(default=RecentEdits, repr=False)
    _chooser: Callable[[], ChooseFromDocuments] = field(default=lambda: select_snippets, repr=False)

    def plan(self, request: CompletionRequest) -> Choose:
        """Take copies of the documents' lines; return the choice for `request`, to be made in a thread."""
        own: Sequence[str] = ()
        others = []
        for document, lines in self._readable():
            if document.uri == request.document.uri:
                own = tuple(lines)
            else:
                others.append((document, tuple(lines)))
        return partial(self._choose, self._chooser(), request, others, own, self._recent_edits())

    def _choose(
        self,
        choose: ChooseFromDocuments,
        request: CompletionRequest,
        others: Sequence[tuple[Document, Sequence[str]]],
        own: Sequence[str],
        edits: RecentEdits,
    ) -> tuple[Snippet, ...]:
        """Return what was edited elsewhere a moment ago, and behind it what is chosen by words."""
        line, below = request.position.line, request.suffix.count("\n")
        files = {document.uri: (name_of(document), lines) for document, lines in [*others, (request.document, own)]}
        windows = EditedRange(request.document.uri, line - request.prefix.count("\n"), line + below + 1)
        recent = edits.snippets(files.get, windows, min(RECENT_CHARS, self._max_chars // 3))
        return (*recent, *choose(request, others, self._max_chars - size_of(recent), own))

    def read_texts(self) -> Texts:
        """Return the documents' lines as they are now, by the paths of pieces; none for what must not be sent."""
        texts: dict[str, list[Sequence[str]]] = {}
        for document, lines in self._open_documents(""):
            known = texts.setdefault(name_of(document), [])
            if self._may_be_sent(document):
                known.append(lines)
        return texts

    def _readable(self) -> Iterable[tuple[Document, Sequence[str]]]:
        documents = (each for each in self._open_documents("") if self._may_be_sent(each[0]))
        return islice(documents, MOST_DOCUMENTS + 1)

    def _may_be_sent(self, document: Document) -> bool:
        return document.withheld is None and not self._excluded(document)


class _KeepsPieces(Protocol):
    def files_changed(self, names: Collection[str] | None) -> None: ...


@define
class PiecesInUse:
    """All that keeps pieces from request to request, under one set of settings.

    Pieces are judged when they are chosen; what was kept may be excluded, changed or gone by now.
    """

    _keepers: list[_KeepsPieces] = field(factory=list, repr=False)

    def add(self, keeper: _KeepsPieces | None) -> None:
        """Take one more, unless it is None."""
        self._keepers += [keeper] if keeper is not None else []

    def drop_all(self) -> None:
        """Send no piece of a closed file before it is chosen anew."""
        self._drop(None)

    def drop_changed(self, paths: Iterable[str]) -> None:
        """Send no piece of these closed files, or of files in these directories, before it is chosen anew.

        A path is recognised by its last name: links may have led to the name by which the model knows the file.
        """
        names = {path.replace("\\", "/").rstrip("/").rpartition("/")[2] for path in paths}
        self._drop(None if names & _DECIDE_FOR_OTHERS else names)

    def _drop(self, names: Collection[str] | None) -> None:
        for keeper in self._keepers:
            keeper.files_changed(names)
