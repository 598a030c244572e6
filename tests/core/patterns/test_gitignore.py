"""The patterns of one .gitignore, as git reads them."""

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fim_language_server.core.patterns.gitignore import Patterns
from fim_language_server.core.patterns.glob import Steps
from fim_language_server.embedded.sources.scanner import Scanner


@pytest.mark.parametrize(
    ("pattern", "matched", "not_matched"),
    [
        ("a", "a sub/a", "ab a/b"),
        ("/a", "a", "sub/a"),
        ("a/b", "a/b", "sub/a/b a/b/c"),
        ("*.py", "x.py sub/x.py .py", "x.pyc"),
        ("*", "a a/b", ""),
        ("x*/b", "x/b xy/b", "x/y/b"),
        ("a?", "ab", "a a/b aü"),
        ("**/a/b", "a/b x/a/b x/y/a/b", "xa/b"),
        ("a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"),
        ("a/**", "a/b a/b/c", "a"),
        ("a**b", "ab axb", "a/b"),
        ("[ab]c", "ac bc", "cc [ab]c"),
        ("[!ab]c", "cc", "ac c"),
        ("[^a]", "b", "a"),
        ("[]a]", "] a", "b"),
        ("[a-]", "a -", "b"),
        ("[[:digit:][:upper:]]x", "1x Ax", "ax"),
        ("x[a/b]y", "xay", "x/y"),
        ("[z-a]", "z", "a m"),
        (r"\#a", "#a", r"\#a"),
        (r"\*a", "*a", "xa"),
        ("a  ", "a", ""),
        ("#a", "", "#a a"),
        ("", "", "a"),
        ("!", "", "! a"),
        ("a\\", "", "a a\\"),
        ("[a", "", "[a a"),
        ("[[:nonsense:]]", "", "a : n"),
    ],
)
def test_a_pattern_matches_as_in_gitignore_5(pattern: str, matched: str, not_matched: str) -> None:
    """Anchors, stars, brackets, escapes; what git does not understand matches nothing."""
    patterns = Patterns([pattern])
    for path in filter(None, matched.split(" ")):
        assert patterns.verdict(path, is_directory=False) is True, path
    for path in filter(None, not_matched.split(" ")):
        assert patterns.verdict(path, is_directory=False) is None, path


def test_the_last_pattern_that_matches_decides() -> None:
    """Whether it is looked up or tried."""
    patterns = Patterns(["*.log", "!keep.log", "k*", "!keep.me", "*.me"])
    verdicts = {name: patterns.verdict(name, is_directory=False) for name in ("a.log", "keep.log", "keep.me", "b")}
    assert verdicts == {"a.log": True, "keep.log": True, "keep.me": True, "b": None}
    assert Patterns(["k*", "*.log", "!keep.log"]).verdict("keep.log", is_directory=False) is False


def test_an_escaped_space_at_the_end_is_part_of_the_name() -> None:
    patterns = Patterns([r"a\ \  ", "b\\\\ "])
    names = ("a", "a ", "a  ", "a   ", "b\\", "b\\ ")
    assert [name for name in names if patterns.verdict(name, is_directory=False)] == ["a  ", "b\\"]


def test_a_slash_at_the_end_is_for_directories() -> None:
    patterns = Patterns(["out/", "!*/"])
    assert patterns.verdict("out", is_directory=False) is None
    assert patterns.verdict("out", is_directory=True) is False
    assert Patterns(["out/"]).verdict("out", is_directory=True) is True


def test_a_path_is_hidden_by_what_is_around_it() -> None:
    """Nothing in a hidden directory comes back, and a path from the root of the disk is judged as one from here."""
    patterns = Patterns(["private/", "!private/a.py", "*.key"])
    hidden = [
        path for path in ("private/a.py", "/x/private/y/b.py", "a.key", "private", "a.py") if patterns.hides(path)
    ]
    assert hidden == ["private/a.py", "/x/private/y/b.py", "a.key"]


