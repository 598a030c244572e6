"""`fim/nextEdit`: an edit is shown, jumped to, applied and undone; keys keep what they were for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.editors.nvim.neovim import Neovim

TEXT = "\n".join(["old = 1", *(f"line {n}" for n in range(2, 9)), "print(old)", "\tprint(old, '😀', old)", "end"])

DRAWN = """
local namespace = vim.api.nvim_get_namespaces()["fim_ls.next_edit"]
local marks = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
local function text_of(chunks)
  return table.concat(vim.tbl_map(function(chunk) return chunk[1] end, chunks))
end
local found = {}
for _, mark in ipairs(marks) do
  local row, col, it = mark[2], mark[3], mark[4]
  if it.hl_group then
    local old = vim.api.nvim_buf_get_text(0, row, col, it.end_row, it.end_col, {})
    found[#found + 1] = ('%d -%s'):format(row, table.concat(old, '|'))
  end
  if it.virt_text then
    found[#found + 1] = ('%d %s%s'):format(row, it.virt_text_pos == 'eol' and '?' or '+', text_of(it.virt_text))
  end
  if it.virt_lines then
    found[#found + 1] = ('%d +%s'):format(row, table.concat(vim.tbl_map(text_of, it.virt_lines), '|'))
  end
end
return found
"""
VERSION = "return vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()]"


@pytest.fixture
def editing(neovim: Neovim, tmp_path: Path) -> Neovim:
    """A Neovim with a text in which one name has been changed to another, in normal mode."""
    neovim.edit(tmp_path / "project" / "a.py", TEXT)
    neovim.type("ccnew = 1<Esc>")
    neovim.wait_for_text(TEXT.replace("old = 1", "new = 1"))
    return neovim


def offer(
    neovim: Neovim, start: tuple[int, int], end: tuple[int, int], text: str, *, version: int = 0, name: str = "next-1"
) -> None:
    """Let the server offer an edit of the current buffer."""
    uri = neovim.lua("return vim.uri_from_bufnr(0)")
    document = {"uri": uri, "version": version or neovim.lua(VERSION)}
    places = [{"line": line, "character": character} for line, character in (start, end)]
    edit: dict[str, Any] = {"text": text, "textDocument": document, "source": "rename", "others": 1}
    edit["range"] = dict(zip(("start", "end"), places, strict=True))
    edit["command"] = {"title": "Accept", "command": "fim.acceptNextEdit", "arguments": [name]}
    notify(neovim, {"textDocument": document, "edits": [edit]})


def notify(neovim: Neovim, params: Any) -> None:
    """Let the server send a notification, and wait until it was handled."""
    neovim.lua("require('fim_ls').client(0):notify('test/notify', ...)", {"method": "fim/nextEdit", "params": params})
    neovim.recorded()


def drawn_edit(neovim: Neovim) -> list[str]:
    """Return what is drawn: "-" before what goes, "+" before what comes, "?" before the hint; each after its line."""
    return list(neovim.lua(DRAWN))


def test_it_is_jumped_to_then_applied_then_undone(editing: Neovim) -> None:
    """Tab goes there, Tab again takes it, and u takes back exactly the edit."""
    before = editing.text()
    offer(editing, (8, 6), (8, 9), "new")
    assert drawn_edit(editing) == ["0 ?  Tab: next edit, line 9", "8 -old", "8 +new"]
    editing.type("<Tab>")
    editing.wait(lambda: list(editing.rpc.current.window.cursor) == [9, 6], lambda: editing.rpc.current.window.cursor)
    assert editing.text() == before
    assert drawn_edit(editing) == ["8 -old", "8 +new"]
    editing.type("<Tab>")
    editing.wait_for_text(before.replace("print(old)\n", "print(new)\n"))
    assert drawn_edit(editing) == []
    editing.wait(lambda: editing.commands() == ["fim.acceptNextEdit"])
    editing.type("u")
    editing.wait_for_text(before)
    editing.type("<C-o>")
    editing.wait(lambda: editing.rpc.current.window.cursor[0] == 1, lambda: editing.rpc.current.window.cursor)


def test_it_is_taken_in_insert_mode_too(editing: Neovim) -> None:
    """Columns are UTF-16 units: behind an emoji they are not those of bytes or characters."""
    before = editing.text()
    offer(editing, (9, 18), (9, 21), "new")
    editing.type("9Gi")
    editing.wait(lambda: drawn_edit(editing) == ["9 -old", "9 +new"], lambda: drawn_edit(editing))
    editing.type("<Tab>")
    editing.wait_for_text(before.replace("😀', old", "😀', new"))
    editing.type("!<Esc>u")
    editing.wait_for_text(before.replace("😀', old", "😀', new"))
    editing.type("u")
    editing.wait_for_text(before)


def test_what_is_dismissed_goes_and_the_server_is_told(editing: Neovim) -> None:
    before = editing.text()
    offer(editing, (8, 6), (8, 9), "new")
    editing.type("<C-]>")
    editing.wait(lambda: drawn_edit(editing) == [])
    editing.wait(lambda: editing.commands() == ["fim.dismissNextEdit"])
    editing.type("0i<Tab>x")
    editing.wait_for_text(f"    x{before}")


def test_another_version_is_neither_shown_nor_kept(editing: Neovim) -> None:
    offer(editing, (8, 6), (8, 9), "new", version=1)
    assert drawn_edit(editing) == []
    offer(editing, (8, 6), (8, 9), "new")
    assert drawn_edit(editing) != []
    editing.type("x")
    editing.wait(lambda: drawn_edit(editing) == [])
    assert editing.lua("return require('fim_ls').take_next_edit()") is False


def test_an_empty_answer_hides_it(editing: Neovim) -> None:
    offer(editing, (8, 6), (8, 9), "new")
    uri = editing.lua("return vim.uri_from_bufnr(0)")
    notify(editing, {"textDocument": {"uri": "file:///other.py", "version": 1}, "edits": []})
    assert drawn_edit(editing) != []
    notify(editing, {"textDocument": {"uri": uri, "version": 1}, "edits": []})
    assert drawn_edit(editing) == []


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"edits": 3},
        {"edits": [None]},
        {"edits": [{"text": 1}]},
        {"edits": [{"text": "a", "range": {}, "textDocument": {}, "command": {}}]},
        {"edits": [{"text": "a", "range": {"start": 1, "end": 2}, "textDocument": {"uri": "x"}, "command": 1}]},
    ],
    ids=str,
)
def test_what_is_no_edit_is_passed_over(editing: Neovim, broken: Any) -> None:
    editing.rpc.command("let v:errmsg = ''")
    notify(editing, broken if broken is None else {"textDocument": {"uri": "file:///a.py", "version": 1}, **broken})
    assert editing.rpc.vvars["errmsg"] == ""
    assert drawn_edit(editing) == []


def test_places_outside_of_the_text_are_passed_over(editing: Neovim) -> None:
    for start, end in (((40, 0), (40, 1)), ((8, 0), (7, 0)), ((8, 5), (8, 2)), ((8, 0), (900, 0))):
        offer(editing, start, end, "new")
        assert drawn_edit(editing) == []


def test_lines_are_drawn_below_those_they_replace(editing: Neovim) -> None:
    offer(editing, (8, 0), (10, 0), "print(new)\n\tprint(new)\n")
    assert drawn_edit(editing)[1:] == ["8 -print(old)", "9 -\tprint(old, '😀', old)", "9 +print(new)|    print(new)"]
    offer(editing, (8, 10), (8, 10), "\nprint(1)\nprint(2)", name="next-2")
    assert drawn_edit(editing)[1:] == ["8 +print(1)|print(2)"]
    offer(editing, (8, 0), (10, 0), "", name="next-3")
    assert drawn_edit(editing)[1:] == ["8 -print(old)", "9 -\tprint(old, '😀', old)"]
    offer(editing, (0, 0), (0, 0), "first\n", name="next-4")
    assert drawn_edit(editing) == ["0 +first"]
    offer(editing, (8, 10), (8, 10), "\n" + "\n".join(map(str, range(30))), name="next-5")
    assert drawn_edit(editing)[1].endswith("… 19 more lines")


@pytest.mark.parametrize("mode", ["i", ""])
def test_random_edits_are_applied_exactly(editing: Neovim, mode: str) -> None:
    """As Neovim's own function for edits of a language server applies them."""
    lines = editing.text().split("\n")
    places = [(0, 0), (3, 2), (8, 6), (9, 11), (10, 3)]
    for n, (start, end) in enumerate((a, b) for a in places for b in places if a <= b):
        for text in ("", "x", "a\nb", "\n", "ü😀\n"):
            editing.rpc.current.buffer[:] = lines
            editing.lua(
                "local at = ... vim.lsp.util.apply_text_edits({ at }, vim.api.nvim_get_current_buf(), 'utf-16')",
                {
                    "newText": text,
                    "range": {
                        "start": {"line": start[0], "character": start[1]},
                        "end": {"line": end[0], "character": end[1]},
                    },
                },
            )
            expected = editing.text()
            editing.rpc.current.buffer[:] = lines
            editing.rpc.current.window.cursor = [start[0] + 1, 0]
            editing.type(f"<Esc>{mode}")
            offer(editing, start, end, text, name=f"next-{n}-{text!r}")
            assert editing.lua("return require('fim_ls').take_next_edit()") is True
            assert editing.text() == expected, (start, end, text)


def test_tab_stays_with_ghost_text_a_menu_and_a_snippet(editing: Neovim) -> None:
    """The next edit waits until they are done."""
    editing.script(anchor="value = ", texts=["alpha"])
    editing.type("2Govalue = ")
    editing.wait_for_ghost("alpha")
    offer(editing, (9, 6), (9, 9), "new")
    assert drawn_edit(editing) == []
    editing.type("<Tab>")
    editing.wait(lambda: "value = alpha" in editing.text())
    offer(editing, (9, 6), (9, 9), "new")
    assert editing.lua("return require('fim_ls').next_edit_visible()") is True
    editing.lua("vim.snippet.expand('f($1, $2)')")
    offer(editing, (9, 6), (9, 9), "new")
    assert editing.lua("return require('fim_ls').next_edit_visible()") is False


def test_it_is_told_once_that_it_is_shown(editing: Neovim) -> None:
    offer(editing, (8, 6), (8, 9), "new")
    offer(editing, (8, 6), (8, 9), "new")
    shown = [entry for entry in editing.recorded() if entry[0] == "shown"]
    assert shown == [["shown", "next-1"]]
