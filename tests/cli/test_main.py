"""The command line as a whole: commands, help, version, mistakes."""

from __future__ import annotations

import pytest

from fim_language_server import __version__, cli


def outcome(*words: str) -> int:
    """Run a command line and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return int(ended.value.code or 0)


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without a command before it."""
    assert outcome("--version") == 0
    assert capsys.readouterr().out == f"fim-language-server {__version__}\n"


def test_help_lists_every_command_and_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the first thing a newcomer types."""
    assert outcome("--help") == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in cli.COMMANDS)
    assert "examples:" in text
    assert "--stdio" in text


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has a description and its options."""
    assert outcome(command, "--help") == 0
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_an_unknown_command_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the commands there are."""
    assert outcome("compleet") == 2
    assert "no such command: compleet" in capsys.readouterr().err
