"""The model as its callers see it."""

import pytest
from attrs import evolve

from fim_language_server.core.values import CompletionRequest, Context, Document, Position, Trigger
from fim_language_server.embedded.answer.display_threshold import least_probability
from fim_language_server.embedded.index.corpus import Corpus
from fim_language_server.embedded.index.index_file import index_texts
from fim_language_server.embedded.model import Completion, EmbeddedModel, Silence, Thresholds
from tests.fakes.first_file import SHAPE


class FixedIndex:
    """A workspace that stays as it is."""

    is_indexing = False

    def __init__(self, *files: tuple[str, str]) -> None:
        self.corpus = index_texts(files) if files else Corpus.empty()


CLEAR = "".join(f"def f{n}(self):\n    self.check_state()\n    return self.value\n\n" for n in range(5))


def complete(text: str, *files: tuple[str, str], invoked: bool = False) -> str | None:
    prefix, suffix = text.split("|")
    completion = EmbeddedModel(FixedIndex(*files)).complete(prefix, suffix, "open.py", invoked=invoked)
    return None if completion is None else completion.text


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_it_says_what_has_been_said_before(line_end: str) -> None:
    """With line ends of any kind; the answer is one line."""
    text = f"{CLEAR}def last(self):\n    self.|\n    return self.value\n".replace("\n", line_end)
    assert complete(text) == "check_state()"


def test_it_copies_from_the_workspace() -> None:
    """An empty document beside a full one."""
    assert complete("def last(self):\n    self.ch|\n    return self.value\n", ("a.py", CLEAR)) == "eck_state()"


@pytest.mark.parametrize("text", ["|", "x|", "\n\n|\n", "a = |", "💥|💥", "\ud800|\udc00", "\0|\0"])
def test_it_is_silent_where_it_knows_nothing(text: str) -> None:
    """Whatever stands there, an answer or none, never an error."""
    assert complete(text, invoked=True) is None


def test_the_line_below_is_not_offered_again() -> None:
    """Copying the next line is the classic mistake of fill-in-the-middle."""
    assert complete(f"{CLEAR}def last(self):\n|\n    self.check_state()\n    return self.value\n") is None


@pytest.mark.parametrize("files", [(), (("other.py", "import os\n"),)])
def test_a_name_is_finished_where_no_line_is_likely(files: tuple[tuple[str, str], ...]) -> None:
    """In a workspace of one small file lines do not come again, names do; the confidence is not the name's alone."""
    answer = EmbeddedModel(FixedIndex(*files)).answer(f"{SHAPE}self.wid", "\n", "open.py", invoked=False)
    assert isinstance(answer, Completion)
    assert answer.text == "th_of_shape"
    assert answer.confidence < 0.5


CHECKED = "".join(
    f"def load_{name}(path):\n    text = read(path)\n    if text is None:\n        log.warning(path)\n"
    f"        return None\n    return parse(text)\n\n\n"
    for name in ("user", "group", "page", "image", "table", "label")
)


@pytest.mark.parametrize("invoked", [True, False])
def test_a_block_comes_with_the_line_that_opens_it(invoked: bool) -> None:
    """As it is written elsewhere in the document; only the line where the block is there already."""
    begun = f"{CHECKED}def load_map(path):\n    text = read(path)\n    if |\n"
    block = "text is None:\n        log.warning(path)\n        return None"
    assert complete(f"{begun}    return parse(text)\n", ("a.py", CHECKED), invoked=invoked) == block
    there = "        log.warning(path)\n        return None\n    return parse(text)\n"
    assert complete(begun + there, ("a.py", CHECKED), invoked=invoked) == "text is None:"


def test_who_asks_is_told_more() -> None:
    """A guess that is not worth interrupting for may be worth an answer."""
    text = "x = run(1)\ny = stop(2)\nz = walk(3)\nw = |\n"
    assert complete(text, invoked=True) is not None
    assert complete(text) is None


def just_enough_for(known: Completion) -> Thresholds:
    """Return the setting with which a text is just likely enough to be shown while typing."""
    needed = least_probability(0.5, len(known.text))
    odds = 0.99 * known.confidence / (1 - known.confidence) * (1 - needed) / needed
    return Thresholds(automatic=odds / (1 + odds))


def request(prefix: str, suffix: str) -> CompletionRequest:
    document = Document("file:///w/open.py", path="open.py")
    return CompletionRequest(document, Position(0, 0), prefix, suffix, Trigger.AUTOMATIC)


async def test_the_stream_is_one_final_chunk() -> None:
    """With the confidence; an empty chunk where there is nothing to say."""
    model = EmbeddedModel(FixedIndex())
    prefix = f"{CLEAR}def last(self):\n    self."
    (chunk,) = [chunk async for chunk in model.stream(request(prefix, ""), Context("", "", "open.py"))]
    assert (chunk.text, chunk.finish_reason) == ("check_state()", "stop")
    assert chunk.confidence is not None
    assert 0.5 <= chunk.confidence <= 1
    nothing = [chunk async for chunk in model.stream(request("", ""), Context("", ""))]
    assert [(chunk.text, chunk.finish_reason) for chunk in nothing] == [("", "stop")]