def test_case_counts_unless_the_repository_says_it_does_not() -> None:
    """As in git: a range is tried with capitals, too; what stands alone in brackets, or is escaped, is not."""
    assert Patterns(["Secret.py"]).verdict("secret.py", is_directory=False) is None
    for pattern in ("Secret.py", "*.PY", "S[D-F]cret.*", "[[:upper:]]*", "SECRE?.py", r"\\secret.py"[1:]):
        assert Patterns([pattern], ignore_case=True).verdict("secret.py", is_directory=False), pattern
    for pattern in ("S[E]cret.*", r"\Secret.py", r"\Secret.*", "[[:UPPER:]]*"):
        assert Patterns([pattern], ignore_case=True).verdict("secret.py", is_directory=False) is None, pattern
    assert Patterns([r"\\A"], ignore_case=True).verdict(r"\a", is_directory=False)


def test_names_that_are_no_unicode_are_compared() -> None:
    """As Linux and as Windows have them."""
    for name in ("\udcff.py", "\ud800.py"):
        assert Patterns([name]).verdict(name, is_directory=False)


SEGMENT_TABLE = """
    a b foo bar * ? fo* *o [ab] [!a] ** foo* a** **b *** \\a [a-c]* [[:alpha:]] *.py foo.py [^b]oo b?r f*o é* [[:a]
    [ [a []a] [a-] [a\\]] \\#a [z-a] [f]*[!o]
"""
SEGMENTS = SEGMENT_TABLE.split()
NAMES = ["a", "b", "foo", "bar", "ab", "foo1", "é", "#a", "]"]


def some_pattern(choose: random.Random) -> str:
    path = "/".join(choose.choices(SEGMENTS, k=choose.choice([1, 1, 1, 2, 2, 3])))
    before, after = choose.choice(["", "", "", "!", "/", "!/"]), choose.choice(["", "", "", "/", "  "])
    return before + path + after


