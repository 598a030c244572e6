"""Records in a file: the documents' texts come out again, and no secret is in them, however it was typed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, field

from fim_language_server.core.recordings.stand_ins import StandIns
from fim_language_server.core.recordings.texts import FollowedText
from fim_language_server.core.secrets.placeholders import Placeholders
from fim_language_server.evaluation.recordings.moments import moments
from fim_language_server.evaluation.recordings.reading import read_recording
from fim_language_server.lsp.documents.open_document import OpenDocument
from fim_language_server.lsp.documents.positions import Encoding, units_of
from fim_language_server.lsp.recording.file import FullError, RecordingFile
from fim_language_server.lsp.recording.lines import Texts
from fim_language_server.lsp.recording.writing import Change, Offered, RecordWriter
from tests.fakes.secrets import formless

CODE = 'import os\n\ndef é(x):  # 😀\n    return os.name + "\\t"\n\nfor key in "abc":\n    print(key)\n'


@define
class Session:
    """A document that is edited, and the recording of it."""

    path: Path
    encoding: Encoding = Encoding.UTF16
    with_texts: bool = True
    limit: int = 1_000_000
    text: str = ""
    texts: list[str] = field(factory=list)
    ms: float = 0.0
    writer: RecordWriter = field(init=False)

    def __attrs_post_init__(self) -> None:
        file = RecordingFile(self.path, limit=self.limit)
        self.writer = RecordWriter(
            file, Texts(self.with_texts, b"s" * 16), StandIns(Placeholders(b"p" * 32)), self.encoding
        )
        self.writer.header({"server": "1"}, {})

    def open(self, text: str, number: int = 1) -> None:
        self.text = text
        self.texts.append(text)
        lines = OpenDocument("", "", 1, self.encoding)
        lines.replace_all(text)
        self.writer.opened(self.ms, number, {"path": "a.py", "language": "python"}, lines.lines, 1)

    def replace(self, start: int, end: int, new: str) -> None:
        """Replace code points, as a client would tell it."""
        self.ms += 1.0
        change: Change = self.place(start), self.place(end), new
        self.text = self.text[:start] + new + self.text[end:]
        self.texts.append(self.text)
        self.writer.changed(self.ms, 1, int(self.ms) + 1, [change])

    def place(self, offset: int) -> tuple[int, int]:
        lines = FollowedText.of(self.text[:offset]).lines
        return len(lines) - 1, units_of(lines[-1], self.encoding)

    def read(self) -> list[str]:
        """End the recording, and return the texts after each edit."""
        self.writer.ended(self.ms, "session")
        recording = read_recording(self.path)
        assert recording.unreadable == recording.unknown == 0
        return [moment.text for moment in moments(recording)]


def ways(line: str, secret: str, chance: random.Random) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Yield ways by which a line comes into a text at offset 0: edits, each (start, end, text)."""
    at = line.index(secret)
    middle = at + len(secret) // 2
    yield "letter by letter", [(n, n, letter) for n, letter in enumerate(line)]
    yield "pasted whole", [(0, 0, line)]
    yield "pasted in halves", [(0, 0, line[:middle]), (middle, middle, line[middle:])]
    yield "the value before the name", [(0, 0, line[at:]), (0, 0, line[:at])]
    yield "the name is changed later", [(0, 0, "x" + line[1:]), (0, 1, line[0])]
    yield "the middle last", [(0, 0, line[: at + 2] + line[middle:]), *(
        (n, n, line[n]) for n in range(at + 2, middle)
    )]  # fmt: skip
    wrong = [(n, n, letter) for n, letter in enumerate(line[:middle])]
    yield (
        "with a typing error",
        [*wrong, (middle, middle, "QQ"), (middle, middle + 2, ""), (middle, middle, line[middle:])],
    )
    order = list(range(len(line)))
    chance.shuffle(order)
    present: list[int] = []
    edits = []
    for index in order:
        place = sum(1 for it in present if it < index)
        edits.append((place, place, line[index]))
        present.append(index)
    yield "in any order", edits


def same(kept: str, secret: str) -> int:
    """Return how many characters of a secret that could be anything are kept."""
    return sum(a == b for a, b in zip(kept, secret, strict=True) if b.isalnum())


