"""Many files into one index: number the words, lay out the tokens, sort, and keep all of it in one file.

This is the slow part (about 0.3 s per MB of source) and runs in the worker process; the server only loads what
was made. Which files there are to index is `scanner`'s business.
"""

from __future__ import annotations

import zipfile
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from fim_language_server.embedded.abstraction import Abstraction, abstract_numbers
from fim_language_server.embedded.corpus import Corpus
from fim_language_server.embedded.segment import DEPTH, Segment, SortedContexts, sort_by_context
from fim_language_server.embedded.vocabulary import END, FIRST_WORD, Vocabulary

_VERSION: Final = 1
"""Of the file's layout and of everything that numbers depend on: the lexer, the marks, DEPTH."""

_WORDS_AT_ONCE: Final = 4_000
"""Words decoded in one go, so that the thread that loads never holds the interpreter for long."""


class IndexFileError(Exception):
    """The file is no index, is damaged, or was written by another version."""


@frozen
class Index:
    """An index as arrays, as it is written and read. Texts are joined by line feeds, which no token contains."""

    tokens: NDArray[np.int32] = field(repr=False)
    order: NDArray[np.int32] = field(repr=False)
    abstract_order: NDArray[np.int32] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    paths: NDArray[np.uint8] = field(repr=False)
    words: NDArray[np.uint8] = field(repr=False)
    abstract: NDArray[np.int32] = field(repr=False)
    """The abstract token of each word."""
    source_bytes: int

    @property
    def files(self) -> int:
        """How many files are in it."""
        return len(self.starts)

    def write(self, path: str) -> None:
        """Write it into one file (numpy's npz)."""
        meta = np.array([_VERSION, self.source_bytes], np.int64)
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(path, allow_pickle=False, meta=meta, **arrays)

    @classmethod
    def read(cls, path: str) -> Index:
        """Read what `write` wrote. Raises IndexFileError for anything else, and OSError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                version, source_bytes = file["meta"].tolist()
                if version != _VERSION:
                    raise IndexFileError(f"it has version {version}, not {_VERSION}")
                return cls(**{name: file[name].astype(dtype, copy=False) for name, dtype in _ARRAYS.items()},
                           source_bytes=source_bytes)  # fmt: skip
        except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise IndexFileError(f"it cannot be read ({type(error).__name__})") from error

    def corpus(self) -> Corpus:
        """Return it as the model uses it."""
        vocabulary = Vocabulary(_split(self.words))
        abstraction = Abstraction(vocabulary, self.abstract)
        segment = Segment(
            self.tokens,
            SortedContexts.of(self.tokens, self.order),
            SortedContexts.of(abstraction.of(self.tokens), self.abstract_order),
            self.starts,
            _split(self.paths),
        )
        return Corpus(vocabulary, abstraction, (segment,) if self.files else ())


_ARRAYS: Final = {
    "tokens": np.int32,
    "order": np.int32,
    "abstract_order": np.int32,
    "starts": np.int64,
    "paths": np.uint8,
    "words": np.uint8,
    "abstract": np.int32,
}


class Indexer:
    """Takes files one by one, then makes the index."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary(most_new_words=1 << 30)
        self._paths: list[str] = []
        self._files: list[array[int]] = []
        self.source_bytes = 0

    def add(self, path: str, text: str) -> None:
        r"""Take a file; its line ends must be `\n`."""
        self._paths.append(path)
        self._files.append(array("i", self._vocabulary.document(text)[0]))
        self.source_bytes += len(text.encode("utf-8", "replace"))

    def finish(self) -> Index:
        """Return the index of all files taken."""
        starts = np.cumsum([DEPTH, *(len(file) + 1 for file in self._files)], dtype=np.int64)
        tokens = np.full(int(starts[-1]), END, np.int32)
        for file, start in zip(self._files, starts.tolist(), strict=False):
            tokens[start : start + len(file)] = np.frombuffer(file, np.int32)
        self._files.clear()
        # Until here words were numbered as they came; from here on in sorted order.
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
            _join(self._paths),
            _join(ordered),
            abstract,
            self.source_bytes,
        )


def index_texts(files: Iterable[tuple[str, str]]) -> Corpus:
    """Index (path, text) pairs here and now. For tests and evaluation; the server has a process for it."""
    indexer = Indexer()
    for path, text in files:
        indexer.add(path, text)
    return indexer.finish().corpus()


def _join(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Join texts by line feeds. Paths may hold lone surrogates (bytes that are no UTF-8), so those pass."""
    return np.frombuffer("".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass"), np.uint8)


def _split(joined: NDArray[np.uint8]) -> list[str]:
    texts: list[str] = []
    ends = iter((np.flatnonzero(joined == ord("\n")) + 1).tolist())
    start = 0
    while block := list(islice(ends, _WORDS_AT_ONCE)):
        texts.extend(joined[start : block[-1]].tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1])
        start = block[-1]
    return texts
