"""A secret that spans lines, or is told by a line far away, is masked wherever windows and snippets are cut."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest

from fim_language_server.core.context import build_context
from fim_language_server.core.secrets.enclosing import MOST_LINES, lines_above, lines_below
from fim_language_server.core.secrets.masking import mask
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.core.snippets import select_snippets
from fim_language_server.core.values import CompletionRequest, Context, Document, Position, Snippet, Trigger
from fim_language_server.lsp.convert import to_view
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding

SALT = b"0123456789abcdef"


def _value(chance: random.Random) -> str:
    return base64.b64encode(chance.randbytes(15)).decode()


def kubernetes(chance: random.Random, entries: int) -> tuple[str, list[str]]:
    """Return a Kubernetes secret as `kubectl` or a person writes it, alone, in a list or in JSON; and its values."""
    values = [_value(chance) for _ in range(entries)]
    form = chance.choice(["kind first", "kind last", "list", "JSON", "block scalar"])
    if form == "JSON":
        data = ",\n".join(f'    "colour.{n}": "{value}"' for n, value in enumerate(values))
        return f'{{\n  "kind": "Secret",\n  "data": {{\n{data}\n  }}\n}}\n', values
    indent = "  " if form == "list" else ""
    if form == "block scalar":
        data = "".join(f"  colour.{n}: |\n    {value}\n" for n, value in enumerate(values))
    else:
        data = "".join(f"{indent}  colour.{n}: {value}\n" for n, value in enumerate(values))
    data = f"{indent}{chance.choice(['data', 'stringData'])}:\n{data}"
    metadata = f"{indent}metadata:\n{indent}  name: some\n" + f"{indent}  # a note\n" * chance.choice([0, 90])
    kind, first = f"{indent}kind: Secret\n", "- apiVersion: v1\n" if form == "list" else "apiVersion: v1\n"
    parts = [first, data, kind, metadata] if form == "kind last" else [first, kind, metadata, data]
    return ("kind: List\nitems:\n" if form == "list" else "") + "".join(parts), values


def _document(text: str, chance: random.Random) -> OpenDocument:
    text = text.replace("\n", chance.choice(["\n", "\r\n"]))
    return OpenDocument("file:///some.yaml", "yaml", 1, Encoding.UTF32, lines=split_lines(text))


@pytest.mark.parametrize("seed", range(40))
def test_no_value_of_a_kubernetes_secret_is_sent_from_any_window(seed: int) -> None:
    """Any size of window, any place of the cursor, also with other objects above and below."""
    chance = random.Random(seed)
    text, values = kubernetes(chance, chance.choice([3, 40, 140]))
    other = "---\nkind: ConfigMap\ndata:\n  colour: blue-and-green-9\n---\n"
    document = _document(chance.choice(["", other]) + text + chance.choice(["", other]), chance)
    for _ in range(3):
        line, size = chance.randrange(len(document.lines)), chance.choice([90, 500, 2_000, 4_000])
        place = Position(line, chance.choice([0, 9_999]))
        request = to_view(document, place, (size + 600, size // 2 + 600))
        sent = mask(build_context(request, size, size // 2), request, Placeholders(SALT)).context
        left = [value for value in values if value[:12] in sent.prefix + sent.suffix]
        assert not left, (line, size)


@pytest.mark.parametrize("seed", range(40))
def test_no_value_of_a_kubernetes_secret_is_sent_in_a_snippet(seed: int) -> None:
    """The words around the cursor choose the window; its kind may stand anywhere in the object."""
    chance = random.Random(seed)
    text, values = kubernetes(chance, chance.choice([30, 70]))
    lines = split_lines(text)
    for start in range(0, len(lines), 8):
        piece = "".join(lines[start : start + 24]).rstrip("\n")
        snippet = Snippet("b.yaml", piece, lines_above(lines, start), lines_below(lines, start + 24))
        assert not [value for value in values if value[:12] in _masked_snippet(snippet)]


def _masked_snippet(snippet: Snippet) -> str:
    request = CompletionRequest(Document("file:///a.py"), Position(0, 0), "", "")
    [sent] = mask(Context("", "", snippets=(snippet,)), request, Placeholders(SALT)).context.snippets
    assert len(sent.text) == len(snippet.text)
    return sent.text


@pytest.mark.parametrize("gap", range(1, 8))
def test_a_value_below_its_name_is_masked_in_a_snippet_that_begins_between_them(gap: int) -> None:
    """Snippets begin at every eighth line."""
    lines = ["x = 1\n"] * (8 - gap) + ["db_password = (\n"] + ["\n"] * (gap - 1)
    lines += ['    "Tr0ub4dorX3xyzQ"\n', ")\n"]
    lines += [f"def alpha_{n}(beta_value, gamma_value, delta_value): pass\n" for n in range(20)]
    words = "\n".join(f"alpha_{n} beta_value gamma_value delta_value" for n in range(20)) + "\n"
    request = CompletionRequest(Document("file:///a.py"), Position(20, 0), words, "", Trigger.AUTOMATIC)
    [snippet] = select_snippets(request, [(Document("file:///b.py", path="b.py"), lines)], 4_000)
    assert "Tr0ub4dorX3xyzQ" in snippet.text
    assert snippet.text.startswith("db_password") is False
    assert "Tr0ub4dorX3xyzQ" not in _masked_snippet(snippet)


def test_the_piece_itself_is_left_as_it_is_where_no_secret_is_around_it() -> None:
    """The lines that are judged beside a piece are not sent, and other kinds' values are no secrets."""
    lines = split_lines("kind: ConfigMap\ndata:\n" + "".join(f"  colour.{n}: blue-{n}-green\n" for n in range(90)))
    piece = "".join(lines[40:64])
    snippet = Snippet("b.yaml", piece, lines_above(lines, 40), lines_below(lines, 64))
    assert _masked_snippet(snippet) == piece


class _CountingList(list[str]):
    """Counts the lines that are read from it."""

    read = 0

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        self.read += len(found) if isinstance(index, slice) else 1
        return found


def test_a_bounded_number_of_lines_is_read_around_a_piece() -> None:
    """However long the document is, and however deep its blocks are."""
    for line in ("    a: b\n", "\n", "kind: secret-9\n", "-" * 5_000 + "\n"):
        lines = _CountingList([line] * 100_000)
        lines_above(lines, 50_000)
        lines_below(lines, 50_000)
        assert lines.read <= 4 * MOST_LINES
