"""`$/fim/refresh`: a better text that the server has later is shown without a key, where it is still of use."""

from __future__ import annotations

from typing import Any

import pytest

from tests.editors.nvim.neovim import Neovim

ANCHOR = "result = "


@pytest.fixture
def guessed(neovim: Neovim) -> Neovim:
    """A Neovim that shows a first guess, while the server has a better text."""
    neovim.script(anchor=ANCHOR, texts=["a guess"])
    neovim.type(f"i{ANCHOR}")
    neovim.wait_for_ghost("a guess")
    neovim.script(anchor=ANCHOR, texts=["the answer"])
    return neovim


def refresh(neovim: Neovim, **other: Any) -> None:
    """Let the server say that it has a better text."""
    neovim.lua("require('fim_ls').client(0):notify('test/refresh', ...)", other or {"of": "what was asked last"})


def requests(neovim: Neovim) -> list[int]:
    """Return the trigger kinds of the requests so far."""
    return [entry[2] for entry in neovim.recorded() if entry[0] == "request"]


def test_the_client_says_what_it_can(neovim: Neovim, drawn: tuple[str, str]) -> None:
    """Texts that begin with a line end, or go over closers, are for the plugin's drawing; what Neovim can, as well."""
    found = neovim.lua("return require('fim_ls').client(0):request_sync('test/initialized_with', {}, 5000, 0).result")
    assert found["capabilities"]["experimental"]["fim"] == {
        "refresh": True,
        "nextEdit": True,
        **({"lineEnds": True, "replace": True} if drawn[1] == "plugin" else {}),
    }
    assert "textDocument" in found["capabilities"]


def test_the_better_text_takes_the_place_of_the_guess(guessed: Neovim) -> None:
    """It is asked for as if by typing: nobody pressed a key for it."""
    before = requests(guessed)
    refresh(guessed)
    guessed.wait_for_ghost("the answer")
    assert requests(guessed)[len(before) :] == [2]
    guessed.type("<Tab>")
    guessed.wait_for_text("result = the answer")


@pytest.mark.parametrize(
    "other",
    [{"version": 1}, {"line": 7}, {"character": 1}, {"uri": "file:///another.py"}],
    ids=["older text", "other line", "other column", "other document"],
)
def test_it_is_passed_over_where_the_user_has_gone_on(guessed: Neovim, other: dict[str, Any]) -> None:
    """What is about another place, or about text that was, changes nothing."""
    before = requests(guessed)
    refresh(guessed, **other)
    assert requests(guessed) == before
    assert guessed.ghost() == "a guess"


def test_it_is_passed_over_outside_of_insert_mode(guessed: Neovim) -> None:
    """Ghost text belongs to insert mode."""
    guessed.type("<Esc>")
    guessed.wait_for_ghost(None)
    before = requests(guessed)
    refresh(guessed)
    assert requests(guessed) == before
    assert guessed.ghost() is None


def test_what_was_dismissed_does_not_come_back(guessed: Neovim) -> None:
    """Until the next key: then it is ghost text like any other."""
    guessed.type("<C-]>")
    guessed.wait_for_ghost(None)
    before = requests(guessed)
    refresh(guessed)
    assert requests(guessed) == before
    assert guessed.ghost() is None
    guessed.type("t")
    guessed.wait_for_ghost("he answer")
