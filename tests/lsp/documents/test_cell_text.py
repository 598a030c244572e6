"""What a notebook's cell is in a file of one language."""

import pytest

from fim_language_server.lsp.documents.cell_text import (
    COMMENT_LINES,
    COMMENT_WIDTH,
    MAGICS,
    language_of_cell,
    part_of_file,
)
from fim_language_server.lsp.documents.open_document import split_lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", "python"),
        ("%matplotlib inline\nx", "python"),
        ("!pip install a\nx", "python"),
        ("%%time\nx", "python"),
        ("%%capture out\nx", "python"),
        ("%%cython\nx", "python"),
        ("%%bash\nls", "shellscript"),
        ("\n  \n%%bash\nls", "shellscript"),
        ("%%bash --out x\nls", "shellscript"),
        ("%%!\nls", "shellscript"),
        ("%%script bash\nls", "shellscript"),
        ("%%script --bg /bin/zsh\nls", "shellscript"),
        ("%%script python3\nx", "python"),
        ("%%script unheard\nx", "plaintext"),
        ("%%script", "plaintext"),
        ("%%SQL\nselect 1", "sql"),
        ("%%R -i x\nx", "r"),
        ("%%HTML\n<p>", "html"),
        ("%%writefile a.sh\nls", "shell"),
        ("%%writefile -a b/module.py\nx", "python"),
        ("%%writefile Makefile\nx", "plaintext"),
        ("x = 1\n%%bash\nls", "python"),
        ("# first\n%%bash", "python"),
        (" %%bash", "python"),
        ("%%", "python"),
    ],
)
def test_a_cell_magic_of_another_language_makes_a_cell_of_that_language(text: str, expected: str) -> None:
    assert language_of_cell("python", split_lines(text)) == expected


def test_only_ipython_has_cell_magics() -> None:
    for language in ("r", "julia", "matlab", "latex"):  # In the last two `%` begins a comment.
        assert language_of_cell(language, ["%%bash"]) == language


@pytest.mark.parametrize("magic", MAGICS)
def test_every_magic_of_the_table_is_read(magic: str) -> None:
    assert language_of_cell("python", [f"%%{magic}\n", "x"]) == MAGICS[magic]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("python", "# # Title\n#\n# why */ --> so"),
        ("r", "# # Title\n#\n# why */ --> so"),
        ("julia", "# # Title\n#\n# why */ --> so"),
        ("sql", "-- # Title\n--\n-- why */ --> so"),
        ("javascript", "// # Title\n//\n// why */ --> so"),
        ("css", "/*\n# Title\n\nwhy * / --> so\n*/"),
        ("html", "<!--\n# Title\n\nwhy */ - - > so\n-->"),
        ("markdown", "# Title\n\nwhy */ --> so\n"),
        ("json", None),
        ("plaintext", None),
    ],
)
def test_markdown_is_a_comment_of_the_files_language(wanted: str, expected: str | None) -> None:
    part = part_of_file(split_lines("# Title\n\nwhy */ --> so\n"), "markdown", wanted, "\n")
    assert (part if part is None else "".join(part)) == expected


def test_code_is_fenced_in_markdown_and_its_own_fences_do_not_end_it() -> None:
    part = part_of_file(split_lines('x = """\n```\n"""'), "python", "markdown", "\n")
    assert part is not None
    assert "".join(part) == '````python\nx = """\n```\n"""\n````'


def test_another_language_is_left_out() -> None:
    assert part_of_file(["ls"], "shellscript", "python", "\n") is None
    assert part_of_file(["ls"], "bash", "shellscript", "\n") == ["ls"], "two names of one language"


def test_comments_are_cut() -> None:
    """A picture in a Markdown cell is one line of a hundred thousand characters."""
    lines = ["![](data:image/png;base64," + "A" * 100_000 + ")\n"] * 1_000
    part = part_of_file(lines, "markdown", "python", "\n")
    assert part is not None
    assert len(part) == COMMENT_LINES
    assert max(map(len, part)) == len("# ") + COMMENT_WIDTH + len("\n")


def test_added_line_endings_are_those_of_the_notebook() -> None:
    part = part_of_file(split_lines("a\nb\r\nc"), "markdown", "python", "\r\n")
    assert part == ["# a\r\n", "# b\r\n", "# c"]
