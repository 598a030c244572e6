"""Parting recorded prompts into windows and pieces: what the providers render is read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.values import Context, Snippet
from fim_language_server.evaluation.prompts.recorded import RecordedPrompt, read_prompt
from fim_language_server.providers import REGISTRY
from fim_language_server.providers.base import RequestOptions

LINES = st.lists(
    st.sampled_from(["x = 1", "", "+++++ a.py", "    é(…)", "+++++ b.py", "def f():", "🙂"]), min_size=1, max_size=8
)
TEXTS = LINES.map("\n".join)
SNIPPET_TEXTS = st.lists(st.sampled_from(["y = 2", "class A:", "ü"]), min_size=1, max_size=4).map("\n".join)
SNIPPETS = st.lists(st.builds(Snippet, st.sampled_from(["a.py", "b.py", "dir/c.py"]), SNIPPET_TEXTS), max_size=4)


def body_of(kind: str, context: Context) -> dict[str, object]:
    provider = REGISTRY[kind]
    body = provider.build_request("http://127.0.0.1", context, RequestOptions("m", max_tokens=10)).body
    assert isinstance(body, dict)
    return body


@given(before=TEXTS, suffix=TEXTS, snippets=SNIPPETS.filter(bool))
def test_a_prompt_with_pieces_is_read_back(before: str, suffix: str, snippets: list[Snippet]) -> None:
    """The windows and each piece of what was rendered, in both formats, also where the text has lines like headers."""
    context = Context(before, suffix, "a.py", "python", tuple(snippets))
    for kind in ("mistral", "llamacpp"):
        prompt = read_prompt(body_of(kind, context), f"more above\n{before}")
        assert prompt is not None
        assert (prompt.prefix, prompt.suffix) == (before, suffix)
        assert [(piece.path, piece.text.strip("\n")) for piece in prompt.pieces] == [
            (snippet.path, snippet.text) for snippet in snippets
        ]
        assert prompt.pieces_size >= sum(len(snippet.text.encode()) for snippet in snippets)


@given(before=TEXTS.filter(lambda text: not text.startswith("+++++ ")), suffix=TEXTS)
def test_a_prompt_without_pieces_is_all_window(before: str, suffix: str) -> None:
    prompt = read_prompt(body_of("mistral", Context(before, suffix, "a.py")), before)
    assert prompt is not None
    assert (prompt.prefix, prompt.suffix, prompt.pieces, prompt.pieces_size) == (before, suffix, (), 0)


def test_a_piece_of_the_own_file_is_a_piece() -> None:
    """Heads of the own file may be sent above the windows; the file's name then stands in two headers."""
    context = Context("x = tot", "", "a.py", snippets=(Snippet("a.py", "import math"),))
    prompt = read_prompt(body_of("mistral", context), "import math\nx = tot")
    assert prompt is not None
    assert prompt.prefix == "x = tot"
    assert [piece.path for piece in prompt.pieces] == ["a.py"]


def test_other_requests_are_no_prompts() -> None:
    assert read_prompt({"messages": []}, "") is None


@given(TEXTS, TEXTS, TEXTS)
def test_fresh_bytes_begin_at_the_first_difference(shared: str, first: str, second: str) -> None:
    """Counted one by one, as a cache of prefixes would."""
    last, now = (RecordedPrompt(shared + text, "", (), (shared + text).encode()) for text in (first, second))
    same = 0
    while same < min(last.size, now.size) and last.rendered[same] == now.rendered[same]:
        same += 1
    assert now.fresh_after(last) == now.size - same
    assert now.fresh_after(None) == now.size
    assert now.fresh_after(now) == 0