KINDS = formless(random.Random(5))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("encoding", list(Encoding))
def test_no_secret_is_kept_however_it_was_typed(tmp_path: Path, kind: str, encoding: Encoding) -> None:
    """At no moment does the file's text have it; all else is as it was, and each place is where it was."""
    line, secret = KINDS[kind]
    for name, edits in ways(line, secret, random.Random(3)):
        session = Session(tmp_path / f"{name}.jsonl", encoding)
        session.open("\n" + CODE)
        for edit in edits:
            session.replace(*edit)
            session.writer.flush()
        read = session.read()
        written = session.path.read_bytes()
        assert json.dumps(secret)[1:-1].encode() not in written, name
        assert [len(text) for text in read] == [len(text) for text in session.texts], name
        assert [units_of(text, encoding) for text in read] == [units_of(text, encoding) for text in session.texts]
        assert all(text.endswith(CODE) for text in read)
        at = line.index(secret)
        assert same(read[-1][at : at + len(secret)], secret) <= max(5, len(secret) // 3), (name, read[-1])
        assert max(_longest_common(text, secret) for text in read) <= max(6, len(secret) // 4), name


def _longest_common(text: str, secret: str) -> int:
    size = 0
    while size < len(secret) and any(secret[at : at + size + 1] in text for at in range(len(secret) - size)):
        size += 1
    return size


@pytest.mark.parametrize("seed", range(60))
def test_random_edits_come_out_again(tmp_path: Path, seed: int) -> None:
    """Any ranges, line ends, astral characters; several changes in one notification; whole texts."""
    chance = random.Random(seed)
    encoding = chance.choice(list(Encoding))
    session = Session(tmp_path / "session.jsonl", encoding)
    session.open(CODE if seed % 2 else "")
    pieces = ["x", "\n", "\r\n", "\r", "😀", "é", '"', "\\", "\t", "\u2028", "def f():\n    ", ""]
    for _ in range(40):
        start = chance.randint(0, len(session.text))
        end = min(len(session.text), start + chance.choice([0, 0, 1, 3, 9]))
        start -= session.text[start - 1 : start + 1] == "\r\n"  # No place is between the two.
        end -= session.text[end - 1 : end + 1] == "\r\n"
        session.replace(start, end, chance.choice(pieces) + chance.choice(pieces))
    assert session.read() == session.texts


def test_a_secret_that_was_found_is_covered_wherever_it_stood_before(tmp_path: Path) -> None:
    """In a comment, in an answer, in another document; and it has one placeholder everywhere."""
    secret = "Tr0ub4dor" + "And3more"
    session = Session(tmp_path / "session.jsonl")
    session.open(f"# {secret}\n\n")
    session.writer.offered("answer", {"ms": 1.0, "request": 1}, [(1, Offered((1, 0), (1, 0), f"x = {secret}", "s1"))])
    session.writer.streamed({"ms": 1.0, "stream": 1, "model": "m", "line": 1, "column": 0}, f"print({secret})", "", "")
    session.writer.flush()
    assert session.path.read_text().count(secret) == 3
    session.replace(len(session.text), len(session.text), f'password = "{secret}"')
    kept = session.read()[-1]
    written = session.path.read_text()
    assert secret not in written
    stand_in = kept.split('"')[1]
    assert (len(stand_in), written.count(stand_in)) == (len(secret), 4)


def test_without_consent_only_structure_is_kept(tmp_path: Path) -> None:
    """No text, no name, and no mark of a short text, by which letters could be told from each other."""
    session = Session(tmp_path / "session.jsonl", with_texts=False)
    session.open(CODE)
    for letter in "banana":
        session.replace(0, 0, letter)
    session.writer.offered("answer", {"ms": 1.0, "request": 1}, [(1, Offered((0, 0), (0, 0), "orange", "s1"))])
    assert session.read() == []
    written = session.path.read_text()
    assert not [word for word in ("import", "return", "print", "banana", "orange", '"b"') if word in written]
    assert written.count('"mark"') == 1, "the document's"
    assert written.count('{"length":1,"lineEnds":0}') == 6


def test_a_full_file_ends_the_recording_and_stays_readable(tmp_path: Path) -> None:
    """The last line says why; what was written before is whole."""
    session = Session(tmp_path / "session.jsonl", limit=4_000)
    session.open(CODE)
    for _ in range(30):
        session.replace(0, 0, "x" * 40)
    with pytest.raises(FullError):
        session.replace(0, 0, "x" * 900)
    session.writer.ended(session.ms, "size")
    recording = read_recording(session.path)
    assert recording.unreadable == 0
    assert recording.records[-1].why == "size"
    assert 3_000 < session.path.stat().st_size < 4_200


def test_the_file_is_the_user_s_alone_and_replaces_no_other(tmp_path: Path) -> None:
    """Mode 0600; a file, a folder and a link are left as they are."""
    path = tmp_path / "session.jsonl"
    Session(path).read()
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    for taken in (path, tmp_path):
        with pytest.raises(OSError):
            RecordingFile(taken)
    assert path.read_bytes() == before
    (tmp_path / "link").symlink_to(path)
    for replaces in (True, False):
        with pytest.raises(OSError):
            RecordingFile(tmp_path / "link", replaces=replaces)
    path.chmod(0o644)
    RecordingFile(path, replaces=True).close()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"", 0o600)