@pytest.mark.skipif(shutil.which("git") is None or os.name == "nt", reason="asks git, about names Windows has not")
def test_git_agrees(tmp_path: Path) -> None:
    """Random trees with random .gitignore files at several levels: what git would add is what is listed."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    choose = random.Random(5)
    for number in range(40):
        root = tmp_path / str(number)
        for _ in range(14):
            folder = root.joinpath(*choose.choices(NAMES, k=choose.choice([0, 1, 1, 2, 3])))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{choose.choice(NAMES)}.py").write_text("x\n")
        folders = [root, *sorted(path for path in root.rglob("*") if path.is_dir())]
        for folder in dict.fromkeys([root, *choose.sample(folders, min(3, len(folders)))]):
            lines = [some_pattern(choose) for _ in range(choose.randint(1, 5))]
            (folder / ".gitignore").write_text("\n".join(lines))
    command = ["git", "-C", tmp_path, "ls-files", "-z", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")  # type: ignore[arg-type]
    expected = {name for name in listed if name.endswith(".py")}
    assert {file.name for file in Scanner([str(tmp_path)]).list_sources().files} == expected
    assert 50 < len(expected) < 400


ATOM_TABLE = r"""
    a b A B - . * * ** ? [ab] [!ab] [^a] [a-c] [B-C] [A-Z] [!A-b] []a] [!]a] [a-] [-a] [a\]] [\a-c] [a-\c] [z-a] [!z-a]
    [[:alpha:]] [[:upper:]] [[:UPPER:]] [[:digit:]b] [[:space:]] [[:cntrl:]] [[:a] [[:] [a[:punct:]-c] [[:x:]] [ ] [a
    \a \A \* \[ \ \/ / / /**/ **/ /** /*/ é \é [é] [à-é] ! # [!/] [a/b]
"""
ATOMS = [*ATOM_TABLE.split(), " ", "\\ ", "\x01", "\x0b"]
CHARACTERS = ["a", "b", "A", "B", "-", ".", "c", "é", "à", "]", "[", "*", "\\", " ", "!", "#", "\x01", "\x0b", "Z"]


def some_line(choose: random.Random) -> str:
    pattern = "".join(choose.choices(ATOMS, k=choose.choice([1, 2, 2, 3, 3, 4, 5, 6])))
    return choose.choice(["", "", "", "!", "/", "\\"]) + pattern + choose.choice(["", "", "", " ", "/", "\\ "])


def some_path(choose: random.Random, lines: list[str]) -> str:
    """Return any path, or, more often, one that resembles a pattern."""
    if choose.random() < 0.6:
        path = choose.choice(lines).strip("!/").replace("**", choose.choice(["", "a", "a/b"]))
        path = path.replace("*", choose.choice(["", "b", "ab"])).replace("?", "a")
        path = re.sub(r"\[[^\]]*\]", lambda _: choose.choice(CHARACTERS), path).replace("\\", "")
    else:
        path = "/".join(
            "".join(choose.choices(CHARACTERS, k=choose.randint(1, 4))) for _ in range(choose.randint(1, 4))
        )
    return "/".join(name for name in path.split("/") if name.strip(".")) or "a"


@pytest.mark.skipif(shutil.which("git") is None or os.name == "nt", reason="asks git, about names Windows has not")
@pytest.mark.parametrize("ignore_case", [False, True])
def test_git_agrees_about_patterns_that_nobody_would_write(tmp_path: Path, ignore_case: bool) -> None:
    """Brackets in all ways, escapes, blanks, bytes: thousands of pairs of patterns and paths."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "config", "core.ignoreCase", str(ignore_case)], check=True)
    choose = random.Random(7)
    ours = dict[str, bool]()
    for number in range(200):
        lines = [some_line(choose) for _ in range(choose.choice([1, 1, 1, 2, 3, 5]))]
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / ".gitignore").write_bytes("\n".join(lines).encode())
        patterns = Patterns(lines, ignore_case=ignore_case)
        for _ in range(25):
            path = some_path(choose, lines)
            ours[f"{number}/{path}"] = patterns.hides(path)
    command = ["git", "-C", tmp_path, "check-ignore", "--no-index", "-z", "--stdin"]
    told = subprocess.run(command, input="\0".join(ours).encode(), capture_output=True, check=True).stdout.decode()  # type: ignore[arg-type]
    hidden = set(told.split("\0"))
    assert [path for path, verdict in ours.items() if verdict != (path in hidden)] == []
    assert 200 < sum(ours.values()) < len(ours) / 2


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*a" * 16 + "*b.py", "a" * 60 + ".py", None),
        ("*a" * 16 + "*b.py", "a" * 60 + "b.py", True),
        ("*[ab]" * 16 + "*c", "a" * 250, None),
        ("*?" * 30 + "*c", "a" * 250, None),
        ("*[!c]" * 100 + "*", "a" * 250, True),
        ("[ab]*" * 60 + "c", "ab" * 120, None),
        ("**/a*/" * 12 + "b", "a/" * 1_000 + "c", None),
        ("**/a*/" * 12 + "b", "a/" * 1_000 + "b", True),
        ("/**/a/**/" + "a/**/" * 30 + "b", "a/" * 1_000 + "a", None),
        ("*" * 9_000 + "b", "a" * 250, None),
        ("[" * 9_000, "[", None),
        ("[[:" * 3_000, "[", None),
        ("[[:alpha:]" * 900 + "]", "a", True),
        ("[" + "\x01-ÿ" * 3_000 + "]", "a", True),
        ("a" * 9_000 + "*", "a" * 250, None),
        ("(a+)+" * 100 + "*$", "a" * 250, None),
    ],
)
def test_hostile_patterns_are_judged_with_few_steps(pattern: str, path: str, matches: bool | None) -> None:
    """A search that tries all ways needs 2^60 of them. (Without `Steps` this test would have to look at a clock.)"""
    steps = Steps(100_000)
    assert Patterns([pattern]).verdict(path, is_directory=False, steps=steps) is matches
    assert steps.left >= 0


def test_what_would_cost_too_much_counts_as_hidden() -> None:
    """Many thousand patterns that nearly match; a path that none of them resembles costs nothing."""
    patterns = Patterns([f"*[ab]*{'[ab]' * 20}{number}*" for number in range(5_000)])
    assert patterns.verdict("a" * 250 + "0123456789", is_directory=False) is True
    assert patterns.verdict("x.py", is_directory=False) is None
    assert patterns.hides("/".join(["a" * 250 + "0123456789"] * 10))


def test_a_path_of_fifty_thousand_names_counts_as_hidden_where_there_are_patterns() -> None:
    """No system has such a file, and each of its directories would be asked about; a path that one has is judged."""
    assert Patterns(["x"]).hides("a/" * 50_000 + "b")
    assert not Patterns(["", "# nothing"]).hides("a/" * 50_000 + "b")
    assert not Patterns(["x"]).hides("a/" * 2_000 + "b")
    assert Patterns(["x/"]).hides("a/" * 1_900 + "x/b")
