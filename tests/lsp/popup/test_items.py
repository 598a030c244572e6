"""An item stands in the document as the suggestion says, in whatever way the client puts it in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import converters

from fim_language_server.core.values import CompletionRequest, Document, Source, Suggestion
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding
from fim_language_server.lsp.editor.client_features import ClientFeatures
from fim_language_server.lsp.editor.popup_client import ItemForm, PopupClient
from fim_language_server.lsp.popup.items import MOST, TypedWord, fitting, to_items
from tests.lsp.popup.clients import CLIENTS, Item, PopupHabits, Screen

CONVERTER = converters.get_converter()
REQUEST = CompletionRequest(Document("file:///a"), prefix="", suffix="", position=None)  # type: ignore[arg-type]


def client_of(habits: PopupHabits) -> PopupClient:
    return ClientFeatures.from_initialize(habits.initialize).popup


def items(
    client: PopupClient, screen: Screen, *texts: str, language: str = "python", encoding: Encoding = Encoding.UTF16
) -> list[Item]:
    """Return the items of texts at the cursor, as they go over the wire."""
    document = OpenDocument("file:///a", language, 1, encoding, lines=split_lines(screen.text))
    line = screen.position["line"]
    word = TypedWord.before(document, line, screen.cursor - screen.line_start)
    suggestions = [
        Suggestion(f"s{number}", text, REQUEST, Source.PROVIDER, "codestral") for number, text in enumerate(texts)
    ]
    return [CONVERTER.unstructure(item) for item in to_items(suggestions, word, client)]


def at_cursor(drawn: str) -> Screen:
    return Screen(drawn.replace("|", ""), drawn.index("|"))


BODY = '_ai(a, b):\n        total = f"${a}" + "}\\n"\n        return total'


@pytest.mark.parametrize("habits", CLIENTS, ids=lambda habits: habits.name)
def test_a_block_with_every_special_character(habits: PopupHabits) -> None:
    """Indented as it stands, `$`, `}` and `\\` as they are; and behind it what was behind the cursor."""
    screen = at_cursor("class C:\n    def comb|  # end\n")
    (item,) = items(client_of(habits), screen, BODY)
    expected = BODY if habits.most_lines > 1 else BODY.partition(habits.stops_at or "\n")[0]
    assert habits.put(screen, item) == f"class C:\n    def comb{expected}  # end\n"
    assert item["label"].startswith("comb_ai"), "clients compare it with the typed word"
    assert item["filterText"].startswith("comb_ai")
    assert item["kind"] == 1
    assert item["sortText"] > "zzz", "behind the names of other servers"
    assert "preselect" not in item
    assert "commitCharacters" not in item
    assert "FIM codestral" in item["detail"]
    assert "comb_ai" in item["documentation"]["value"]
    assert ("command" in item) == (expected == BODY), "a part is no acceptance"


_NAMES = st.sampled_from(["x", "total", "größe", "名前", "𝒳", "_a1", "self"])
_REST = st.sampled_from(["", " = 1", "(a, b)", ".get('k')", ' + f"${a}"', "\\n", "}", "$1", "${2:x}", "\\$", " 😀"])
_INDENTS = st.sampled_from(["", "    ", "        ", "\t", "\t\t", "  \t"])


@st.composite
def places(draw: st.DrawFn) -> tuple[Screen, str]:
    """A text with a cursor behind a word or none, and a suggestion's text of one line or more."""
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    indent = draw(_INDENTS)
    above = draw(st.lists(st.tuples(_INDENTS, _NAMES, _REST), max_size=3))
    head = (
        indent
        + draw(st.sampled_from(["", "return ", "x = ", "print(", "😀 "]))
        + draw(st.sampled_from(["", "com", "größ", "𝒳y"]))
    )
    before = "".join("".join(line) + eol for line in above) + head
    after = draw(st.sampled_from(["", ")", "  # end"])) + eol + draw(st.sampled_from(["", f"x{eol}", f"\t名{eol}"]))
    first = draw(_NAMES) + draw(_REST)
    others = draw(st.lists(st.one_of(st.just(""), st.tuples(_INDENTS, _NAMES, _REST).map("".join)), max_size=4))
    deeper = [indent + line if line and draw(st.booleans()) else line for line in others]
    text = eol.join([first, *deeper]).rstrip("\r\n")
    return Screen(before + after, len(before)), text


