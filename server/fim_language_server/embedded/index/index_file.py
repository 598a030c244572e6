"""The index of many files: numbering their words, laying out and sorting their tokens, and the file that keeps it.

Making it takes about 0.3 s per MB of source and runs in the worker process; the server only loads the file. The files
to index are found by `sources.scanner`.
"""

from __future__ import annotations

import os
import stat
import zipfile
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.core.secrets import rules_version
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.segment import IndexSegment
from fim_language_server.embedded.index.sorted_contexts import DEPTH, SortedContexts, sort_by_context
from fim_language_server.embedded.text.abstraction import Abstraction, abstract_numbers
from fim_language_server.embedded.text.vocabulary import END, FIRST_WORD, Vocabulary

_VERSION: Final = 3
"""Version of the file's layout and of everything that the numbers depend on: the lexer, the marks, DEPTH."""

_WORDS_AT_ONCE: Final = 4_000
"""Words decoded at once, so that the thread that loads an index never holds the interpreter for long."""


class IndexFileError(Exception):
    """A file is no index, is damaged, or was written by another version."""


@frozen
class Index:
    """An index as arrays, as it is written and read.

    Words end with line feeds, which no token contains. Paths end with NUL, the only character that no system allows in
    a name; Linux and git allow line feeds.
    """

    tokens: NDArray[np.int32] = field(repr=False)
    order: NDArray[np.int32] = field(repr=False)
    abstract_order: NDArray[np.int32] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    paths: NDArray[np.uint8] = field(repr=False)
    words: NDArray[np.uint8] = field(repr=False)
    abstract: NDArray[np.int32] = field(repr=False)
    """The abstract token of each word."""
    seen: NDArray[np.uint8] = field(repr=False)
    """The paths of all files that were read, including those that turned out not to be source."""
    sizes: NDArray[np.int64] = field(repr=False)
    modified: NDArray[np.int64] = field(repr=False)
    """Size of each of these in bytes, and the time of its last change, in ns since the epoch."""
    source_bytes: int

    @property
    def files(self) -> int:
        """Number of files in the index."""
        return len(self.starts)

    def write(self, path: str) -> None:
        """Write the index into a new file (numpy's npz) that only its owner can read. Raises OSError."""
        meta = np.array([_version(), self.source_bytes], np.int64)
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            np.savez(file, allow_pickle=False, meta=meta, **arrays)

    @classmethod
    def read(cls, path: str) -> Index:
        """Read a file that `write` wrote. Raises IndexFileError for any other file, and OSError.

        Everything is checked: each array has a checksum (npz is a zip archive), and every number that is used as an
        index into another array is within it.
        """
        try:
            source_bytes, arrays = _read_arrays(path)
        except (OSError, IndexFileError):
            raise
        except Exception as error:
            # zipfile, numpy, and the tokenizer by which it reads old headers, raise a dozen kinds for foreign bytes.
            raise IndexFileError(f"it cannot be read ({type(error).__name__})") from error
        if any(arrays[name].dtype != dtype or arrays[name].ndim != 1 for name, dtype in _ARRAYS.items()):
            raise IndexFileError("its arrays are of other types")
        index = cls(**arrays, source_bytes=source_bytes)
        if not index._is_consistent():
            raise IndexFileError("its arrays do not fit each other")
        return index

    def _is_consistent(self) -> bool:
        words = int((self.words == ord(_WORD_END)).sum())
        files, seen = (int((joined == ord(_PATH_END)).sum()) for joined in (self.paths, self.seen))
        places = len(self.tokens) - DEPTH
        return (
            places >= 0
            and len(self.starts) == files
            and len(self.abstract) == words
            and len(self.sizes) == len(self.modified) == seen
            and len(self.order) == len(self.abstract_order) == places
            and not self.tokens[:DEPTH].any()
            and all(_within(order, DEPTH, len(self.tokens)) for order in (self.order, self.abstract_order))
            and all(_within(numbers, 0, FIRST_WORD + words) for numbers in (self.tokens, self.abstract))
            and _within(self.starts, DEPTH, len(self.tokens))
            and bool((np.diff(self.starts) > 0).all())
        )

    def files_seen(self) -> dict[str, list[tuple[int, int]]]:
        """Return (bytes, time of change in ns) of the files that were read, by path; several folders may have one."""
        found: dict[str, list[tuple[int, int]]] = {}
        for path, size, modified in zip(
            _split(self.seen, _PATH_END), self.sizes.tolist(), self.modified.tolist(), strict=True
        ):
            found.setdefault(path, []).append((size, modified))
        return found

    def corpus(self) -> Corpus:
        """Return the index as a corpus. Raises IndexFileError if its words or paths cannot be decoded."""
        try:
            words, paths = _split(self.words, _WORD_END), _split(self.paths, _PATH_END)
        except ValueError as error:
            raise IndexFileError("its texts cannot be read") from error
        vocabulary = Vocabulary(words)
        abstraction = Abstraction(vocabulary, self.abstract)
        segment = IndexSegment(
            self.tokens,
            SortedContexts.of(self.tokens, self.order),
            SortedContexts.of(abstraction.of(self.tokens), self.abstract_order),
            self.starts,
            paths,
        )
        return Corpus(vocabulary, abstraction, (segment,) if self.files else ())


