"""What the plugin does with answers: shown, typed through, accepted, dismissed, never lost and never stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.editors.nvim.neovim import Neovim

SUM = {"anchor": "result = ", "texts": ["alpha + beta"]}
BLOCK: dict[str, Any] = {"anchor": "def f():", "texts": ["\n    one = 1\n    return one"]}


def test_ghost_text_is_shown(neovim: Neovim) -> None:
    """What the server answers is drawn at the cursor, and is not in the text."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    assert neovim.text() == "result = "


def test_it_is_typed_through(neovim: Neovim) -> None:
    """Keys that agree with it leave the rest standing."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.type("alp")
    neovim.wait_for_ghost("ha + beta")


@pytest.mark.parametrize("typed", ["", "a", "alpha +", "alpha + bet"])
def test_accepting_within_the_debounce_loses_nothing(neovim: Neovim, typed: str) -> None:
    """Typed characters are neither left behind nor doubled, however soon the key follows (neovim #36529)."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.type(f"{typed}<Tab>!")
    neovim.wait(lambda: neovim.text().endswith("!"))
    neovim.wait_for_text("result = alpha + beta!")
    assert neovim.commands() == ["fim.accept"]


def test_several_lines_are_accepted_whole(neovim: Neovim) -> None:
    """The text is inserted as it is, the cursor is at its end, and the server is told once."""
    neovim.script(**BLOCK)
    neovim.type("idef f():")
    neovim.wait_for_ghost("\n    one = 1\n    return one")
    neovim.type("<Tab>")
    neovim.wait_for_text("def f():\n    one = 1\n    return one")
    assert neovim.rpc.current.window.cursor == (3, 14)
    assert neovim.commands() == ["fim.accept"]


def test_words_are_accepted_one_by_one(neovim: Neovim) -> None:
    """The rest is shown again without waiting; the server hears of it when nothing is left."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    for accepted, rest in [("alpha", " + beta"), ("alpha +", " beta")]:
        neovim.type("<M-Right>")
        neovim.wait_for_text(f"result = {accepted}")
        neovim.wait_for_ghost(rest)
        assert neovim.commands() == []
    neovim.type("<M-Right>")
    neovim.wait_for_text("result = alpha + beta")
    neovim.wait_for_ghost(None)
    assert neovim.commands() == ["fim.accept"]


def test_lines_are_accepted_one_by_one(neovim: Neovim, drawn: tuple[str, str]) -> None:
    """A line is what follows the cursor on its line, or else the next one.

    What Neovim itself draws must not begin with a line end: there that goes with the line before it.
    """
    neovim.script(**BLOCK)
    neovim.type("idef f():")
    neovim.wait_for_ghost("\n    one = 1\n    return one")
    neovim.type("<Plug>(FimAcceptLine)")
    taken = "" if drawn[1] == "plugin" else "\n    "
    neovim.wait_for_text(f"def f():\n    one = 1{taken}")
    neovim.wait_for_ghost("\n    return one".removeprefix(taken))
    neovim.type("<M-C-Right>")
    neovim.wait_for_text("def f():\n    one = 1\n    return one")


def test_words_are_accepted_past_line_ends(neovim: Neovim, drawn: tuple[str, str]) -> None:
    """A word takes the line end and the indentation before it, or behind it where Neovim itself draws."""
    neovim.script(**BLOCK)
    neovim.type("idef f():")
    neovim.wait_for_ghost("\n    one = 1\n    return one")
    end = "" if drawn[1] == "plugin" else "\n    "
    for accepted in ["\n    one", "\n    one =", f"\n    one = 1{end}", "\n    one = 1\n    return"]:
        neovim.type("<M-Right>")
        neovim.wait_for_text(f"def f():{accepted}")
        neovim.wait_for_ghost(BLOCK["texts"][0].removeprefix(accepted))


def test_it_is_dismissed(neovim: Neovim) -> None:
    """The key takes it away; the next key brings another."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.type("<C-]>")
    neovim.wait_for_ghost(None)
    neovim.type("a")
    neovim.wait_for_ghost("lpha + beta")


def test_candidates_are_gone_through(neovim: Neovim) -> None:
    """An explicit request says so to the server; next and previous go round, and the chosen one is accepted."""
    neovim.script(anchor="result = ", texts=["one", "two", "three"])
    neovim.type("iresult = ")
    neovim.wait_for_ghost("one")
    neovim.type(r"<M-\>")
    neovim.wait(lambda: [entry[2] for entry in neovim.recorded() if entry[0] == "request"][-1] == 1)
    shown = [("<M-]>", "two"), ("<M-]>", "three"), ("<M-]>", "one"), ("<M-[>", "three"), ("<M-[>", "two")]
    for key, expected in shown:
        neovim.type(key)
        # Neovim 0.12 itself adds a count, as in "two (2/3)".
        neovim.wait(lambda expected=expected: (neovim.ghost() or "").partition(" (")[0] == expected)  # type: ignore[misc]
    neovim.type("<Tab>")
    neovim.wait_for_text("result = two")