@pytest.mark.parametrize(("trigger", "then"), [(Trigger.AUTOMATIC, ""), (Trigger.PREFETCH, "value")])
async def test_only_what_was_shown_can_be_typed_past(trigger: Trigger, then: str) -> None:
    """What was said to a prefetch, or held back as a guess, nobody has seen."""
    first, second = (f"{CLEAR}def last(self):\n    {line}" for line in ("self.", "return self."))
    known = EmbeddedModel(FixedIndex()).answer(second, "\n", "open.py", invoked=True)
    assert isinstance(known, Completion)
    model = EmbeddedModel(FixedIndex(), just_enough_for(known))
    said = []
    for prefix, asked in ((first, trigger), (second, Trigger.AUTOMATIC)):
        place = evolve(request(prefix, "\n"), trigger=asked)
        said += [chunk.text async for chunk in model.stream(place, Context("", "", "open.py"))]
    assert said == ["check_state()", then]


async def test_an_explicit_request_can_have_the_next_best_ones() -> None:
    """Each variant is another candidate, the likeliest first, until there is none."""
    model = EmbeddedModel(FixedIndex())
    calls = ("run(1)", "run(2)", "stop()")
    prefix = "".join(f"x = alpha.{call}\n" for call in (*calls, calls[0])) + "x = alpha."
    asked = evolve(request(prefix, ""), trigger=Trigger.INVOKED)
    said = []
    for variant in range(4):
        (chunk,) = [chunk async for chunk in model.stream(evolve(asked, variant=variant), Context("", "", "open.py"))]
        said.append(chunk.text)
    assert len(set(said[:2])) == 2
    assert all(said[:2])
    assert set(filter(None, said)) <= set(calls)


@pytest.mark.parametrize(("least", "says"), [(0.15, True), (0.999, False)])
def test_the_next_best_ones_never_stand_alone(least: float, says: bool) -> None:
    """Where the best is not likely enough, neither is what is less likely still."""
    model = EmbeddedModel(FixedIndex(), Thresholds(invoked=least))
    prefix = "".join(f"x = alpha.{call}\n" for call in ("run(1)", "run(2)", "stop()", "run(1)")) + "x = alpha."
    answers = [model.complete(prefix, "", "open.py", invoked=True, rank=rank) for rank in range(2)]
    assert [answer is not None for answer in answers] == [says, says]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("|", "nothing in the workspace resembles this place"),
        ("import alpha\nimport beta\nx = alpha.run(1)\ny = beta.run(2)\nz = alpha.|\n", "below 0.9"),
        ("x = 1\nf()\nx = 1\nf()\nx = 1|\nf()", "nothing is missing here"),
    ],
)
def test_silence_has_a_reason(text: str, reason: str) -> None:
    """Nothing alike, not likely enough, or the line is complete."""
    prefix, suffix = text.split("|")
    answer = EmbeddedModel(FixedIndex(), Thresholds(invoked=0.9)).answer(prefix, suffix, "", invoked=True)
    assert isinstance(answer, Silence)
    assert reason in answer.reason


def test_thresholds_are_what_it_takes_to_speak() -> None:
    """The settings embedded.minConfidence and embedded.minConfidenceInvoked; nothing is surer than 1."""
    prefix = f"{CLEAR}def last(self):\n    self."
    bold = EmbeddedModel(FixedIndex(), Thresholds(automatic=0.0, invoked=1.0))
    assert isinstance(bold.answer(prefix, "\n", "", invoked=False), Completion)
    assert isinstance(bold.answer(prefix, "\n", "", invoked=True), Silence)


async def test_an_empty_answer_says_why() -> None:
    """As one chunk; who asked decides what to do with the reason."""
    index = FixedIndex()
    index.is_indexing = True
    model = EmbeddedModel(index)
    asked = CompletionRequest(Document("file:///w/a.py", path="a.py"), Position(0, 0), "", "", Trigger.INVOKED)
    (chunk,) = [chunk async for chunk in model.stream(asked, Context("", ""))]
    assert chunk.text == ""
    assert "is still being indexed" in chunk.silence


def test_a_name_that_was_finished_is_not_typed_past_where_the_line_goes_on() -> None:
    """It does not claim to be all."""
    on = f"{SHAPE}self.width_of_shape * self."
    known = EmbeddedModel(FixedIndex()).answer(on, "\n", "a.py", invoked=True)
    assert isinstance(known, Completion)
    model = EmbeddedModel(FixedIndex(), just_enough_for(known))
    named = model.answer(f"{SHAPE}self.wid", "\n", "a.py", invoked=False)
    assert isinstance(named, Completion)
    assert named.text == "th_of_shape"
    assert model.answer(on, "\n", "a.py", invoked=False) == known


CALLS = "".join(f"x = open_window(first, {n})\n" for n in ("left", "right", "left", "right"))


def test_what_is_typed_into_stays_until_another_text_is_likelier() -> None:
    """Whoever asks at each key sees one text, and after many keys of it, not taken, another that begins so."""
    model = EmbeddedModel(FixedIndex(), Thresholds(automatic=0.001))
    said = []
    for typed in range(len("x = open_window(first, ")):
        line = "x = open_window(first, "[:typed]
        completion = model.complete(CALLS + line, "\n", "a.py", invoked=False)
        said.append(line + completion.text if completion else "")
    assert set(said[:4]) == {"x = open_window(first, left)"}
    assert set(said) - {"", said[0]}