def _read_arrays(path: str) -> tuple[int, dict[str, Any]]:
    """Return the source's bytes, and the arrays. Raises IndexFileError, OSError, and errors of zipfile and numpy."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise IndexFileError("it is no file")
    with np.load(path, allow_pickle=False) as file:
        if any(info.compress_type != zipfile.ZIP_STORED for info in file.zip.infolist()):
            raise IndexFileError("it is compressed, so not ours")
        version, source_bytes = file["meta"].tolist()
        if version != _version():
            raise IndexFileError("it was made by another version of this program, or by other rules for secrets")
        return int(source_bytes), {name: file[name] for name in _ARRAYS}


def _version() -> int:
    """Return one number for the version of the layout and that of the rules by which secrets are left out."""
    return (_VERSION << 32) | rules_version()


_ARRAYS: Final = {
    "tokens": np.int32,
    "order": np.int32,
    "abstract_order": np.int32,
    "starts": np.int64,
    "paths": np.uint8,
    "words": np.uint8,
    "abstract": np.int32,
    "seen": np.uint8,
    "sizes": np.int64,
    "modified": np.int64,
}
_WORD_END: Final = "\n"
_PATH_END: Final = "\0"


def _within(numbers: NDArray[np.int32] | NDArray[np.int64], first: int, end: int) -> bool:
    return not len(numbers) or (int(numbers.min()) >= first and int(numbers.max()) < end)


class Indexer:
    """A builder that takes files one by one and then makes the index."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary(most_new_words=1 << 30)
        self._paths: list[str] = []
        self._files: list[array[int]] = []
        self._seen: list[tuple[str, int, int]] = []
        self.source_bytes = 0

    def note(self, path: str, size: int, modified: int) -> None:
        """Note a file as read, with its size in bytes and the time of its last change, in ns since the epoch."""
        self._seen.append((path, size, modified))

    def add(self, path: str, text: str) -> None:
        r"""Add the text of a file; its line ends must be `\n`."""
        self._paths.append(path)
        self._files.append(array("i", self._vocabulary.document(text)[0]))
        self.source_bytes += len(text.encode("utf-8", "replace"))

    def finish(self) -> Index:
        """Return the index of all files that were added."""
        starts = np.cumsum([DEPTH, *(len(file) + 1 for file in self._files)], dtype=np.int64)
        tokens = np.full(int(starts[-1]), END, np.int32)
        for file, start in zip(self._files, starts.tolist(), strict=False):
            tokens[start : start + len(file)] = np.frombuffer(file, np.int32)
        self._files.clear()
        # Up to here words are numbered in the order of their arrival; from here on in sorted order.
        words = self._vocabulary.added_words()
        by_name = sorted(range(len(words)), key=words.__getitem__)
        numbers = np.arange(FIRST_WORD + len(words), dtype=np.int32)
        numbers[FIRST_WORD + np.array(by_name, np.int64)] = np.arange(FIRST_WORD, FIRST_WORD + len(words))
        tokens = numbers[tokens]
        ordered = [words[i] for i in by_name]
        frequencies = np.bincount(tokens, minlength=FIRST_WORD + len(words))[FIRST_WORD:].tolist()
        counts = Counter(dict(zip(ordered, frequencies, strict=True)))
        abstract = np.array(abstract_numbers(ordered, counts), np.int32)
        all_abstract = np.concatenate((np.arange(FIRST_WORD, dtype=np.int32), abstract))
        return Index(
            tokens,
            sort_by_context(tokens),
            sort_by_context(all_abstract[tokens]),
            starts[:-1],
            _join(self._paths, _PATH_END),
            _join(ordered, _WORD_END),
            abstract,
            _join([path for path, _, _ in self._seen], _PATH_END),
            np.array([size for _, size, _ in self._seen], np.int64),
            np.array([modified for _, _, modified in self._seen], np.int64),
            self.source_bytes,
        )


def index_texts(files: Iterable[tuple[str, str]]) -> Corpus:
    """Index (path, text) pairs within this process, for tests and evaluation; the server uses the worker process."""
    indexer = Indexer()
    for path, text in files:
        indexer.add(path, text)
    return indexer.finish().corpus()


def _join(texts: Sequence[str], end: str) -> NDArray[np.uint8]:
    """Join texts, each followed by `end`. Lone surrogates are kept: in paths they stand for bytes that are no UTF-8."""
    return np.frombuffer("".join(f"{text}{end}" for text in texts).encode("utf-8", "surrogatepass"), np.uint8)


def _split(joined: NDArray[np.uint8], end: str) -> list[str]:
    texts: list[str] = []
    ends = iter((np.flatnonzero(joined == ord(end)) + 1).tolist())
    start = 0
    while block := list(islice(ends, _WORDS_AT_ONCE)):
        texts.extend(joined[start : block[-1]].tobytes().decode("utf-8", "surrogatepass").split(end)[:-1])
        start = block[-1]
    return texts
