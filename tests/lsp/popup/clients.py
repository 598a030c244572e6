"""Popup clients as data: what each says of itself, and how it puts an item in. Sources are named at each.

Those that are tried in `tests/editors` are here as they behaved there; the others as their source says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import frozen

Item = dict[str, Any]


@frozen
class Screen:
    """A text with a cursor, as a client holds it. `units` says in which unit it counts columns."""

    text: str
    cursor: int
    units: str = "utf-16"

    @property
    def line_start(self) -> int:
        return max(self.text.rfind("\n", 0, self.cursor), self.text.rfind("\r", 0, self.cursor)) + 1

    @property
    def position(self) -> dict[str, int]:
        before = self.text[: self.cursor].replace("\r\n", "\n").replace("\r", "\n")
        return {"line": before.count("\n"), "character": length(self.text[self.line_start : self.cursor], self.units)}

    def offset(self, place: dict[str, int]) -> int:
        """Return the offset of a place in the cursor's line."""
        assert place["line"] == self.position["line"], "an item may change the cursor's line only"
        for end in range(self.line_start, self.cursor + 1):
            if length(self.text[self.line_start : end], self.units) == place["character"]:
                return end
        raise AssertionError("a place inside of a character, or behind the cursor")

    @property
    def indent(self) -> str:
        """Return the indentation of the cursor's line, up to the cursor."""
        return re.match(r"[ \t]*", self.text[self.line_start : self.cursor])[0]  # type: ignore[index]

    def put(self, start: int, inserted: str) -> str:
        return self.text[:start] + inserted + self.text[self.cursor :]


def length(text: str, units: str) -> int:
    return len(text.encode("utf-8")) if units == "utf-8" else len(text.encode("utf-16-le")) // 2


def as_it_is(screen: Screen, item: Item) -> str:
    """Replace the range of the edit by its text."""
    assert item.get("insertTextFormat", 1) == 1
    assert item["textEdit"]["range"]["end"] == screen.position
    return screen.put(screen.offset(item["textEdit"]["range"]["start"]), item["textEdit"]["newText"])


def told_as_it_is(screen: Screen, item: Item) -> str:
    """Do so only where the item says `asIs`; else the client would indent the lines itself."""
    assert item["insertTextMode"] == 1
    return as_it_is(screen, item)


def indented(screen: Screen, item: Item) -> str:
    """Add the line's indentation to each further line that is not empty."""
    assert item["insertTextMode"] == 2
    return screen.put(screen.offset(item["textEdit"]["range"]["start"]), _indent(screen, item["textEdit"]["newText"]))


def as_a_snippet(screen: Screen, item: Item) -> str:
    """Take the word away, and expand a snippet, whose further lines get the line's indentation; `\\n` only."""
    eol = "\r\n" if "\r\n" in screen.text else "\n"
    if "textEdit" not in item:  # a plain text over the word that the client finds itself, indented as it goes in
        assert "insertTextFormat" not in item
        typed = re.search(r"\w*$", screen.text[screen.line_start : screen.cursor])[0]  # type: ignore[index]
        return screen.put(screen.cursor - len(typed), _indent(screen, item["insertText"]).replace("\n", eol))
    assert item["insertTextFormat"] == 2
    assert "\t" not in item["textEdit"]["newText"], "it would become blanks"
    snippet = item["textEdit"]["newText"]
    assert "\r" not in snippet
    assert not re.search(r"(?<!\\)(?:\\\\)*\$", snippet), "a tab stop or a variable"
    plain = re.sub(r"\\([\\$}])", r"\1", snippet)
    return screen.put(screen.offset(item["textEdit"]["range"]["start"]), _indent(screen, plain).replace("\n", eol))


def as_a_line(screen: Screen, item: Item) -> str:
    """Put the text into the line; a line end would become a NUL in the file."""
    assert "\n" not in item["textEdit"]["newText"]
    return as_it_is(screen, item)


