"""The snippets are the pieces of other documents that share most words with the lines around the cursor."""

import pytest
from attrs import evolve

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
    (snippet,) = select_snippets(request(), [(other("long.py"), lines)], 4000)
    assert "total_price" in snippet.text
    assert snippet.text.count("\n") < 24


def test_the_same_language_comes_first() -> None:
    assert paths((other("a.ts", "typescript"), INVOICE), (other("b.py"), INVOICE)) == ["b.py", "a.ts"]


def test_of_equals_the_first_given_comes_first() -> None:
    assert paths((other("b.py"), INVOICE), (other("a.py"), INVOICE)) == ["b.py", "a.py"]


def test_at_most_four_snippets_one_of_each_document() -> None:
    assert paths(*((other(f"{i}.py"), INVOICE * 30) for i in range(6))) == ["0.py", "1.py", "2.py", "3.py"]


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
    (snippet,) = select_snippets(request(), [(other("i.py"), INVOICE * 3)], 40)
    assert snippet.text == INVOICE[0]
    assert paths((other("i.py"), INVOICE), max_chars=10) == []
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
