"""A name that is changed where it is declared: which of its uses follow, and when nothing is offered."""

from __future__ import annotations

import pytest

from fim_language_server.core.next_edit.repeats import find_repeat
from fim_language_server.core.next_edit.repeats.source_text import LONGEST_LINE
from fim_language_server.core.next_edit.values import DocumentText, NextEditQuestion, PastEdit
from tests.fakes.edited import first_line, offered

DECLARED, USED, OTHER = "<d>", "<u>", "<o>"
"""Places of a name: where it is declared and changed, where it is used, and where the same word is another thing."""

JAVA = """\
class A {
    void read(String[] args) {
        Scanner <d> = new Scanner(System.in);
        int a = <u>.nextInt(); // the <o>
        print("<o>", <u>, this.<o>);
        while (<u>.hasNext()) {
            <u>.next();
        }
    }
    void other(Scanner <o>) {
        <o>.close();
    }
}
"""
PYTHON = '''\
def greet(<d>, count=1):
    """Greet the <o>."""
    for number in range(count):
        say(<u>, "<o>", <o>=<u>, other=person.<o>)
    names = [<u>]


def leave(<o>):
    say(<o>)
'''
RENAMES = {
    "a local variable, in its block": (JAVA, "scanner", "scan", "A.java"),
    "a parameter, in its function": (PYTHON, "name", "first_name", "a.py"),
    "a parameter with a default": ("def f(<d>=1):\n    g(<u>)\n<o> = 2\n", "count", "total", "a.py"),
    "a variable of a loop": ("for <d> in items:\n    use(<u>)\n    <u>.close()\n", "item", "entry", "a.py"),
    "a function": ("def <d>(): ...\n\n\nx = <u>()\ny = a.<o>()\n", "load", "fetch", "a.py"),
    "a class": ("class <d>:\n    pass\n\n\npet: <u> = <u>()\n", "Dog", "Hound", "a.py"),
    "a constant": ("const <d> = 3;\nfunction f() {\n  return <u> + o.<o>;\n}\n", "LIMIT", "MOST", "a.ts"),
    "a key stays": ("const <d> = 3;\nconst x = { <o>: <u> };\n", "size", "width", "a.ts"),
    "a Go variable": (
        "func f() {\n\t<d>, err := read()\n\tuse(<u>)\n}\nfunc g() {\n\tuse(<o>)\n}\n",
        "count",
        "total",
        "a.go",
    ),
    "a parameter on its own line": ("def f(\n    a,\n    <d>,\n):\n    return <u>(a)\n", "second", "last", "a.py"),
    "an attribute's name stays": ("def f(<d>):\n    self.<o> = <u>\n    g(<o>=2)\n", "size", "width", "a.py"),
    "a C function": (
        "static int <d>(int a) {\n  return a;\n}\nint x(void) { return <u>(1); }\n",
        "half",
        "part",
        "a.c",
    ),
    "a Rust binding": ("fn f() {\n    let mut <d> = vec![];\n    <u>.push(1);\n}\n", "items", "entries", "a.rs"),
    "a handler's name": (
        "try:\n    a()\nexcept E as <d>:\n    log(<u>)\n",
        "error",
        "failure",
        "a.py",
    ),
}


@pytest.mark.parametrize("case", RENAMES.values(), ids=RENAMES)
def test_the_uses_of_a_renamed_declaration_follow(case: tuple[str, str, str, str]) -> None:
    """All uses change, and nothing else: not in strings, comments, other scopes, members and keys."""
    text, old, new, path = case
    before = filled(text, old, old)
    assert offered(before, filled(text, new, old), path=path) == filled(text, new, new, old)


def filled(text: str, declared: str, used: str, other: str = "") -> str:
    """Return a text with names in the places of the marks; `other` is `used` where it is not given."""
    return text.replace(DECLARED, declared).replace(USED, used).replace(OTHER, other or used)


