"""`check-privacy` says what the real request would hold, without sending it and without a secret."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from fim_language_server.cli import main
from tests.fakes.secrets import formless, pem


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["check-privacy", *arguments])
    return int(str(ended.value.code)), capsys.readouterr().out


def test_what_would_be_sent_has_placeholders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    kinds = formless(random.Random(4))
    file = tmp_path / "a.py"
    file.write_text("".join(f"{line}\n" for line, _ in kinds.values()) + "the_end = 1\n")
    status, said = check(capsys, str(file), "--provider", "mistral", "--json")
    facts = json.loads(said)
    assert (status, facts["sent"], facts["file"]) == (0, True, "a.py")
    assert facts["prefix"].endswith("the_end = 1\n")
    assert [kind for kind, (_, secret) in kinds.items() if secret in facts["prefix"] + facts["suffix"]] == []


@pytest.mark.parametrize(("name", "rule"), [("notes.txt", "secretByContent"), (".env", "secretByName")])
def test_why_nothing_is_sent(
    name: str, rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    key = pem(random.Random(4))
    (tmp_path / name).write_text(f"# a key\n{key}")
    status, said = check(capsys, str(tmp_path / name), "--provider", "mistral", "--json")
    assert (status, json.loads(said)["sent"]) == (1, False)
    assert rule in json.loads(said)
    assert key.split("\n")[1] not in said