@pytest.mark.parametrize("habits", CLIENTS, ids=lambda habits: habits.name)
@given(place=places())
@settings(max_examples=150, deadline=None)
def test_nothing_is_doubled_or_lost(habits: PopupHabits, place: tuple[Screen, str]) -> None:
    """After an item is taken there stands what was there, with the text in it as far as the client takes it."""
    screen, text = place
    if not habits.keeps_cr:
        screen = Screen(screen.text.replace("\r", ""), len(screen.text[: screen.cursor].replace("\r", "")))
        text = text.replace("\r", "")
    screen = Screen(screen.text, screen.cursor, habits.units)
    client = client_of(habits)
    encoding = Encoding.UTF8 if habits.units == "utf-8" else Encoding.UTF16
    plain = text.replace("\r\n", "\n")
    taken = fitting(plain, screen.indent, client)
    assert plain.startswith(taken)
    assert taken.count("\n") < habits.most_lines
    for item in items(client, screen, text, encoding=encoding):
        eol = "\r\n" if "\r\n" in screen.text else "\n"
        expected = screen.put(screen.cursor, taken.replace("\n", eol))
        assert habits.put(screen, item) == expected
        assert "\n" not in item["label"]


def test_a_line_that_goes_back_ends_a_text_that_the_client_indents() -> None:
    """Each further line gets the indentation of the cursor's; a line with less cannot be said."""
    screen = at_cursor("def f():\n    if x:\n        |\n")
    text = "return 1\n        y()\n    return 2"
    adjusted = PopupClient(form=ItemForm.ADJUSTED)
    (item,) = items(adjusted, screen, text)
    assert item["textEdit"]["newText"] == "return 1\ny()"
    (item,) = items(PopupClient(), screen, text)
    assert item["textEdit"]["newText"] == text


def test_the_setting_goes_before_what_the_client_says() -> None:
    """`popup.form` is for clients that are not known, or have changed."""
    client = PopupClient(form=ItemForm.LINE, cut_at="(", says_adjust=True)
    assert client.with_form("auto") is client
    assert client.with_form("edit").form is ItemForm.ADJUSTED
    assert PopupClient(form=ItemForm.SNIPPET).with_form("edit").form is ItemForm.EDIT
    assert PopupClient().with_form("line").form is ItemForm.LINE
    assert PopupClient(cut_at="(").with_form("line").cut_at == ""


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ({}, ItemForm.EDIT),
        ({"clientInfo": {"name": "Neovim"}}, ItemForm.LINE),  # without snippets it inserts the first line anyway
        ({"clientInfo": {"name": 7}, "capabilities": []}, ItemForm.EDIT),
        ({"capabilities": {"textDocument": {"completion": {"completionItem": 3}}}}, ItemForm.EDIT),
        (
            {"capabilities": {"textDocument": {"completion": {"completionItem": {"insertTextModeSupport": [1]}}}}},
            ItemForm.EDIT,
        ),
    ],
)
def test_what_a_client_says_is_read_leniently(said: dict[str, Any], form: ItemForm) -> None:
    assert ClientFeatures.from_initialize(said).popup.form is form


def test_at_most_three_items_with_labels_of_their_own() -> None:
    """Some clients tell items apart by the label, and one that inserts nothing is no item."""
    screen = at_cursor("com|\n")
    shown = items(PopupClient(), screen, "bine()\nx", "bine()\ny", "   ", "bine()", "pare()")
    assert len(shown) == MOST
    assert len({item["label"] for item in shown}) == MOST
    assert [item["sortText"] for item in shown] == sorted(item["sortText"] for item in shown)


def test_a_long_first_line_is_cut_in_the_label_only() -> None:
    screen = at_cursor("|\n")
    (item,) = items(PopupClient(), screen, "x" * 500)
    assert len(item["label"]) < 80
    assert item["textEdit"]["newText"] == "x" * 500


@pytest.mark.parametrize(("language", "word"), [("css", "font-we"), ("python", "we"), ("CSS", "font-we")])
def test_a_name_may_have_dashes_in_some_languages(language: str, word: str) -> None:
    (item,) = items(PopupClient(), at_cursor("a { font-we|\n"), "ight: bold", language=language)
    assert item["filterText"] == word + "ight: bold"


def test_documentation_is_a_block_that_its_text_cannot_leave() -> None:
    screen = at_cursor("    com|\n")
    (item,) = items(PopupClient(), screen, "ment\n    ```\n    ````")
    kind, value = item["documentation"]["kind"], item["documentation"]["value"]
    assert kind == "markdown"
    assert value == "`````python\n    comment\n    ```\n    ````\n`````"
    (item,) = items(PopupClient(reads_markdown=False), screen, "ment")
    assert item["documentation"] == {"kind": "plaintext", "value": "    comment"}
