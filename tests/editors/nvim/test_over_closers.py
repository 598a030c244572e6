"""Texts over closers that stand behind the cursor: drawn around them, typed through, accepted (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import VERSIONS, installed, lua
from tests.editors.nvim.neovim import PLUGIN, SCRIPTED, Neovim

TEXT = "options) if options else None"


@pytest.fixture(params=VERSIONS)
def before_closer(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Start a Neovim whose cursor stands before closers, and whose server has a text over them."""
    init = (
        f"vim.opt.runtimepath:prepend({lua(str(PLUGIN))})\n"
        f"vim.lsp.config('fim_ls', {lua({'cmd': SCRIPTED})})\nvim.lsp.enable('fim_ls')\n"
        "require('fim_ls').setup({ default_maps = true })\n"
    )
    with Neovim(installed(request.param), tmp_path / "home", init) as neovim:

        def begin(before: str = "sorted(", over: str = ")", text: str = TEXT) -> Neovim:
            neovim.edit(tmp_path / "demo.py")
            neovim.script(anchor=before, texts=[text], over=over)
            neovim.type(f"i{over}<C-o>0{before}")
            return neovim

        yield begin


def test_it_is_drawn_around_the_closer(before_closer: Callable[..., Neovim]) -> None:
    """The closer stays where it is; the pieces stand before and behind it."""
    neovim = before_closer()
    neovim.wait_for_ghost("options| if options else None")
    assert neovim.text() == "sorted()"


def test_it_is_accepted_over_the_closer(before_closer: Callable[..., Neovim]) -> None:
    """Nothing is said twice, the cursor is at its end, and one undo takes it back."""
    neovim = before_closer()
    neovim.wait_for_ghost("options| if options else None")
    neovim.type("<Tab>")
    neovim.wait_for_text(f"sorted({TEXT}")
    assert neovim.rpc.current.window.cursor == (1, len("sorted(" + TEXT))
    assert neovim.commands() == ["fim.accept"]
    neovim.type("<Esc>u")
    neovim.wait_for_text("sorted()")


def test_it_is_typed_through(before_closer: Callable[..., Neovim]) -> None:
    """Also over the closer, as plugins move over it that put it there."""
    neovim = before_closer()
    neovim.wait_for_ghost("options| if options else None")
    neovim.script(late_ms=60_000)
    neovim.type("opti")
    neovim.wait_for_ghost("ons| if options else None")
    neovim.type("ons<Right>")
    neovim.wait_for_ghost(" if options else None")
    neovim.type("<Tab>")
    neovim.wait_for_text(f"sorted({TEXT}")


def test_its_words_are_accepted_one_by_one(before_closer: Callable[..., Neovim]) -> None:
    """A word with the closer takes its place; one before it does not."""
    neovim = before_closer()
    neovim.wait_for_ghost("options| if options else None")
    neovim.script(late_ms=60_000)
    for accepted in ("options)", "options)", "options) if", "options) if options"):
        neovim.type("<M-Right>")
        neovim.wait_for_text(f"sorted({accepted}")
    neovim.type("<M-C-Right>")
    neovim.wait_for_text(f"sorted({TEXT}")


@pytest.mark.parametrize(
    ("before", "over", "text", "ghost"),
    [
        ("if (", ")", "x > 0) {", "x > 0| {"),
        ("f(", ")", "g(a)) + h(b)", "g(a)| + h(b)"),
        ("f(g(", "))", "a), b)", "a|, b|"),
        ("f([", "])", "1, 2])", "1, 2|"),
        ('print("', '")', 'total", total)', "total|, total|"),
        ("use(", ");", "a, b);", "a, b|"),
        ("f(", ")", "(a), b) or c", "(a), b| or c"),
    ],
)
def test_the_closers_that_it_closes(
    before_closer: Callable[..., Neovim], before: str, over: str, text: str, ghost: str
) -> None:
    """A bracket that the text opens itself is not the one behind the cursor."""
    neovim = before_closer(before, over, text)
    neovim.wait_for_ghost(ghost)
    neovim.type("<Tab>")
    neovim.wait_for_text(before + text)


@pytest.mark.parametrize(("over", "text"), [(")", "no closer"), ("word", "word"), ("))", "one)")])
def test_another_range_is_not_for_us(before_closer: Callable[..., Neovim], over: str, text: str) -> None:
    """A text that takes something away is neither drawn nor accepted."""
    neovim = before_closer(over=over, text=text)
    neovim.wait(lambda: [entry for entry in neovim.recorded() if entry[0] == "request"])
    neovim.type("<M-Right>")
    neovim.wait(lambda: neovim.text() == f"sorted({over}")
    assert neovim.ghost() is None


def test_a_closer_that_came_with_its_opener(before_closer: Callable[..., Neovim]) -> None:
    """A bracket that was typed into the text, and that a plugin closed, is not closed twice."""
    neovim = before_closer("a = ", "", "f(b)")
    neovim.wait_for_ghost("f(b)")
    neovim.script(late_ms=60_000)
    neovim.lua("vim.keymap.set('i', '(', '()<Left>')")
    neovim.type("f(")
    neovim.wait_for_ghost("b|")
    neovim.type("<Tab>")
    neovim.wait_for_text("a = f(b)")
