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


@pytest.mark.parametrize("seed", range(6))
def test_replaced_secrets_are_listed_by_line_and_rule(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line with a secret is named, no other one, and no secret is printed; with any line end."""
    for name in ("MISTRAL_API_KEY", "CODESTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    chance = random.Random(seed)
    lines, expected, secrets = ["the_beginning = 1"], [], []
    for line, secret in chance.sample(sorted(formless(chance).values()), 8):  # as many as the window holds
        lines += [f"value_{number} = {number}" for number in range(chance.randrange(3))]
        expected.append(len(lines) + 1)
        secrets.append(secret)
        lines.append(line)
    lines.append(f"again = {secrets[0]!r}")
    expected.append(len(lines))
    lines.append("the_end = 1")
    file = tmp_path / "a.py"
    file.write_bytes(chance.choice(["\n", "\r\n"]).join(lines).encode())
    cursor = chance.choice([1, len(lines)])
    status, said = check(capsys, f"{file}:{cursor}:1", "--provider", "mistral", "--json")
    facts = json.loads(said)
    assert status == 0
    assert sorted({each["line"] for each in facts["replaced"]}) == expected
    assert all(each["rule"] for each in facts["replaced"])
    status, said = check(capsys, f"{file}:{cursor}:1", "--provider", "mistral")
    summary = said.splitlines()[-1]
    assert summary.startswith(f"{len(facts['replaced'])} secrets replaced by placeholders: line {expected[0]} (")
    assert [secret for secret in secrets if secret in said] == []


def test_a_file_without_secrets_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    status, said = check(capsys, str(tmp_path / "a.py"), "--provider", "mistral")
    assert (status, said.splitlines()[-1]) == (0, "No secrets found, so none replaced.")


@pytest.mark.parametrize("text", ["", "a = 1\n", "for each in range(9):\n    pri", "# a key\n"])
def test_the_embedded_model_sends_nothing_and_gives_no_other_reason(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MISTRAL_API_KEY", "CODESTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("a.py", ".env"):
        (tmp_path / name).write_text(text)
        status, said = check(capsys, str(tmp_path / name))
        assert status == 1
        assert said.splitlines()[0].startswith("Nothing is sent: the embedded model runs in this process")
        assert "try --provider mistral" in said.splitlines()[0]
    assert "secret by its name" in said


@pytest.mark.parametrize("place", ["gone.py", "gone.py:1:1", "a.py:9:1", "a.py:0", "a.py:1:x", "a.py:"])
def test_a_wrong_place_is_misuse(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`complete` agrees, where it takes such a place at all."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("a = 1\n")
    for command in ("check-privacy", "complete"):
        with pytest.raises(SystemExit) as ended:
            main([command, place])
        assert (ended.value.code, len(capsys.readouterr().err.splitlines())) == (2, 1)


def test_the_pattern_that_excludes_a_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one of several that hit; a file that none hits is sent."""
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"trigger": {"exclude": ["*.md", "internal/", "legal*"]}}))
    (tmp_path / "internal").mkdir()
    for name, pattern in {"internal/a.py": "internal/", "legal_b.py": "legal*", "c.py": None}.items():
        (tmp_path / name).write_text("value = 1\n")
        arguments = ["--workspace", str(tmp_path), "--provider", "mistral", "--settings", str(settings), "--json"]
        status, said = check(capsys, str(tmp_path / name), *arguments)
        assert (status, json.loads(said).get("excludedBy")) == (0 if pattern is None else 1, pattern)


