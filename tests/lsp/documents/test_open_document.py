"""The document store says what a naive full-text implementation says, at the cost of a line."""

import re
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fim_language_server.core.values import Position
from fim_language_server.lsp.documents import open_document as documents
from fim_language_server.lsp.documents.open_document import OpenDocument, split_lines
from fim_language_server.lsp.documents.positions import Encoding

ENCODINGS = list(Encoding)
EOL = re.compile("\r\n|\n|\r")
# Line ends, things that only look like line ends, and characters of every width.
ALPHABET = [
    "a",
    "b",
    " ",
    "é",
    "中",
    "😀",
    "𝄞",
    "\u0301",
    "\x0c",
    "\x0b",
    "\x85",
    "\u2028",
    "\n",
    "\r",
    "\r\n",
]
HALF = re.compile("[\ud800-\udfff]")
PAIRS = ("\ud83d\ude00", "\ud834\udd1e")  # the two astral characters of the alphabet, in halves
TEXT = st.lists(st.sampled_from(ALPHABET), max_size=12).map("".join)


def document(text: str, encoding: Encoding = Encoding.UTF16) -> OpenDocument:
    return OpenDocument("file:///a", "python", 1, encoding, lines=split_lines(text))


def text_of(opened: OpenDocument) -> str:
    return "".join(opened.lines)


