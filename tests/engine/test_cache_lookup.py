"""What of the known texts may be shown, and when the model is rather asked again."""

import pytest

from fim_language_server.core.shaping import ShapingOptions
from fim_language_server.core.values import Candidate, Trigger
from fim_language_server.engine.cache import CompletionCache
from fim_language_server.engine.cache_lookup import Known, recall
from tests.fakes.requests import request_at


@pytest.mark.parametrize(
    ("drawn", "confidence", "models", "trigger", "is_known"),
    [
        ("x = foo|", 0.7, ("m",), Trigger.AUTOMATIC, True),
        ("x = foo(|", 0.7, ("m",), Trigger.AUTOMATIC, False),
        ("x = foo(|", 0.7, ("api", "m"), Trigger.AUTOMATIC, False),  # the API is not to be had
        ("x = foo(|", 0.7, ("api",), Trigger.AUTOMATIC, True),  # it would be asked, and paid
        ("x = foo(|", None, ("m",), Trigger.AUTOMATIC, True),  # it would only say the same again
        ("x = foo(|", 0.7, ("m",), Trigger.INVOKED, True),
        ("x = foo(a|bc", 0.7, ("m",), Trigger.AUTOMATIC, True),  # no model is asked inside a word
        ("x = foo(a, b):\n    |", 0.7, ("m",), Trigger.AUTOMATIC, True),  # the block goes on
    ],
)
def test_a_model_is_asked_again_after_some_keys_of_a_text_it_was_not_sure_of(
    drawn: str, confidence: float | None, models: tuple[str, ...], trigger: Trigger, is_known: bool
) -> None:
    """If it is the one that would be asked next."""
    before, _, suffix = drawn.partition("|")
    text = "foo(a, b):\n    bar()" if "\n" in before else "foo(a, b)"
    origin = request_at(f"x = |{suffix}")
    cache = CompletionCache()
    cache.store(Candidate(text, origin, finished=True, ended=True, confidence=confidence, model="m"))
    known = recall(cache, request_at(drawn, trigger=trigger), ShapingOptions(), models)
    assert isinstance(known, Known) == is_known
