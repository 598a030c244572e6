"""Lines taken out of files to be typed again: decided by the seed, and code throughout."""

from __future__ import annotations

from fim_language_server.evaluation.held_out import hold_out

BODY = [f"    value_{number} = compute({number})" for number in range(20)]
TEXT = "\n".join(["import os", "", "def f():", *BODY, "", "    # a comment", "    return 1", *BODY])
FILES = {f"{name}.py": TEXT for name in "abc"} | {"short.py": "    x = 1\n"}


def test_the_rest_and_the_lines_are_the_file() -> None:
    """At most one region of a file; short files say too little around it."""
    regions = hold_out(FILES, regions=10, lines=4, seed=7)
    assert sorted(region.path for region in regions) == ["a.py", "b.py", "c.py"]
    for region in regions:
        assert "\n".join([*region.before, *region.lines, *region.after]) == TEXT
        assert region.text == "\n".join([*region.before, *region.after])


def test_a_region_is_code_alone() -> None:
    """No comment, no docstring, nothing within a long string, and something to type."""
    mixed = [
        "def f():",
        '    """Say',
        "    what it is.",
        '    """',
        "    a = 1  # one",
        "    b = [",
        "    ]",
        "    # d",
        "",
    ]
    text = "\n".join(mixed * 6)
    found = {hold_out({"a.py": text}, regions=1, lines=1, seed=seed)[0].lines for seed in range(40)}
    assert found == {("def f():",), ("    b = [",)}
    several = {hold_out({"a.py": text}, regions=1, lines=2, seed=seed)[0].lines for seed in range(40)}
    assert several == {("    b = [", "    ]")}


def test_the_seed_decides() -> None:
    """And the order in which files are given does not."""
    turned = dict(reversed(FILES.items()))
    assert hold_out(FILES, regions=2, lines=3, seed=7) == hold_out(turned, regions=2, lines=3, seed=7)
    assert len({hold_out(FILES, regions=1, lines=3, seed=seed)[0].before for seed in range(10)}) > 1