class NaiveText:
    """The whole text as the client's own units, edited by joining and splitting: slow and plain."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        self.encoding = encoding
        self.units = self.to_units(text)

    def to_units(self, text: str) -> list[str]:
        """One entry a unit; a character of several units is itself and then fillers."""
        units: list[str] = []
        for character in text:
            if self.encoding is Encoding.UTF16 and character > "\uffff":
                data = character.encode("utf-16-le")
                units += [
                    data[:2].decode("utf-16-le", "surrogatepass"),
                    data[2:].decode("utf-16-le", "surrogatepass"),
                ]
            elif self.encoding is Encoding.UTF8:
                units += [character] + [""] * (len(character.encode("utf-8", "surrogatepass")) - 1)
            else:
                units.append(character)
        return units

    def text(self) -> str:
        joined = "".join(self.units)
        if self.encoding is Encoding.UTF16:
            return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return joined

    def offset(self, line: int, character: int) -> int:
        starts, ends, index = [0], [], 0
        while index < len(self.units):
            if self.units[index] == "\r" and self.units[index + 1 : index + 2] == ["\n"]:
                ends.append(index)
                index += 2
                starts.append(index)
            elif self.units[index] in {"\n", "\r"}:
                ends.append(index)
                index += 1
                starts.append(index)
            else:
                index += 1
        ends.append(len(self.units))
        if line >= len(starts):
            return len(self.units)
        offset = min(starts[line] + character, ends[line])
        while offset < len(self.units) and self.units[offset] == "":
            offset -= 1
        return offset

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        begin, stop = sorted((self.offset(*start), self.offset(*end)))
        self.units[begin:stop] = self.to_units(text)


PLACE = st.tuples(st.integers(0, 6), st.integers(0, 14))


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=300)
@given(start_text=TEXT, edits=st.lists(st.tuples(PLACE, PLACE, TEXT), max_size=6), at=PLACE)
def test_any_edits_give_the_text_that_the_client_has(
    encoding: Encoding, start_text: str, edits: list[Any], at: tuple[int, int]
) -> None:
    """In every encoding, with every line ending, out of range and backwards; CR|LF seams too."""
    opened, naive = document(start_text, encoding), NaiveText(start_text, encoding)
    for start, end, text in edits:
        naive.replace(start, end, text)
        opened.replace(start, end, text)
        assert text_of(opened) == naive.text()
        assert opened.lines == split_lines(naive.text()), "the lines are those of the whole text"
        anew = OpenDocument("file:///a", "python", 1, encoding, lines=list(opened.lines))
        assert opened.windows(*at, 7, 5) == anew.windows(*at, 7, 5), "what was kept of the last window still holds"
    windows = opened.windows(*at, 10**6, 10**6)
    assert windows.prefix_is_whole
    assert windows.suffix_is_whole
    before = NaiveText("", encoding)
    before.units = naive.units[: naive.offset(*at)]
    if before.units and before.units[-1] + "".join(naive.units[len(before.units) :][:1]) in PAIRS:
        before.units.pop()  # A request inside a character is one before it.
    assert windows.prefix == HALF.sub("\ufffd", before.text())
    assert windows.prefix + windows.suffix == HALF.sub("\ufffd", naive.text())


@given(text=TEXT, at=PLACE, prefix_chars=st.integers(0, 20), suffix_chars=st.integers(0, 20))
def test_windows_are_the_ends_of_the_whole_text(
    text: str, at: tuple[int, int], prefix_chars: int, suffix_chars: int
) -> None:
    opened = document(text)
    whole = opened.windows(*at, 10**6, 10**6)
    cut = opened.windows(*at, prefix_chars, suffix_chars)
    assert cut.prefix == whole.prefix[max(0, len(whole.prefix) - prefix_chars) :]
    assert cut.suffix == whole.suffix[:suffix_chars]
    assert cut.prefix_is_whole == (len(whole.prefix) <= prefix_chars)
    assert cut.suffix_is_whole == (len(whole.suffix) <= suffix_chars)
    assert (cut.line, cut.column) == (whole.line, whole.column)


@given(text=TEXT, chunk=st.integers(1, 12))
def test_split_lines_splits_where_lsp_does_and_loses_nothing(text: str, chunk: int) -> None:
    with mock.patch.object(documents, "_CHUNK", chunk):
        lines = split_lines(text)
    assert lines == [*re.findall("[^\r\n]*(?:\r\n|\n|\r)", text), EOL.split(text)[-1]]


@settings(max_examples=300)
@given(text=TEXT, edits=st.lists(st.tuples(PLACE, PLACE, TEXT), min_size=1, max_size=4))
def test_a_change_ends_before_the_text_that_followed_it(text: str, edits: list[Any]) -> None:
    """`Splice.new_end` cuts the new text exactly behind the inserted text, but for a \\r that took a \\n."""
    opened = document(text)
    for start, end, inserted in edits:
        naive = NaiveText(text_of(opened), Encoding.UTF16)
        stop = max(naive.offset(*start), naive.offset(*end))
        rest = NaiveText("", Encoding.UTF16)
        rest.units = naive.units[stop:]
        splice = opened.replace(start, end, inserted)
        suffix = opened.windows_at(splice.new_end, 0, 10**6).suffix
        half = any("\ud800" <= character <= "\udfff" for character in text_of(opened) + rest.text())
        if not half:
            assert suffix in {rest.text(), "\r" + rest.text()}


@settings(max_examples=300)
@given(old=TEXT, new=TEXT)
def test_a_full_text_change_ends_where_the_difference_ends(old: str, new: str) -> None:
    opened = document(old)
    splice = opened.replace_all(new)
    assert text_of(opened) == new
    old_tail = document(old).windows_at(splice.old_end, 0, 10**6).suffix
    new_tail = opened.windows_at(splice.new_end, 0, 10**6).suffix
    # Where only the line ending differs there is no place between, so the place is before it.
    assert old_tail.lstrip("\r\n") == new_tail.lstrip("\r\n")
    assert splice.added_lines == len(split_lines(new)) - len(split_lines(old))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ab\ncd\n", "ab\ncxd\n", Position(1, 2)),
        ("aaa", "aaaa", Position(0, 4)),  # typed at the end, which is where one types
        ("", "abc", Position(0, 3)),
        ("a\nb\nc", "a\nc", Position(1, 0)),
        ("same\n", "same\n", Position(1, 0)),
        ("x\n", "x\n\n", Position(2, 0)),
    ],
)
def test_where_a_full_text_change_ends(old: str, new: str, expected: Position) -> None:
    assert document(old).replace_all(new).new_end == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "inserted", "lines"),
    [
        ("a\r", (1, 0), (1, 0), "\nb", ["a\r\n", "b"]),  # a seam made: \r and \n become one line ending
        ("a\rx\nb", (1, 0), (1, 1), "", ["a\r\n", "b"]),
        ("a\nb", (0, 1), (0, 1), "\r", ["a\r\n", "b"]),
        ("a\r\nb", (0, 2), (0, 2), "X", ["aX\r\n", "b"]),  # between \r and \n there is no place
        ("a\r\nb", (0, 1), (1, 0), "", ["ab"]),
        ("a\u2028b\x0cc\x85d", (0, 3), (0, 4), "Y", ["a\u2028bYc\x85d"]),
        ("", (0, 0), (0, 0), "", [""]),
        ("ab", (9, 9), (9, 9), "c", ["abc"]),
        ("ab\n", (9, 0), (9, 0), "c", ["ab\n", "c"]),
    ],
)
def test_replace(text: str, start: tuple[int, int], end: tuple[int, int], inserted: str, lines: list[str]) -> None:
    opened = document(text)
    opened.replace(start, end, inserted)
    assert opened.lines == lines


def test_an_astral_character_may_come_in_two_edits() -> None:
    """As JavaScript editors may send it: half a character, then the other half."""
    opened = document("ab")
    opened.replace((0, 1), (0, 1), "\ud83d")
    assert opened.windows(0, 2, 10, 10).prefix == "a\ufffd", "half a character cannot be encoded"
    opened.replace((0, 2), (0, 2), "\ude00")
    assert opened.lines == ["a😀b"]
    opened.replace((0, 2), (0, 3), "")
    assert opened.lines == ["a\ud83db"], "and half of one may be taken away"


@pytest.mark.parametrize(
    ("text", "expected"), [("a\r\nb\n", "\r\n"), ("a\rb", "\r"), ("a\n", "\n"), ("a", "\n"), ("", "\n")]
)
def test_eol(text: str, expected: str) -> None:
    assert document(text).eol == expected


def test_places_are_shifted_by_later_changes() -> None:
    """Changes of one notification apply one after the other; editors mostly send them bottom to top."""
    opened = document("one\ntwo\nthree\n")
    lower = opened.replace((2, 5), (2, 5), "X")
    upper = opened.replace((0, 0), (1, 0), "a\nb\nc")
    assert opened.lines == ["a\n", "b\n", "ctwo\n", "threeX\n", ""]
    assert upper.shift(lower.new_end) == Position(3, 6)
    same_line = opened.replace((2, 0), (2, 1), "")
    assert same_line.shift(upper.new_end) == Position(2, 0)
    assert opened.replace((3, 2), (3, 4), "_").shift(Position(3, 6)) == Position(3, 5)


def test_a_line_of_ten_megabytes_is_cut_by_slices() -> None:
    opened = document("é" + "x" * 10_000_000)
    opened.replace((0, 5_000_000), (0, 5_000_000), "\n")
    opened.replace((0, 5_000_000), (1, 0), "😀")
    windows = opened.windows(0, 5_000_002, 3, 2)
    assert (windows.prefix, windows.suffix, windows.column) == ("xx😀", "xx", 5_000_001)
