"""Every family's prompt has the form it was trained with, whatever text it is made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.prompt import (
    FAMILIES,
    FIM_TEMPLATES,
    MOST_STOPS,
    FimTemplate,
    PromptOrder,
    choose_template,
    render_prompt,
    stops_with,
    without_marks,
)
from fim_language_server.core.values import Context, Snippet
from fim_language_server.errors import SettingsError

PLAIN = Context("P", "S", "dir/a.py", "python")
FILES = Context("P", "S", "dir/a.py", "python", (Snippet("b.py", "B"), Snippet("c.py", "C")))

every_family = pytest.mark.parametrize("template", FIM_TEMPLATES, ids=FAMILIES)


@pytest.mark.parametrize(
    ("family", "alone", "with_files"),
    [
        (
            "qwen",
            "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
            (
                "<|repo_name|>project\n<|file_sep|>b.py\nB\n<|file_sep|>c.py\nC\n<|file_sep|>dir/a.py\n"
                "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"
            ),
        ),
        ("codestral", "[SUFFIX]S[PREFIX]P", "[SUFFIX]S[PREFIX]+++++ b.py\nB\n\n+++++ c.py\nC\n\n+++++ dir/a.py\nP"),
        (
            "starcoder",
            "<fim_prefix>P<fim_suffix>S<fim_middle>",
            "<repo_name>project<file_sep>b.py\nB<file_sep>c.py\nC<file_sep><fim_prefix>dir/a.py\nP<fim_suffix>S<fim_middle>",
        ),
        (
            "deepseek",
            "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
            "<｜fim▁begin｜>#b.py\nB\n#c.py\nC\n#dir/a.py\nP<｜fim▁hole｜>S<｜fim▁end｜>",
        ),
        ("codellama", "<PRE> P <SUF>S <MID>", "<PRE> # b.py\nB\n# c.py\nC\n# dir/a.py\nP <SUF>S <MID>"),
        (
            "codegemma",
            "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
            "b.py\nB<|file_separator|>c.py\nC<|file_separator|>dir/a.py\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        ),
        (
            "seed-coder",
            "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>",
            "<filename>b.py\nB\n<filename>c.py\nC\n<filename>dir/a.py\n<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>",
        ),
        (
            "mellum",
            "<filename>dir/a.py\n<fim_suffix>S<fim_prefix>P<fim_middle>",
            "<filename>b.py\nB\n<filename>c.py\nC\n<filename>dir/a.py\n<fim_suffix>S<fim_prefix>P<fim_middle>",
        ),
        (
            "granite4",
            "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
            "<|fim_prefix|># b.py\nB\n# c.py\nC\n# dir/a.py\nP<|fim_suffix|>S<|fim_middle|>",
        ),
        (
            "glm",
            "<|code_prefix|>P<|code_suffix|>S<|code_middle|>",
            "<|code_prefix|># b.py\nB\n# c.py\nC\n# dir/a.py\nP<|code_suffix|>S<|code_middle|>",
        ),
        (
            "falcon-coder",
            "<|prefix|>P<|suffix|>S<|middle|>",
            "<|prefix|># b.py\nB\n# c.py\nC\n# dir/a.py\nP<|suffix|>S<|middle|>",
        ),
    ],
)
def test_the_forms(family: str, alone: str, with_files: str) -> None:
    """Each family's prompt for one file and for several, letter by letter."""
    template = choose_template("", family)
    assert render_prompt(template, PLAIN) == alone
    assert render_prompt(template, FILES) == with_files


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("qwen2.5-coder:1.5b-base", "qwen"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen"),
        ("CodeQwen1.5-7B", "starcoder"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("stable-code-3b", "starcoder"),
        ("granite-3b-code-base", "starcoder"),
        ("ibm-granite/granite-4.0-h-small", "granite4"),
        ("mistralai/Codestral-22B-v0.1", "codestral"),
        ("deepseek-coder-v2:16b", "deepseek"),
        ("codellama:7b-code", "codellama"),
        ("codegemma-2b", "codegemma"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("JetBrains/Mellum-4b-base", "mellum"),
        ("zai-org/GLM-4.5-Air", "glm"),
        ("tiiuae/Falcon-H1-Coder", "falcon-coder"),
    ],
)
def test_which_family_a_model_is_of(model: str, family: str) -> None:
    """The name tells the family, and no other row matches it."""
    assert choose_template(model).family == family
    assert [row.family for row in FIM_TEMPLATES if re.search(row.models, model.lower())] == [family]


def test_the_family_that_is_set_comes_before_the_name() -> None:
    """A model under any name can be asked in its family's words."""
    assert choose_template("qwen2.5-coder", "codellama").family == "codellama"


@pytest.mark.parametrize(
    ("model", "family", "words"), [("gpt-4", "auto", '"gpt-4"'), ("", "auto", "unnamed"), ("x", "quen", '"quen"')]
)
def test_an_unknown_model_is_an_error_that_lists_the_families(model: str, family: str, words: str) -> None:
    """It never silently gets the marks of another family."""
    with pytest.raises(SettingsError) as caught:
        choose_template(model, family)
    assert words in str(caught.value)
    assert all(known in str(caught.value) for known in FAMILIES)
    assert "; set " in str(caught.value)


@every_family
def test_stops(template: FimTemplate) -> None:
    """At most four, as servers take no more; the user's own come first."""
    assert 1 <= len(template.stops) <= MOST_STOPS
    assert len(set(template.stops)) == len(template.stops)
    assert stops_with(template, ()) == template.stops
    assert stops_with(template, ("a", "b", "a")) == ("a", "b", *template.stops[:2])


@every_family
def test_marks(template: FimTemplate) -> None:
    """The three marks differ, and every part of the form that is a token is known as a mark."""
    parts = [mark for mark in (template.prefix, template.suffix, template.middle) if mark]
    assert len(set(parts)) == len(parts) >= 2
    assert not template.middle or len(parts) == 3
    forms = template.lead + template.file_head + template.file_end + template.head
    tokens = re.findall(r"<[^<>\s]+>|\[[A-Z]+\]", forms)
    assert set(tokens) <= set(template.marks)


def pieces(template: FimTemplate) -> st.SearchStrategy[str]:
    """Texts made of marks, parts of marks, and what lies between."""
    bits = [bit for mark in template.marks for bit in (mark, mark[: len(mark) // 2], mark[len(mark) // 2 :], mark[:1])]
    return st.lists(st.sampled_from([*bits, "a", " ", "\n", "<", "|", ">", "+++++ "]), max_size=8).map("".join)


@every_family
@settings(max_examples=40)
@given(data=st.data())
def test_text_cannot_change_the_structure(template: FimTemplate, data: st.DataObject) -> None:
    """Whatever stands in texts and paths: the prompt has the marks of its form, in their order, and no other."""
    text = pieces(template)
    snippets = tuple(Snippet(data.draw(text), data.draw(text)) for _ in range(2))
    prompt = render_prompt(template, Context(data.draw(text), data.draw(text), data.draw(text), "", snippets))
    harmless = render_prompt(template, Context("P", "S", "p", "", (Snippet("p", "T"),) * 2))
    any_mark = re.compile("|".join(re.escape(mark) for mark in template.marks))
    assert any_mark.findall(prompt) == any_mark.findall(harmless)


@every_family
@settings(max_examples=40)
@given(data=st.data())
def test_text_without_marks_is_sent_as_it_is(template: FimTemplate, data: st.DataObject) -> None:
    """Nothing is changed that need not be, and what is changed gains spaces and loses nothing."""
    text = data.draw(pieces(template))
    changed = without_marks(text, template.marks)
    assert changed.replace(" ", "") == text.replace(" ", "")
    assert (changed == text) == (not any(mark in text for mark in template.marks))
    assert without_marks(changed, template.marks) == changed


@every_family
def test_orders(template: FimTemplate) -> None:
    """The part shown first stands first."""
    prompt = render_prompt(template, PLAIN)
    prefix_first = prompt.index(template.prefix) < prompt.index(template.suffix)
    assert prefix_first == (template.order is PromptOrder.PREFIX_FIRST)
