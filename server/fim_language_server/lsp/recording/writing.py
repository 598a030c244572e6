"""Records made of what the recorder noted, in the order of its notes. Runs in a thread, where no key waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field

from fim_language_server.core.recordings import FORMAT, VERSION
from fim_language_server.core.recordings.stand_ins import StandIns
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import Encoding, column_of
from fim_language_server.lsp.recording.file import RecordingFile
from fim_language_server.lsp.recording.lines import Line, Texts, compact
from fim_language_server.lsp.recording.traced_document import TracedDocument

MOST_ANNOUNCED = 100_000
"""Characters of a client's capabilities that are kept; more are no capabilities."""

Place = tuple[int, int]
Change = tuple[Place, Place, str] | str
"""A change in the client's places, or a whole text."""


@define
class Offered:
    """A text that was offered in place of a range, in the client's places, and the id of its suggestion."""

    start: Place
    end: Place
    text: str = field(repr=False)
    suggestion: str = ""


@define
class RecordWriter:
    """Writes the records of one file. The methods may raise OSError and FullError, with which the recording ends."""

    _file: RecordingFile
    _texts: Texts
    _stand_ins: StandIns = field(repr=False)
    _encoding: Encoding
    _documents: dict[int, TracedDocument] = field(factory=dict, init=False, repr=False)
    _covered: dict[int, str] = field(factory=dict, init=False, repr=False)
    _found: dict[str, str] = field(factory=dict, init=False, repr=False)
    """Secrets found since the last flush, and their placeholders."""

    @property
    def path(self) -> Path:
        """The file's path."""
        return self._file.path

    def header(self, versions: Mapping[str, Any], announced: Mapping[str, Any]) -> None:
        """Write the first line."""
        text = compact(announced)
        known = announced if len(text) <= MOST_ANNOUNCED else {}
        head = {"format": FORMAT, "version": VERSION, **versions, "encoding": self._encoding.value}
        self._write({**head, "texts": self._texts.are_kept, "announced": self._covered_tree(known)})

    def record(self, kind: str, ms: float, fields: Mapping[str, Any]) -> None:
        """Write a record without texts of documents; secrets in its words get placeholders."""
        self._write({"kind": kind, "ms": ms, **self._covered_tree(fields)})

    def opened(self, ms: float, number: int, names: Mapping[str, Any], lines: Sequence[str], version: int) -> None:
        """Write that a document was opened with a text."""
        document = OpenDocument("", "", version, self._encoding, lines=list(lines))
        traced = TracedDocument(
            number, document, self._stand_ins, self._cover, self._discover, keeps_texts=self._texts.are_kept
        )
        self._documents[number] = traced
        known = {"kind": "opened", "ms": ms, "document": number, **self._covered_tree(names), "version": version}
        line = self._begin(known)
        line.add(',"text":')
        line.add_traced(list(self._stand_ins.cover_known("".join(traced.opened()))), self._texts)
        line.add("}")
        self._file.add(line.data)
        traced.placed(line.places)

    def changed(self, ms: float, number: int, version: int, changes: Sequence[Change]) -> None:
        """Write the edits of a document."""
        traced = self._documents.get(number)
        if traced is None:
            return
        edits = traced.changed(changes)
        line = self._begin({"kind": "changed", "ms": ms, "document": number, "version": version})
        line.add(',"edits":[')
        for index, edit in enumerate(edits):
            places = [edit.start.line, edit.start.column, edit.end.line, edit.end.column]
            line.add(("," if index else "") + compact(places)[:-1] + ",")
            line.add_traced(list(self._stand_ins.cover_known("".join(edit.text))), self._texts)
            line.add("]")
        line.add("]}")
        self._file.add(line.data)
        traced.placed(line.places)

    def closed(self, ms: float, number: int) -> None:
        """Write that a document was closed."""
        if self._documents.pop(number, None) is not None:
            self._write({"kind": "closed", "ms": ms, "document": number})

    def forgotten(self, number: int) -> None:
        """Follow a document no more, of which nothing is kept from now on."""
        self._documents.pop(number, None)

    def requested(self, fields: Mapping[str, Any], place: Place, selected: Offered | None) -> None:
        """Write a request for a place in a document."""
        traced = self._documents.get(fields["document"])
        if traced is None:
            return
        line, column = self._place(traced, place)
        known = self._begin({"kind": "request", **fields, "line": line, "column": column})
        if selected is not None:
            known.add(',"selected":')
            known.add(self._edit(traced, selected))
        known.add("}")
        self._file.add(known.data)

    def offered(self, kind: str, fields: Mapping[str, Any], items: Sequence[tuple[int, Offered]]) -> None:
        """Write what was offered, each item with the number of its document."""
        line = self._begin({"kind": kind, **self._covered_tree(fields)})
        line.add(',"items":[')
        parts = []
        for number, item in items:
            if (traced := self._documents.get(number)) is not None:
                known = {"id": item.suggestion, "document": number}
                parts.append(f'{compact(known)[:-1]},"edit":{self._edit(traced, item)}}}')
        line.add(",".join(parts))
        line.add("]}")
        self._file.add(line.data)

    def streamed(self, fields: Mapping[str, Any], text: str, before: str, after: str) -> None:
        """Write a model's answer; `before` and `after` stand around the place it is for."""
        line = self._begin({"kind": "stream", **self._covered_tree(fields)})
        line.add(',"text":')
        line.add(self._texts.json_of(self._stand_ins.cover(text, before, after)))
        line.add("}")
        self._file.add(line.data)

    def flush(self) -> None:
        """Write to the disk, with placeholders for the secrets that were found since the last time."""
        found, self._found = self._found, {}
        for secret, stand_in in found.items():
            for traced in self._documents.values():
                traced.mask_again(secret)
            old, new = (json.dumps(text)[1:-1].encode("ascii") for text in (secret, stand_in))
            self._file.cover_everywhere(old, new)
        self._file.flush()

    def ended(self, ms: float, why: str) -> None:
        """Write the last line, close the file."""
        try:
            self._file.add(_encoded({"kind": "end", "ms": ms, "why": why}), is_last=True)
            self.flush()
        finally:
            self._file.close()

    # --- parts of lines ------------------------------------------------------------------------------------

    def _begin(self, fields: Mapping[str, Any]) -> Line:
        line = Line(self._file.size)
        line.add(compact(fields)[:-1])
        return line

    def _write(self, fields: Mapping[str, Any]) -> None:
        self._file.add(_encoded(fields))

    def _edit(self, traced: TracedDocument, item: Offered) -> str:
        start, end = self._place(traced, item.start), self._place(traced, item.end)
        around = traced.around(*start, *max(start, end))
        text = self._stand_ins.cover(item.text, *around) if self._texts.are_kept else item.text
        return f"{compact([*start, *max(start, end)])[:-1]},{self._texts.json_of(text)}]"

    def _place(self, traced: TracedDocument, place: Place) -> Place:
        """Return the line and column in code points of a place in the client's units, which may lie outside."""
        lines = traced.document.lines
        line = min(place[0], len(lines) - 1)
        units = place[1] if line == place[0] else 4 * len(lines[line])
        return line, column_of(lines[line], units, self._encoding)

    def _covered_tree(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._stand_ins.cover(value)
        if isinstance(value, Mapping):
            return {key: self._covered_tree(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._covered_tree(inner) for inner in value]
        return value

    def _cover(self, place: int, old: str, new: str) -> None:
        if self._covered.get(place, old) != new:
            self._covered[place] = new
            self._file.cover(place, json.dumps(new)[1:-1].encode("ascii"))

    def _discover(self, secret: str, stand_in: str, beginning: str) -> None:
        self._found.pop(beginning, None)  # It is being typed: only the whole of it is looked for.
        self._stand_ins.forget(beginning)
        if self._stand_ins.remember(secret, stand_in):
            self._found[secret] = stand_in


Note = tuple[Callable[..., None], tuple[Any, ...]]
"""A method of the writer and its arguments."""


def _encoded(fields: Mapping[str, Any]) -> bytes:
    return f"{compact(fields)}\n".encode("ascii")
