"""Files into an index, and the index into a file and back."""

import os
import pickle
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import Index, Indexer, IndexFileError, index_texts
from fim_language_server.embedded.index.segment import IndexSegment
from fim_language_server.embedded.index.sorted_contexts import DEPTH, SortedContexts, sort_by_context

FILES = [("b/größe.py", "größe = 'a'\nreturn größe\n"), ("a.py", "x = 1\n"), ("empty.py", "\n")]


def make(files: list[tuple[str, str]]) -> Index:
    indexer = Indexer()
    for path, text in files:
        indexer.note(path, len(text), 7)
        indexer.add(path, text)
    return indexer.finish()


def words(corpus: Corpus, segment: IndexSegment, file: int) -> str:
    start, end = segment.span(file)
    return "".join(corpus.vocabulary.text(number) for number in segment.tokens[start:end].tolist())


def test_the_files_can_be_read_from_the_index() -> None:
    """Token by token, in the order they were given."""
    corpus = index_texts(FILES)
    (segment,) = corpus.segments
    assert list(segment.paths) == [path for path, _ in FILES]
    assert [words(corpus, segment, file) for file in range(3)] == ["größe = 'a'return größe", "x = 1", ""]
    assert isinstance(segment.contexts, SortedContexts)
    assert isinstance(segment.abstract_contexts, SortedContexts)
    assert segment.contexts.order.tolist() == sort_by_context(segment.tokens).tolist()
    abstract = corpus.abstraction.of(segment.tokens)
    assert segment.abstract_contexts.order.tolist() == sort_by_context(abstract).tolist()


def test_nothing_is_an_index_too() -> None:
    """An empty workspace is no error."""
    assert index_texts([]).segments == ()
    assert make([]).files == 0


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """All of it, in one file."""
    index, path = make(FILES), str(tmp_path / "index.npz")
    index.write(path)
    again = Index.read(path)
    assert (again.files, again.source_bytes) == (3, sum(len(text.encode()) for _, text in FILES))
    assert again.files_seen() == {path: [(len(text), 7)] for path, text in FILES}
    for name in ("tokens", "order", "abstract_order", "starts", "paths", "words", "abstract"):
        assert np.array_equal(getattr(again, name), getattr(index, name))


def test_changed_files_share_the_vocabulary() -> None:
    """A segment of a few files, made later, is searched with the same numbers."""
    corpus = index_texts(FILES)
    segment = corpus.segment_of([("c.py", "x = neu\n")])
    number = corpus.vocabulary.find(" neu")
    assert segment.tokens.tolist()[-2:] == [number, 0]
    assert list(segment.paths) == ["c.py"]


@pytest.mark.parametrize("content", [b"", b"no index", b"PK\x03\x04broken"])
def test_what_is_no_index_is_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    """A damaged file costs an index, not the server."""
    path = tmp_path / "index.npz"
    path.write_bytes(content)
    with pytest.raises(IndexFileError):
        Index.read(str(path))


def test_another_version_is_not_read(tmp_path: Path) -> None:
    """Its numbers would mean something else."""
    path = str(tmp_path / "index.npz")
    make(FILES).write(path)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["meta"] = arrays["meta"] + 1
    np.savez(path, **arrays)
    with pytest.raises(IndexFileError, match="version"):
        Index.read(path)


def test_a_truncated_file_is_not_read(tmp_path: Path) -> None:
    """As a full disk leaves it."""
    path = tmp_path / "index.npz"
    make(FILES).write(str(path))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IndexFileError):
        Index.read(str(path))


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """It says what the source says."""
    path = tmp_path / "index.npz"
    make(FILES).write(str(path))
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        make(FILES).write(str(path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tokens", np.array([0] * DEPTH + [10_000], np.int32)),
        ("tokens", np.array([-1], np.int32)),
        ("order", np.array([10_000], np.int32)),
        ("order", np.array([], np.int32)),
        ("starts", np.array([5, 4, 3], np.int64)),
        ("abstract", np.array([3], np.int32)),
        ("sizes", np.array([], np.int64)),
        ("paths", np.array([10], np.uint8)),
        ("words", np.array([[10]], np.uint8)),
        ("modified", np.array([1.5, 2.5, 3.5])),
    ],
)
def test_arrays_that_do_not_fit_are_not_believed(tmp_path: Path, name: str, value: np.ndarray) -> None:
    """Whoever wrote them: a place out of range would end the server later."""
    path = str(tmp_path / "index.npz")
    evolve(make(FILES), **{name: value}).write(path)  # type: ignore[arg-type]
    with pytest.raises(IndexFileError):
        Index.read(path)


class Trap:
    """Runs a command where it is unpickled."""

    def __init__(self, sprung: Path) -> None:
        self.sprung = sprung

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.sprung,)


HEADERS = {
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "more than there is": "{'descr': '<i8', 'fortran_order': False, 'shape': (10000000000000,), }",
    "more than a number": f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({2**70},), }}",
    "less than nothing": "{'descr': '<i8', 'fortran_order': False, 'shape': (-2,), }",
    "no number": "{'descr': '<i8', 'fortran_order': False, 'shape': (), }",
    "open brackets": "(" * 30,
    "an open string": "{'descr': '''abc",
    "odd indentation": "a:\n  b\n c",
    "deep": "-" * 9_000 + "1",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("name", ["meta", "tokens"])
def test_hostile_headers_are_errors_of_ours(tmp_path: Path, name: str, header: str) -> None:
    """Whatever numpy makes of them; nothing is unpickled, and no memory is taken that no data is for."""
    path, sprung = str(tmp_path / "index.npz"), tmp_path / "sprung"
    make(FILES).write(path)
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    head = header.encode() + b"\n"
    body = pickle.dumps(Trap(sprung))
    entries[f"{name}.npy"] = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + body
    with zipfile.ZipFile(path, "w") as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    with pytest.raises(IndexFileError):
        Index.read(path)
    assert not sprung.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would be waited for."""
    os.mkfifo(tmp_path / "index.npz")
    with pytest.raises(IndexFileError):
        Index.read(str(tmp_path / "index.npz"))


def test_texts_that_are_none_are_not_believed(tmp_path: Path) -> None:
    """Names that are no UTF-8 cannot have been written by us."""
    index = make(FILES)
    broken = np.where(index.paths == ord("a"), 0xFF, index.paths).astype(np.uint8)
    with pytest.raises(IndexFileError):
        evolve(index, paths=broken).corpus()


def test_another_version_or_a_compressed_file_is_none_of_ours(tmp_path: Path) -> None:
    """Neither is worth a guess, and the second may be small on disk only."""
    path = tmp_path / "index.npz"
    with path.open("wb") as file:
        np.savez(file, meta=np.array([1, 0], np.int64))
    with pytest.raises(IndexFileError, match="version"):
        Index.read(str(path))
    with path.open("wb") as file:
        np.savez_compressed(file, meta=np.zeros(1_000_000, np.int64))
    with pytest.raises(IndexFileError, match="compressed"):
        Index.read(str(path))