QUIET = {
    "the new name stood there before": ("a = 1\nb = 2\nprint(a, b)\n", "a = 1", "b = 1", "a.py"),
    "a use, not a declaration": ("load()\nprint(load)\n", "load()", "fetch()", "a.py"),
    "a name and its type": ("def f(one: One):\n    use(one)\n", "one: One", "two: Two", "a.py"),
    "overloads": ("class A {\n  void put(int a) {}\n  void put(String s) {}\n}\n", "put(int", "set(int", "A.java"),
    "a keyword": ("int count = 1;\nint other = 2;\n", "int count", "long count", "a.c"),
    "a second variable of that name": ("x = 1\nresult = f(x)\nresult = 2\n", "result = 2", "other = 2", "a.py"),
    "prose": ("class name\nthe name\n", "class name", "class title", "a.md"),
    "in a string": ('say("class Dog")\nDog()\n', "class Dog", "class Hound", "a.py"),
    "a short name in a whole file": ("x = 1\nprint(x)\n", "x = 1", "y = 1", "a.py"),
}


@pytest.mark.parametrize("case", QUIET.values(), ids=QUIET)
def test_what_is_no_rename_is_left_alone(case: tuple[str, str, str, str]) -> None:
    """The user chose another thing, or it cannot be told which places are meant."""
    text, old, new, path = case
    after = text.replace(old, new, 1)
    assert after != text
    assert offered(text, after, path=path) == after


GREET = filled(PYTHON, "name", "name")


@pytest.mark.parametrize("typed", ["f", "fi", "fir", "first_", "first_n"])
def test_a_name_that_is_half_typed_is_not_offered(typed: str) -> None:
    """While a name is typed letter by letter, every beginning of it would be a new name."""
    after = filled(PYTHON, typed, "name")
    assert offered(GREET, after, cursor=f"greet({typed}") == after


@pytest.mark.parametrize("typed", ["first_name", "names_count", "title"])
def test_a_name_that_ends_in_a_known_word_is_offered_at_once(typed: str) -> None:
    """The cursor may still stand behind the name."""
    assert first_line(GREET, filled(PYTHON, typed, "name"), cursor=f"greet({typed}") == 3


def test_an_unknown_word_is_offered_once_the_cursor_is_elsewhere() -> None:
    """Nothing is typed on behind it then."""
    after = filled(PYTHON, "qwxz", "name")
    assert offered(GREET, after, cursor="greet(qwxz") == after
    assert offered(GREET, after, cursor="def ") == filled(PYTHON, "qwxz", "qwxz", "name")


def test_a_rename_that_is_taken_back_is_not_done_again() -> None:
    """The user decided against it."""
    renamed = filled(PYTHON, "title", "name")
    half = renamed.replace("say(name,", "say(title,")
    assert offered(GREET, renamed, half) == filled(PYTHON, "title", "title", "name")
    back = half.replace("greet(title", "greet(name")
    assert offered(GREET, renamed, half, back) == back


def test_the_nearest_place_below_the_cursor_comes_first() -> None:
    """Then those above it."""
    before, after = filled(JAVA, "scanner", "scanner"), filled(JAVA, "scan", "scanner")
    assert first_line(before, after, path="A.java", cursor="Scanner scan") == 3
    assert first_line(before, after, path="A.java", cursor="// the") == 4
    assert first_line(before, after, path="A.java", cursor="close") == 6


def test_lines_that_are_too_long_are_passed_over() -> None:
    """A line of data or of a minified program costs nothing, and the uses in other lines follow."""
    long = f"use(oldName);{'a + b;' * LONGEST_LINE}"
    text = f"const newName = 1;\n{long}\nuse(oldName);\n{long}\nprint(oldName);\n"
    past = PastEdit("file:///a.js", "/a.js", 0, ("const oldName = 1;",), ("const newName = 1;",))
    document = DocumentText("file:///a.js", "/a.js", "javascript", text)
    found = find_repeat(NextEditQuestion(document, 1, 18, (past,), is_at_rest=True))
    lines = [text.count("\n", 0, each.replacement.start) for each in found]
    assert lines == [2, 4]