def test_pieces_of_other_files_are_printed_as_they_would_be_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their lines and the reason, without their secrets, which are listed with their file; a secret file never."""
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    (tmp_path / "a.py").write_text("import billing\n\nledger_entry = billing.post_line(\n")
    line, secret = next(iter(formless(random.Random(7)).values()))
    (tmp_path / "billing.py").write_text(f"def post_line(amount):\n    return amount\n\n\n{line}\n")
    (tmp_path / ".env").write_text("post_line=billing\n")
    beside = ["--open", str(tmp_path / "billing.py"), "--open", str(tmp_path / ".env")]
    place = f"{tmp_path / 'a.py'}:3"
    status, said = check(capsys, place, "--provider", "mistral", *beside)
    assert status == 0
    assert "--- billing.py, lines 1 to 5: an open document, for post_line" in said
    assert "def post_line(amount):" in said
    assert secret not in said
    assert "1 secret replaced by a placeholder: line 5 of billing.py (" in said
    assert ".env" not in said
    facts = json.loads(check(capsys, place, "--provider", "mistral", "--json", *beside)[1])
    (piece,) = facts["snippets"]
    assert (piece["file"], piece["path"], piece["line"], piece["lines"]) == ("billing.py", "billing.py", 0, 5)
    assert [(each["file"], each["line"]) for each in facts["replaced"]] == [("billing.py", 5)]


def test_what_a_host_would_cut_is_not_said_to_be_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tabby's model sees 1,536 bytes: no more is sent, and no more is printed."""
    (tmp_path / "a.py").write_text("value = 1\n" * 900)
    status, said = check(capsys, f"{tmp_path / 'a.py'}:450", "--provider", "tabby", "--json")
    facts = json.loads(said)
    assert status == 0
    assert 1_000 < len(facts["prefix"] + facts["suffix"]) <= 1_536


@pytest.mark.parametrize("workspace", ["on", "off"])
def test_pieces_of_files_that_nobody_opened_are_shown_without_a_connection(
    workspace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an editor's request would carry once the workspace is indexed; files that must not be read are not in it."""

    def connect(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr("aiohttp.TCPConnector.connect", connect)
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "w"
    (folder / ".git").mkdir(parents=True)
    code = "def compute_total(first_item, second_item, discount):\n    return discount # {}\n"
    for name in ("ledger.py", "ignored.py", "excluded.py", ".env.py", "secret.py"):
        text = code.format(name)
        (folder / name).write_text(text + (pem(random.Random(4)) if name == "secret.py" else ""))
    (folder / ".gitignore").write_text("ignored.py\n")
    (folder / "here.py").write_text("first_item = discount\ntotal = compute_total(first_item, second_item)\n")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"context": {"workspace": workspace}, "trigger": {"exclude": ["/excluded.py"]}}))
    status, said = check(capsys, f"{folder}/here.py", "--provider", "mistral", "--settings", str(settings), "--json")
    assert status == 0
    expected = ["ledger.py"] if workspace == "on" else []
    assert [piece["file"] for piece in json.loads(said)["snippets"]] == expected


@pytest.mark.parametrize("kind", ["inception", "zeta-2.1"])
def test_what_a_model_of_next_edits_would_be_sent(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address and its whole prompt, with placeholders; a file of secrets is not sent there either."""
    for name in ("MISTRAL_API_KEY", "CODESTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"nextEdit": {"provider": {"kind": kind}}}))
    secret = "ghp_" + "a1B2c3D4e5F6" * 3
    (tmp_path / "a.py").write_text(f'first = 1\r\ntoken = "{secret}"\r\nlast = 3\r\n')
    status, said = check(capsys, f"{tmp_path}/a.py:3:2", "--settings", str(settings), "--json")
    facts = json.loads(said)["nextEdit"]
    assert (status, facts["sent"], facts["provider"]) == (0, True, kind)
    assert facts["to"].startswith("https://api.inceptionlabs.ai/" if kind == "inception" else "http://127.0.0.1:8080/")
    assert "first = 1" in facts["prompt"]
    assert "ghp_" in facts["prompt"]
    assert secret not in said
    assert len(facts["replaced"]) == 1
    _, words = check(capsys, f"{tmp_path}/a.py:3:2", "--settings", str(settings))
    assert facts["to"] in words
    assert secret not in words
    (tmp_path / ".env").write_text("A=1\n")
    status, said = check(capsys, f"{tmp_path}/.env", "--settings", str(settings), "--json")
    assert (status, json.loads(said)["nextEdit"]["sent"]) == (1, False)


def test_next_edits_are_not_mentioned_where_no_model_is_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    (tmp_path / "a.py").write_text("first = 1\n")
    _, said = check(capsys, str(tmp_path / "a.py"), "--provider", "mistral", "--json")
    assert "nextEdit" not in json.loads(said)
