"""A name that was replaced in two places, wherever it is declared: where it is offered, and where not."""

from __future__ import annotations

import pytest

from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.repeats.history_lines import HistoryLines
from fim_language_server.core.next_edit.repeats.replaced_name import find_replaced
from fim_language_server.core.next_edit.repeats.source_text import SourceText
from fim_language_server.core.next_edit.values import Replacement
from tests.fakes.edited import offered, question

TYPE = """\
from keys import Credentials


def first(key: Credentials) -> None: ...


def second(a: int, key: Credentials) -> None:
    say("Credentials", key.Credentials)  # Credentials


def third(keys: list[Credentials]) -> None: ...
"""


def steps(text: str, old: str, new: str, count: int = 2) -> list[str]:
    """Return the texts in which a name is replaced in one place after the other."""
    return [text.replace(old, new, done) for done in range(count + 1)]


def test_the_other_places_of_a_type_follow_from_two() -> None:
    """Its import and its first use: strings, comments and members of that name stay."""
    texts = steps(TYPE, "Credentials", "KeySource")
    expected = texts[-1].replace("key: Credentials) -> None:", "key: KeySource) -> None:")
    assert offered(*texts) == expected.replace("list[Credentials]", "list[KeySource]")


def test_one_place_tells_nothing() -> None:
    """Another type was chosen there."""
    texts = steps(TYPE, "Credentials", "KeySource", 1)
    assert offered(*texts) == texts[-1]


def test_other_documents_follow_once_there_is_nothing_left_in_this_one() -> None:
    """Only for a name of more than one word, or of a type."""
    text = "class OldName: ...\n\n\nx = OldName()\n"
    texts = steps(text, "OldName", "NewName")
    other = "from a import OldName\n\ny = [OldName()]\n"
    found = find_repeat(question(*texts, others=[("b.py", other), ("c.py", "z = 1\n")]))
    assert [(edit.uri, edit.replacement) for edit in found] == [
        ("file:///w/b.py", Replacement(14, 21, "NewName")),
        ("file:///w/b.py", Replacement(28, 35, "NewName")),
    ]


DEFINED = "def load_all(): ...\n\n\na = load_all()\nb = load_all()\nc = load_all()\n"
STANDS = "from x import load_all, new_name\na = load_all()\nb = load_all()\nnew_name(load_all)\n"
QUIET = {
    "it is declared there still": (DEFINED, "= load_all", "= new_name"),
    "the new name stood there": (STANDS, "= load_all", "= new_name"),
    "it is imported still": (
        "import { Thing } from 'x'\nlet a: Thing\nlet b: Thing\nlet c: Thing\n",
        ": Thing",
        ": OtherThing",
    ),
    "words of a comment": ("# the load_all one\n# a load_all two\nx = load_all\n", "load_all", "new_name"),
    "a library's type": ("a: Dict[int]\nb: Dict[str]\nc: Dict[str]\n", "Dict", "Mapping"),
    "a short word in another function": (
        "def f():\n    use(text)\n    say(text)\n\n\ndef g():\n    use(text)\n",
        "text",
        "line",
    ),
    "another member of the module": ("x._client.A\ny = x._client.A\nz = x._client.B\n", "_client", "_types"),
}


@pytest.mark.parametrize("case", QUIET.values(), ids=QUIET)
def test_another_choice_is_no_rename(case: tuple[str, str, str]) -> None:
    """The old name lives on."""
    asked = question(*steps(*case))
    assert find_replaced(SourceText(asked.document), HistoryLines(asked.history[::-1])) == []