def as_a_word(screen: Screen, item: Item) -> str:
    """Put the text up to its first bracket over the word that the client finds itself (ALE 3.3.0)."""
    word = re.match(r"[^(]+", item["textEdit"]["newText"])
    assert word
    assert word[0] == item["textEdit"]["newText"]
    typed = re.search(r"\w*$", screen.text[screen.line_start : screen.cursor])[0]  # type: ignore[index]
    return screen.put(screen.cursor - len(typed), word[0])


def _indent(screen: Screen, text: str) -> str:
    first, *others = text.split("\n")
    return "\n".join([first, *(screen.indent + line if line else "" for line in others)])


@frozen
class PopupHabits:
    """A client. `keeps_cr`: its text has the line ends of the file; the others hold and send `\\n`."""

    name: str
    initialize: dict[str, Any]
    put: Callable[[Screen, Item], str]
    units: str = "utf-16"
    keeps_cr: bool = True
    most_lines: int = 10_000
    stops_at: str = ""


def _says(name: str | None, item: dict[str, Any] | None, **completion: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"capabilities": {"textDocument": {}}}
    if item is not None:
        said["capabilities"]["textDocument"]["completion"] = {"completionItem": item, **completion}
    if name is not None:
        said["clientInfo"] = {"name": name, "version": "1"}
    return said


def _modes(*modes: int) -> dict[str, Any]:
    return {"snippetSupport": True, "labelDetailsSupport": True, "insertTextModeSupport": {"valueSet": list(modes)}}


_MARKDOWN = {"documentationFormat": ["markdown", "plaintext"]}

CLIENTS = [
    PopupHabits(
        "Neovim",
        _says("Neovim", {"snippetSupport": True, "preselectSupport": False, **_MARKDOWN}, contextSupport=True),
        as_a_snippet,
        units="utf-8",
    ),
    PopupHabits("Neovim with nvim-cmp or blink.cmp", _says("Neovim", _modes(1, 2)), told_as_it_is, units="utf-8"),
    PopupHabits("Helix", _says("helix", {"snippetSupport": True, "insertReplaceSupport": True}), as_it_is, "utf-8"),
    PopupHabits("Kate 22", _says(None, None), as_it_is, keeps_cr=False),
    PopupHabits("Kate", _says("Kate", {"snippetSupport": True, **_MARKDOWN}), as_it_is, keeps_cr=False),
    PopupHabits("Eglot 1.9", _says(None, {"snippetSupport": False}, contextSupport=True), as_it_is, keeps_cr=False),
    PopupHabits("Eglot with yasnippet", _says("Eglot", {"snippetSupport": True}), as_it_is, keeps_cr=False),
    PopupHabits("vim-lsp", _says("vim-lsp", {"snippetSupport": False}), as_a_line, most_lines=1),
    PopupHabits(
        "ALE",
        _says(
            None,
            {"snippetSupport": False, "documentationFormat": ["plaintext"], "preselectSupport": False},
            contextSupport=False,
        ),
        as_a_word,
        most_lines=1,
        stops_at="(",
    ),
    PopupHabits("coc.nvim", _says("coc.nvim", _modes(1, 2)), told_as_it_is, keeps_cr=False),
    PopupHabits("kakoune-lsp", _says("kakoune-lsp", {"snippetSupport": True}), as_a_line, most_lines=1),
    PopupHabits("Sublime LSP", _says("Sublime Text LSP", _modes(2)), indented, keeps_cr=False),
    PopupHabits("LSP4IJ", _says("IntelliJ IDEA 2026.2", _modes(1, 2)), told_as_it_is, keeps_cr=False),
    PopupHabits("Eclipse LSP4E", _says("Eclipse IDE", _modes(1, 2)), told_as_it_is),
    PopupHabits("VS Code", _says("Visual Studio Code", _modes(1, 2)), told_as_it_is),
    PopupHabits("Visual Studio", _says("Visual Studio", {"snippetSupport": True}), as_it_is),
    PopupHabits("Zed", _says("Zed", {"snippetSupport": True, "labelDetailsSupport": True}), as_it_is),
    PopupHabits("CodeMirror", _says("@codemirror/lsp-client", {"snippetSupport": True}), as_it_is, keeps_cr=False),
    PopupHabits("an unknown one", _says("Tomorrow", {}), as_it_is),
]
