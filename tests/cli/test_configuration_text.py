"""Configurations of others are read, or refused with one sentence, in bounded time and memory."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.cli.configuration_text import LARGEST_TEXT, parse_json, parse_yaml
from fim_language_server.errors import SettingsError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def bomb(first: str, *, levels: int = 9) -> str:
    """Return anchors of which each stands for the one before ten times."""
    lines = [f"a0: &a0 {first}\n"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, levels)]
    return "".join(lines)


@given(VALUES)
def test_json_is_read_as_json(value: Any) -> None:
    """Also where strings hold what looks like a comment, or like commas too many."""
    assert parse_json(json.dumps(value, indent=1)) == value


@given(VALUES, st.sampled_from(['/* c " */', "// c \" ' ,]\n", "/**/", "/*\n\n*/", "//\n", "/* // */", "/* * / */"]))
def test_comments_may_stand_anywhere_in_json(value: Any, comment: str) -> None:
    """In front of values, behind them, and behind the last comma."""
    text = json.dumps({"a": [value, 'x // y /* z */ ,]"']}, indent=1)
    parts = text.replace('{\n "a": [\n', f'{{{comment}\n "a"{comment}:{comment}[{comment}\n', 1)
    closing = parts.rstrip("}").rstrip()
    assert closing.endswith("]")
    parts = closing[:-1] + f"{comment},{comment}]{comment},{comment}}}{comment}"
    assert parse_json(parts) == json.loads(text)


@pytest.mark.parametrize(
    "text", ['{"a": 1 "b": 2}', "{/* never over", '{"a": "never over', "[1,,2]", "", "/", "{'a': 1}"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read as JSON( \(line 1\))?$"):
        parse_json(text)


def test_the_line_of_an_error_is_the_files_own() -> None:
    """Comments of several lines count."""
    with pytest.raises(SettingsError, match=r"\(line 5\)$"):
        parse_json('{ // a\n/* b\n\nc */ "x": 1,\n "y": nonsense}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 59:59:59\nb: no\nc: 'true'\nd: true\ne: ~\nf:\n", "59:59:59 no true True None None"),
        ("a: 12\nb: -0.5\nc: 1e3\nd: .5\ne: 0x1f\nf: 1_000\n", "12 -0.5 1000.0 0.5 0x1f 1_000"),
        ("a: 2020-13-45\nb: !!int 9\nc: !!timestamp x\nd: !!python/object:os.system x\ne: |\n  t\nf: =\n", None),
        ("x: &x {a: 1, b: 2}\na: *x\n", "{'a': 1, 'b': 2} {'a': 1, 'b': 2}"),
        ("<<: [{a: 1, b: 2}, {a: 3, c: 4}]\nb: 5\n", "1 5 4"),
        ("1: a\n[x]: b\n", "a b"),
    ],
)  # fmt: skip
def test_yaml_is_read_by_its_core_schema(text: str, expected: str | None) -> None:
    """As Continue reads it. Tags make nothing but texts, numbers, lists and mappings."""
    read = parse_yaml(text)
    assert isinstance(read, dict)
    if expected is not None:
        assert " ".join(str(read[key]) for key in sorted(read)) == expected


@pytest.mark.parametrize(
    "text",
    [
        bomb("[x,x,x,x,x,x,x,x,x,x]"),
        bomb("{x: 1, y: 2}"),
        bomb('"' + "x" * 10_000 + '"', levels=4),
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
        "&a [*a, *a]",
        "m0: &m0 {x: 1}\n" + "".join(f"m{n}: &m{n} {{<<: [{f'*m{n - 1},' * 10}]}}\n" for n in range(1, 9)),
        "a: &a\n  <<: *a\n",
        "? &a [*a]\n: x\n",
        "[" * 30_000,
        "{" * 30_000,
        "[" * 100 + "]" * 100,
        "- " * 30_000,
        "? " * 30_000,
        "a: " * 1_000,
        "x" * (LARGEST_TEXT + 1),
        "a: \x00",
        "a: \x1b[31m",
        "%YAML 9.9\n---\na: 1",
        "a: b: c",
        "*unknown",
        "&a &b c",
        "!<" * 100,
        "a: 'never over",
        "\t- x",
        "--- a\n--- b",
        "@x",
    ],
    ids=range(27),
)  # fmt: skip
def test_hostile_yaml_is_refused_with_one_sentence(text: str) -> None:
    """Whatever it stands for: aliases that grow, or hold themselves; brackets without end; what is no YAML."""
    with pytest.raises(SettingsError, match=r"^(cannot be read as YAML|is no configuration: it has more than)"):
        parse_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "59:" * 30_000 + "59",
        "a: " + "9" * 90_000,
        "a: 1e99999999",
        "a: 190:20:30.15",
        "a: .inf",
        "a: " + "1." * 15_000,
    ],
    ids=range(6),
)
def test_numbers_without_end_are_texts(text: str) -> None:
    """Python refuses to print a number of 5,000 digits, and YAML 1.1 multiplies `59:59:…` out."""
    read = parse_yaml(text)
    assert json.dumps(read, ensure_ascii=False)
    assert not isinstance(read, int)


@pytest.mark.parametrize("text", ["9" * 5_000, "[" * 30_000, '{"a":' * 15_000, "x" * (LARGEST_TEXT + 1)], ids=range(4))
def test_hostile_json_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^(cannot be read as JSON|is no configuration: it has more than)"):
        parse_json(text)


@pytest.mark.parametrize("unit", ["/*", "//", '"', '\\"', ",", ", ", "/", '"//', "*/", "/*/", ',"",', '"\\'])
def test_comments_cost_no_more_than_the_text_is_long(unit: str) -> None:
    """Each of these, a hundred thousand times: the square of that would take hours."""
    with pytest.raises(SettingsError):
        parse_json("[" + unit * (LARGEST_TEXT // len(unit) - 1))


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,? \n\t<~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No other error comes out."""
    for parse in (parse_yaml, parse_json):
        with contextlib.suppress(SettingsError):
            json.dumps(parse(text))
