"""A line typed key by key, counted by hand."""

from __future__ import annotations

import pytest

from fim_language_server.core.values import Trigger
from fim_language_server.evaluation.holes import Hole
from fim_language_server.evaluation.model_calls import ModelAnswer
from fim_language_server.evaluation.records import Typed
from fim_language_server.evaluation.typing_simulation import type_line

LINE = Hole("a.py", "line", 0, 0, "", "\n", "return x")


class Model:
    """Says these texts where so much is typed."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.asked: list[str] = []

    async def __call__(self, line: Hole, trigger: Trigger, typed: str) -> ModelAnswer:
        assert (line, trigger) == (LINE, Trigger.AUTOMATIC)
        self.asked.append(typed)
        return ModelAnswer(self.texts.get(typed, ""), prompt_tokens=10, completion_tokens=1)


@pytest.mark.parametrize(
    ("texts", "keys", "ghosts", "accepted", "asked"),
    [
        ({}, 8, 0, False, 8),  # silence saves nothing
        ({"": "return x"}, 1, 1, True, 1),  # right at once: one key
        ({"ret": "urn x"}, 4, 1, True, 4),  # three typed, one to accept
        ({"": "return y"}, 8, 1, False, 1),  # it stays while it agrees
        ({"": "raise", "re": "turn y", "return ": "x"}, 8, 2, False, 2),  # "r" agrees, "re" does not
        ({"r": "eturn", "return": " x"}, 7, 2, True, 3),  # a part is not accepted, and asked beyond its end
    ],
)
async def test_keys_ghosts_and_questions(
    texts: dict[str, str], keys: int, ghosts: int, accepted: bool, asked: int
) -> None:
    """The same ghost with less of it left is the same ghost."""
    model = Model(texts)
    typed = await type_line("embedded", LINE, model)
    assert typed == Typed("embedded", LINE.name, 8, keys, ghosts, accepted, asked, 10 * asked, asked)
    assert len(model.asked) == asked


async def test_a_model_that_says_how_sure_it_is_may_change_its_mind() -> None:
    """Asked again after some keys of its text, it shows another."""
    asked = []

    async def ask(_line: Hole, _trigger: Trigger, typed: str) -> ModelAnswer:
        asked.append(typed)
        return ModelAnswer("return y"[len(typed) :] if len(typed) < 4 else LINE.target[len(typed) :], confidence=0.6)

    typed = await type_line("embedded", LINE, ask)
    assert asked == ["", "retu"]
    assert (typed.keys, typed.ghosts, typed.accepted) == (5, 2, True)
