"""The snippets are the pieces of other documents that share most words with the lines around the cursor."""

import pytest
from attrs import evolve

from fim_language_server.core.other_files.packing import HEADER
from fim_language_server.core.snippets import select_snippets
from fim_language_server.core.values import CompletionRequest, Document, Position, Withheld

INVOICE = ["def total_price(invoice, discount):", "    return invoice.amount * discount", ""]
WEATHER = ["def forecast(temperature, pressure):", "    return temperature - pressure", ""]


def request(prefix: str = "price = total_price(invoice, discount", language: str = "python") -> CompletionRequest:
    return CompletionRequest(Document("file:///here.py", language, path="here.py"), Position(0, 0), prefix, "\n")


def other(path: str, language: str = "python") -> Document:
    return Document(f"file:///{path}", language, path=path)


def paths(*documents: tuple[Document, list[str]], max_chars: int = 4000) -> list[str]:
    return [snippet.path for snippet in select_snippets(request(), documents, max_chars)]


def test_the_document_that_shares_words_is_shown_and_the_other_is_not() -> None:
    snippets = select_snippets(request(), [(other("w.py"), WEATHER), (other("i.py"), INVOICE)], 4000)
    assert [(snippet.path, snippet.text) for snippet in snippets] == [("i.py", "\n".join(INVOICE[:2]))]


def test_the_best_window_of_a_long_document_is_shown() -> None:
    lines = WEATHER * 40 + INVOICE + WEATHER * 40
    snippet = select_snippets(request(), [(other("long.py"), lines)], 4000)[0]
    assert "total_price" in snippet.text
    assert snippet.text.count("\n") < 16


def test_the_same_language_comes_first() -> None:
    assert paths((other("a.ts", "typescript"), INVOICE), (other("b.py"), INVOICE)) == ["b.py", "a.ts"]


def test_of_equals_the_first_given_comes_first() -> None:
    assert paths((other("b.py"), INVOICE), (other("a.py"), INVOICE)) == ["b.py", "a.py"]


def test_a_document_gives_several_pieces_and_a_word_counts_less_when_shown_again() -> None:
    """The budget is filled: with the window that says something new before one that says the same again."""
    refund = ["def refund(invoice, discount_rule):", "    return invoice.balance"]
    lines = [*INVOICE, *WEATHER * 20, *INVOICE, *WEATHER * 20, *refund, *WEATHER * 20]
    prefix = "price = total_price(invoice, discount)\nback = refund(invoice"
    snippets = select_snippets(request(prefix), [(other("long.py"), lines)], 4000)
    assert [snippet.first_line for snippet in snippets][1] >= 64
    assert sum("total_price" in snippet.text for snippet in snippets) == 2


def test_neighbouring_windows_of_a_document_are_one_piece() -> None:
    lines = [line for number in range(16) for line in (f"def total_price{number}(invoice):", f"    discount{number}")]
    prefix = "".join(f"total_price{number} discount{number}\n" for number in range(16))
    (snippet,) = select_snippets(request(prefix), [(other("long.py"), lines)], 4000)
    assert snippet.text == "\n".join(lines)


def test_rare_words_and_near_ones_count_more() -> None:
    common = ["def forecast(invoice):", "    return 0"]
    documents = [(other("a.py"), common * 40), (other("b.py"), ["def settle(ledger_entry):", "    return 1"])]
    assert paths(*documents)[:1] != ["b.py"]
    near = request("forecast(invoice, discount)\nsettle(ledger_entry")
    assert select_snippets(near, documents, 4000)[0].path == "b.py"


def test_the_words_of_a_piece_are_those_that_count_most() -> None:
    (snippet,) = select_snippets(request("amount\n" * 5 + "total_price(invoice"), [(other("i.py"), INVOICE)], 4000)
    assert set(snippet.words) == {"amount", "total_price", "invoice"}
    assert snippet.words[-1] == "amount"


def test_a_file_of_the_same_directory_counts_more() -> None:
    here = CompletionRequest(Document("file:///a/here.py", path="a/here.py"), Position(0, 0), request().prefix, "")
    snippets = select_snippets(here, [(other("b/i.py"), INVOICE), (other("a/i.py"), INVOICE)], 4000)
    assert [snippet.path for snippet in snippets] == ["a/i.py", "b/i.py"]


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        (Document("file:///here.py", "python", path="here.py"), INVOICE),
        (other(".env"), INVOICE),
        (Document("file:///home/u/.ssh/config", "python"), INVOICE),
        (evolve(other("key.txt"), withheld=Withheld("private-key", "private key", 1)), INVOICE),
        (other("blob.py"), ["\0", *INVOICE]),
        (other("empty.py"), []),
        (other("min.js"), [" ".join(INVOICE) * 50]),
    ],
    ids=["the request's own", "secret path", "secret uri", "secret text", "binary", "empty", "one long line"],
)
def test_what_is_never_shown(document: Document, lines: list[str]) -> None:
    assert paths((document, lines)) == []


def test_only_whole_lines_that_fit() -> None:
    header = len("i.py") + HEADER
    (snippet,) = select_snippets(request(), [(other("i.py"), INVOICE * 3)], header + 60)
    assert snippet.text == INVOICE[0]
    assert paths((other("i.py"), INVOICE), max_chars=header + len(INVOICE[0])) == []
    assert paths((other("i.py"), INVOICE), max_chars=0) == []


def test_lines_may_carry_their_line_ends() -> None:
    (snippet,) = select_snippets(request(), [(other("i.py"), [line + "\r\n" for line in INVOICE])], 4000)
    assert snippet.text == "\n".join(INVOICE[:2])


def test_a_place_that_says_little_asks_for_nothing() -> None:
    assert select_snippets(request("for "), [(other("i.py"), INVOICE)], 4000) == ()


def test_an_untitled_document_is_called_by_its_uri() -> None:
    document = Document("untitled:Untitled-1", "python")
    (snippet,) = select_snippets(request(), [(document, INVOICE)], 4000)
    assert snippet.path == "untitled:Untitled-1"
