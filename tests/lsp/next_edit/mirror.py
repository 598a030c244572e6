"""An editor with a text of its own: it edits by chance, and applies offered edits exactly as clients do."""

from __future__ import annotations

import random
import re
from typing import Any

from tests.fakes.editor import URI, FakeEditor

UNITS = {"utf-16": ("utf-16-le", 2), "utf-8": ("utf-8", 1), "utf-32": ("utf-32-le", 4)}
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z|\Z")


class MirrorEditor:
    """A client whose text is changed in step with the server's. `encoding` is the agreed one."""

    def __init__(self, editor: FakeEditor, text: str, encoding: str = "utf-16", uri: str = URI) -> None:
        self.editor, self.text, self.uri, self.version = editor, text, uri, 1
        self._codec, self._size = UNITS[encoding]

    def position(self, offset: int) -> dict[str, int]:
        """Return an offset as a place in the agreed units."""
        before = self.text[:offset]
        line = len(re.findall(r"\r\n|\r|\n", before))
        start = max(before.rfind("\n"), before.rfind("\r")) + 1
        return {"line": line, "character": len(before[start:].encode(self._codec)) // self._size}

    def offset(self, place: dict[str, int]) -> int:
        """Return the offset of a place; fails where it is none, or is inside of a character."""
        lines = _LINES.findall(self.text)
        line = lines[place["line"]]
        units = line.encode(self._codec)[: place["character"] * self._size]
        assert len(units) == place["character"] * self._size, "behind the line's end"
        column = len(units.decode(self._codec))  # raises inside of a character
        assert column <= len(line.rstrip("\r\n")), "behind the line's end"
        return sum(map(len, lines[: place["line"]])) + column

    def edit(self, start: int, end: int, text: str) -> None:
        """Replace a part of the text, and tell the server."""
        self.edit_all([(start, end, text)])

    def edit_all(self, parts: list[tuple[int, int, str]]) -> None:
        """Replace parts of the text, the last one first, in one notification, as Neovim does."""
        changes = []
        for start, end, text in sorted(parts, reverse=True):
            places = {"start": self.position(start), "end": self.position(end)}
            changes.append({"range": places, "text": text})
            self.text = self.text[:start] + text + self.text[end:]
        self.version += 1
        self.editor.change(*changes, version=self.version, uri=self.uri)

    def parts_of(self, edits: list[dict[str, Any]]) -> list[tuple[int, int, str]] | None:
        """Return edits as parts of the text; None where they are of another version, and a client drops them."""
        if any(each["textDocument"] != {"uri": self.uri, "version": self.version} for each in edits):
            return None
        ranges = [each["range"] for each in edits]
        return [
            (self.offset(it["start"]), self.offset(it["end"]), each["text"])
            for it, each in zip(ranges, edits, strict=True)
        ]

    def applied(self, parts: list[tuple[int, int, str]]) -> str:
        """Return the text with parts replaced, which must not overlap."""
        text, last = self.text, len(self.text)
        for start, end, new in sorted(parts, reverse=True):
            assert end <= last
            text, last = text[:start] + new + text[end:], start
        return text

    def type_by_chance(self, chance: random.Random) -> None:
        """Insert or delete a little, somewhere, but in no line end or character."""
        at = chance.randrange(len(self.text) + 1)
        size = chance.choice([0, 0, 0, 1, 1, 2, 5])
        start, end = self._whole(at), self._whole(min(len(self.text), at + size))
        eol = "\r\n" if "\r\n" in self.text else "\n"
        self.edit(start, end, chance.choice(["x", "é", "𝒳", " ", "(", eol, f"{eol}y = 1", "", "word"]))

    def _whole(self, at: int) -> int:
        return at - 1 if 0 < at < len(self.text) and self.text[at - 1 : at + 1] == "\r\n" else at
