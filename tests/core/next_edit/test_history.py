"""The history of edits: merged as a person sees them, bounded, and without what was taken back."""

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.next_edit import history
from fim_language_server.core.next_edit.history import EditHistory
from fim_language_server.core.next_edit.line_change import LineChange, change_of
from fim_language_server.core.next_edit.values import PastEdit, Replacement

URI = "file:///a.py"


class Document:
    """A text whose changes go to a history; time passes when a test says so."""

    def __init__(self, text: str, past: EditHistory | None = None, uri: str = URI) -> None:
        self.text, self.uri, self.now = text, uri, 0.0
        self.history = past or EditHistory()

    def edit(self, start: int, end: int, text: str, *, after: float = 0.1, accepted: bool = False) -> None:
        self.now += after
        change = change_of(self.text, Replacement(start, end, text))
        self.text = self.text[:start] + text + self.text[end:]
        self.history.record(self.uri, "a.py", change, self.now, was_accepted=accepted)

    def type(self, start: int, text: str, *, after: float = 0.1) -> None:
        for index, character in enumerate(text):
            self.edit(start + index, start + index, character, after=after)

    @property
    def edits(self) -> tuple[PastEdit, ...]:
        return self.history.edits(self.now)

    @property
    def lines(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        return [(edit.old_lines, edit.new_lines) for edit in self.edits]


TEXT = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


def test_letters_make_one_edit() -> None:
    """Typed one by one, with the lines around them."""
    document = Document(TEXT)
    document.type(8, "not ")
    (edit,) = document.edits
    assert (edit.line, edit.old_lines, edit.new_lines) == (2, ("three",), ("not three",))
    assert (edit.above, edit.below) == (("one", "two"), ("four", "five", "six"))


def test_new_lines_that_are_written_on_are_one_edit() -> None:
    """Enter goes to a line of its own, and still is the same piece of writing."""
    document = Document(TEXT)
    document.type(3, "\na = 1\nb = 2")
    (edit,) = document.edits
    assert (edit.line, edit.old_lines, edit.new_lines) == (1, (), ("a = 1", "b = 2"))


def test_edits_of_two_lines_are_two_edits() -> None:
    """Equal substitutions on two lines are kept as two edits, also where one follows right after the other."""
    document = Document(TEXT)
    document.edit(0, 3, "1", after=0.1)
    document.edit(2, 5, "2", after=0.1)
    assert document.lines == [(("one",), ("1",)), (("two",), ("2",))]


def test_a_line_that_is_come_back_to_is_another_edit() -> None:
    """Back within half a minute it is the same one, if it is the last one."""
    document = Document(TEXT)
    document.edit(0, 3, "1")
    document.edit(0, 1, "2", after=20)
    assert document.lines == [(("one",), ("2",))]
    document.edit(0, 1, "3", after=40)
    assert document.lines == [(("one",), ("2",)), (("2",), ("3",))]


def test_what_is_taken_back_leaves_nothing() -> None:
    """Written and deleted again, undone at once, or undone after other edits; done again is known as that."""
    document = Document(TEXT)
    document.type(0, "abc")
    for index in (2, 1, 0):
        document.edit(index, index + 1, "")
    assert document.edits == ()
    assert document.history.took_back
    document.edit(0, 3, "1", after=5)
    document.edit(12, 16, "4", after=5)
    assert not document.history.took_back
    document.edit(0, 1, "one", after=50)
    assert document.lines == [(("four",), ("4",))]
    assert document.history.took_back
    document.edit(0, 3, "1", after=50)
    assert document.history.took_back
    assert len(document.edits) == 2


def test_edits_move_with_their_text() -> None:
    """A line added above moves the edits below it, also of a line that is merged."""
    document = Document(TEXT)
    document.edit(14, 18, "4")
    document.edit(0, 0, "zero\n", after=9)
    document.edit(0, 0, "minus one\n", after=9)
    (edit, *_rest) = document.edits
    assert edit.line == 5
    assert document.text.splitlines()[edit.line] == "4"


def test_documents_do_not_mix() -> None:
    document = Document(TEXT)
    other = Document(TEXT, document.history, "file:///b.py")
    document.edit(0, 3, "1")
    other.edit(0, 3, "2")
    document.edit(0, 1, "3")
    assert [(edit.uri, edit.new_lines) for edit in document.edits] == [
        (URI, ("1",)),
        (other.uri, ("2",)),
        (URI, ("3",)),
    ]
    document.history.forget(URI)
    assert [edit.uri for edit in document.edits] == [other.uri]


def test_the_history_is_bounded_in_number_size_and_age() -> None:
    """A formatter's change of a whole file is not kept, nor are the edits in it."""
    document = Document("".join(f"line {i}\n" for i in range(300)))
    for i in range(100):
        document.edit(i * 2, i * 2, "x", after=40)
    assert len(document.edits) <= history.MOST_EDITS
    document.edit(0, len(document.text), document.text.upper(), after=40)
    assert document.edits == ()
    document.edit(0, 0, "y" * (history.MOST_CHARS + 1), after=40)
    assert document.edits == ()
    document.edit(0, 0, "z", after=40)
    document.now += history.MOST_AGE_S + 1
    assert document.edits == ()


def test_an_accepted_edit_stands_for_itself() -> None:
    """What is typed behind it in its line is another edit."""
    document = Document(TEXT)
    document.edit(0, 3, "1", accepted=True)
    document.edit(1, 1, "0")
    assert [(edit.new_lines, edit.was_accepted) for edit in document.edits] == [(("1",), True), (("10",), False)]


CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1), st.floats(0, 0.2), st.sampled_from(["", "a", "\n", "b\n", "\nc", "xyz\r\n"]), st.floats(0, 3)
    ),
    max_size=14,
)


@given(st.lists(st.sampled_from(["one", "two", "\n", "\r\n", "x"]), max_size=20).map("".join), CHANGES)
def test_the_newest_edit_says_what_was_changed(text: str, changes: list[tuple[float, float, str, float]]) -> None:
    """Its new lines stand where it says; putting its old lines there gives a text that was there before."""
    document = Document(text)
    seen = {text}
    for where, size, new, pause in changes:
        start = int(where * len(document.text))
        end = min(len(document.text), start + int(size * len(document.text)))
        # As an editor has it: no place is inside of a line end.
        start, end = (at - (document.text[at - 1 : at + 1] == "\r\n" and at > 0) for at in (start, end))
        before = document.text
        if "\r" in before[max(0, start - 1) : end + 1] + new and "\r\n" not in new:
            continue
        document.edit(start, end, new, after=pause)
        newest = document.history.changes_of(URI)[:1]
        for change in newest if document.text != before and not document.history.took_back else ():
            lines = [*document.text.splitlines(keepends=True)]
            lines += [""] if not lines or lines[-1].endswith("\n") else []
            assert lines[change.first : change.new_end] == list(change.new_lines)
            lines[change.first : change.new_end] = change.old_lines
            assert "".join(lines) in seen
        seen.add(document.text)


def test_changes_of_lines_without_difference_are_no_edits() -> None:
    past = EditHistory()
    past.record(URI, "a.py", LineChange(3, ("a\n",), ("a\n",)), 1.0)
    assert past.edits(1.0) == ()
