"""Whatever the documents are: pieces are lines of theirs, none twice, within the budget, and the same each time."""

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.other_files.packing import HEADER
from fim_language_server.core.other_files.query import LONGEST_LINE
from fim_language_server.core.snippets import select_snippets
from fim_language_server.core.values import CompletionRequest, Document, Position

_WORDS = st.sampled_from(["ledger", "invoice", "settle", "Überweisung", "return", "x", "}", "", "=" * 30, "z" * 450])
_LINES = st.lists(st.lists(_WORDS, max_size=4).map(" ".join), max_size=60)
_ENDS = st.sampled_from(["", "\n", "\r\n"])
_PATHS = st.sampled_from(["a.py", "b.ts", "a/c.py", "a/d.md"])
_DOCUMENTS = st.lists(st.tuples(_PATHS, _LINES, _ENDS), max_size=5)


def _request(prefix: str) -> CompletionRequest:
    return CompletionRequest(Document("file:///a/here.py", "python", path="a/here.py"), Position(0, 0), prefix, "\n")


@given(_LINES, _DOCUMENTS, st.integers(0, 6_000))
def test_pieces_are_lines_of_the_documents_within_the_budget(
    around: list[str], entries: list[tuple[str, list[str], str]], max_chars: int
) -> None:
    documents = [
        (Document(f"file:///{number}/{path}", "", path=f"{number}/{path}"), [line + end for line in lines])
        for number, (path, lines, end) in enumerate(entries)
    ]
    request = _request("ledger invoice settle\n" + "\n".join(around))
    snippets = select_snippets(request, documents, max_chars)
    texts = {document.path: [line.rstrip("\r\n") for line in lines] for document, lines in documents}
    shown = set[tuple[str, int]]()
    for snippet in snippets:
        rows = snippet.text.split("\n")
        assert rows == texts[snippet.path][snippet.first_line : snippet.first_line + len(rows)]
        places = {(snippet.path, snippet.first_line + row) for row in range(len(rows))}
        assert not places & shown
        shown |= places
        assert rows[0].strip()
        assert rows[-1].strip()
        assert all(len(row) <= LONGEST_LINE for row in rows)
        assert snippet.words
    assert sum(len(it.path) + HEADER + len(it.text) + 1 for it in snippets) <= max_chars or not snippets
    assert select_snippets(request, documents, max_chars) == snippets


def test_two_documents_of_one_name_are_two_files() -> None:
    lines = ["def settle(ledger, invoice):", "    return ledger.amount(invoice)"]
    names = ("file:///one/b.py", "file:///two/b.py")
    documents = [(Document(uri, "python", path="b.py"), [*["pass"] * 16 * n, *lines]) for n, uri in enumerate(names)]
    snippets = select_snippets(_request("settle(ledger, invoice)"), documents, 4_000)
    assert [it.path for it in snippets] == ["b.py", "b.py"]
    assert all(it.text.endswith("\n".join(lines)) for it in snippets)
