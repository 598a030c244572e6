"""Where a context stands in some files, against brute force."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.embedded.index.segment import _MOST_SPANS, Hit, IndexSegment
from fim_language_server.embedded.index.sorted_contexts import DEPTH
from fim_language_server.embedded.text.vocabulary import FIRST_WORD, TokenFilter

texts = st.lists(st.lists(st.integers(FIRST_WORD, FIRST_WORD + 3), max_size=40), min_size=1, max_size=4)
contexts = st.lists(st.integers(FIRST_WORD, FIRST_WORD + 3), min_size=1, max_size=DEPTH)


def segment_of(texts: list[list[int]]) -> IndexSegment:
    return IndexSegment.build([(f"{number}.py", text) for number, text in enumerate(texts)], lambda tokens: tokens)


def shared(tokens: list[int], position: int, context: list[int]) -> int:
    """How many of the last tokens of the context stand before a position."""
    depth = 0
    while depth < min(DEPTH, len(context)) and tokens[position - depth - 1] == context[-depth - 1]:
        depth += 1
    return depth


@given(texts, contexts)
def test_hits_are_all_places_with_the_context_the_longest_first(texts: list[list[int]], context: list[int]) -> None:
    """With the length they share; no place twice."""
    segment = segment_of(texts)
    tokens = segment.tokens.tolist()
    depths = {p: shared(tokens, p, context) for p in range(DEPTH, len(tokens))}
    hits = segment.hits(segment.contexts, context, None, 1_000)
    assert {hit.position: hit.depth for hit in hits} == {p: depth for p, depth in depths.items() if depth}
    assert [hit.depth for hit in hits] == sorted((hit.depth for hit in hits), reverse=True)
    assert len(segment.hits(segment.contexts, context, None, 3)) == min(3, len(hits))


def test_only_wanted_tokens_follow() -> None:
    """The filter looks at the token after the context."""
    segment = segment_of([[9, 8, 9, 10, 9, 8]])
    wanted = TokenFilter(10, 11, np.empty(0, np.int32))
    assert segment.hits(segment.contexts, [9], wanted, 10) == [Hit(DEPTH + 3, 1)]


def test_the_open_file_and_changed_files_are_left_out() -> None:
    """The document's own copy must not vote with text the user has deleted, nor an old text of another file."""
    segment = segment_of([[9, 8], [9, 10], [9, 11]])

    def following(segment: IndexSegment, *left_out: tuple[int, int]) -> list[int]:
        return [int(segment.tokens[hit.position]) for hit in segment.hits(segment.contexts, [9], None, 10, left_out)]

    assert following(segment) == [8, 10, 11]
    assert following(segment, segment.span(1)) == [8, 11]
    assert following(segment.without([0])) == [10, 11]
    assert following(segment.without([0]).without([2])) == [10]
    assert following(segment, segment.span(2)) == [8, 10]
    assert following(segment.without([1]), segment.span(1), segment.span(2)) == [8]


def test_however_many_files_are_hidden_the_others_are_not() -> None:
    """One after the other; the segments before stay as they are."""
    segment = segment_of([[9, 10 + file] for file in range(_MOST_SPANS + 5)])
    every = np.arange(DEPTH, len(segment.tokens), dtype=np.int32)
    steps = [segment]
    for file in range(_MOST_SPANS + 4):
        steps.append(steps[-1].without([file]))
    for hidden, step in enumerate(steps):
        assert step.shown(every).tolist() == every[3 * hidden :].tolist()


def test_files_are_found_by_their_path() -> None:
    """All that share it."""
    names = ["a.py", "b.py", "a.py"]
    segment = IndexSegment.build([(name, [9]) for name in names], lambda tokens: tokens)
    assert segment.spans_of("a.py") == [segment.span(0), segment.span(2)]
    assert segment.spans_of("b.py") == [segment.span(1)]
    assert segment.spans_of("c.py") == segment.spans_of("") == []


def test_a_position_knows_its_file() -> None:
    """From its first token to the END after it; empty files too."""
    segment = segment_of([[9], [], [8, 8]])
    assert [segment.file_at(p) for p in range(DEPTH, len(segment.tokens))] == [0, 0, 1, 2, 2, 2]
    assert segment.span(2) == (DEPTH + 3, DEPTH + 6)