def test_other_keys_take_it_away_at_once(neovim: Neovim) -> None:
    """Ghost text that the last key made wrong is not seen until the next answer, and Tab is a tab again."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.script(late_ms=60_000)
    neovim.type("x")
    neovim.wait_for_ghost(None)
    neovim.type("<Tab>|")
    neovim.wait(lambda: neovim.text().endswith("|"))
    assert neovim.text().removeprefix("result = x").strip(" \t") == "|"


def test_an_empty_answer_leaves_nothing_behind(neovim: Neovim) -> None:
    """A place about which the server has nothing to say shows nothing."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.script()
    neovim.type("<Esc>oresult = ")
    neovim.wait(lambda: neovim.text() == "result = \nresult = ")
    neovim.wait_for_ghost(None)


def test_a_request_is_let_go_of_when_keys_follow(neovim: Neovim) -> None:
    """The server hears that nobody waits for the older answer any more, and the newer one is drawn."""
    neovim.script(**SUM, late_ms=60_000)
    neovim.type("iresult = ")
    first = neovim.wait(lambda: [entry[1] for entry in neovim.recorded() if entry[0] == "request"])[0]
    neovim.script(**SUM)
    neovim.type("alp")
    neovim.wait_for_ghost("ha + beta")
    assert ["cancel", first] in [list(entry) for entry in neovim.recorded()]


def test_columns_are_the_servers(neovim: Neovim) -> None:
    """Characters outside of the basic plane are two units for the server and four bytes for Neovim."""
    neovim.script(anchor="= ", texts=["'ünï😀' + b"])
    neovim.type("i😀é = ")
    neovim.wait_for_ghost("'ünï😀' + b")
    neovim.type("'ün")
    neovim.wait_for_ghost("ï😀' + b")
    neovim.type("<Tab>")
    neovim.wait_for_text("😀é = 'ünï😀' + b")


@pytest.mark.parametrize("before", ["", "typed "])
def test_undo_takes_back_exactly_what_was_accepted(neovim: Neovim, before: str) -> None:
    """Not what was typed before it, and not what was typed after it; redo brings it again."""
    neovim.script(anchor="result = ", texts=["alpha + beta"])
    neovim.type(f"i{before}result = al")
    neovim.wait_for_ghost("pha + beta")
    neovim.type("<Tab>")
    neovim.wait_for_text(f"{before}result = alpha + beta")
    neovim.type(" + gamma<Esc>")
    neovim.wait_for_text(f"{before}result = alpha + beta + gamma")
    for text in (f"{before}result = alpha + beta", f"{before}result = al", ""):
        neovim.type("u")
        neovim.wait_for_text(text)
    neovim.type("<C-r><C-r>")
    neovim.wait_for_text(f"{before}result = alpha + beta")


def test_each_accepted_part_is_undone_by_itself(neovim: Neovim) -> None:
    """A word that was too much is taken back without the words before it."""
    neovim.script(**SUM)
    neovim.type("iresult = ")
    neovim.wait_for_ghost("alpha + beta")
    neovim.type("<M-Right><M-Right>")
    neovim.wait_for_text("result = alpha +")
    neovim.type("<Esc>u")
    neovim.wait_for_text("result = alpha")


@pytest.mark.parametrize("when", ["before", "after"])
def test_it_is_drawn_once_where_neovim_draws_for_other_servers(
    start: Callable[..., Neovim], tmp_path: Path, when: str
) -> None:
    """Users have Neovim's own drawing on for all servers: it must not draw ours again, nor loop on a line end."""
    switch = "if vim.lsp.inline_completion then vim.lsp.inline_completion.enable() end"
    neovim = start(before=switch if when == "before" else "")
    neovim.edit(tmp_path / "demo.py")
    if when == "after":
        neovim.lua(switch)
    neovim.script(**BLOCK)
    neovim.type("idef f():")
    neovim.wait_for_ghost(BLOCK["texts"][0])
    neovim.rpc.command("sleep 300m")  # Neovim asks 200 ms after a key.
    assert neovim.ghost() == BLOCK["texts"][0]
    neovim.type("<Tab>")
    neovim.wait_for_text("def f():" + BLOCK["texts"][0])
