"""Files into an index, and the index into a file and back."""

from pathlib import Path

import numpy as np
import pytest

from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.indexing import Index, Indexer, IndexFileError, index_texts
from fim_language_server.embedded.segment import DEPTH, Segment, sort_by_context

FILES = [("b/größe.py", "größe = 'a'\nreturn größe\n"), ("a.py", "x = 1\n"), ("empty.py", "\n")]


def make(files: list[tuple[str, str]]) -> Index:
    indexer = Indexer()
    for path, text in files:
        indexer.add(path, text)
    return indexer.finish()


def words(corpus: Corpus, segment: Segment, file: int) -> str:
    start, end = segment.span(file)
    return "".join(corpus.vocabulary.text(number) for number in segment.tokens[start:end].tolist())


def test_the_files_can_be_read_from_the_index() -> None:
    """Token by token, in the order they were given."""
    corpus = index_texts(FILES)
    (segment,) = corpus.segments
    assert list(segment.paths) == [path for path, _ in FILES]
    assert [words(corpus, segment, file) for file in range(3)] == ["größe = 'a'return größe", "x = 1", ""]
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
    for name in ("tokens", "order", "abstract_order", "starts", "paths", "words", "abstract"):
        assert np.array_equal(getattr(again, name), getattr(index, name))


def test_changed_files_share_the_vocabulary() -> None:
    """A segment of a few files, made later, is searched with the same numbers."""
    corpus = index_texts(FILES)
    segment = corpus.segment_of([("c.py", "x = neu\n")])
    number = corpus.vocabulary.find(" neu")
    assert segment.tokens.tolist()[-2:] == [number, 0]
    assert len(segment.contexts.order) == len(segment.tokens) - DEPTH


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
