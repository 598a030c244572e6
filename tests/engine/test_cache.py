"""Known text: exact places, typed through, bounded."""

from __future__ import annotations

from collections.abc import Sequence

from fim_language_server.core.values import Candidate
from fim_language_server.engine import cache as cache_module
from fim_language_server.engine.cache import CompletionCache
from tests.fakes.requests import URI, request_at


def found(cache: CompletionCache, drawn: str, uri: str = URI, models: Sequence[str] = ("",)) -> list[str]:
    """Return what the cache has to say at a place."""
    return [rest for _, rest in cache.find(request_at(drawn, uri=uri), models)]


def test_finished_text_is_found_at_its_place_and_while_it_is_typed() -> None:
    """Exactly, and typed through."""
    cache = CompletionCache()
    cache.store(Candidate("foo()", request_at("x = |\ny"), finished=True))
    assert found(cache, "x = |\ny") == ["foo()"]
    assert found(cache, "x = fo|\ny") == ["o()"]
    assert found(cache, "x = |\nz") == []
    assert found(cache, "x = |\ny", uri="file:///other.py") == []


def test_unfinished_text_is_followed_but_empty_text_is_not_kept() -> None:
    """A let-go stream that said nothing tells nothing."""
    cache = CompletionCache()
    cache.store(Candidate("fo", request_at("x = |"), finished=False))
    cache.store(Candidate("", request_at("y = |"), finished=False))
    assert found(cache, "x = f|") == ["o"]
    assert found(cache, "y = |") == []


def test_an_empty_finished_answer_is_kept() -> None:
    """The same question would be answered the same."""
    cache = CompletionCache()
    cache.store(Candidate("", request_at("y = 1|"), finished=True, ended=True))
    assert found(cache, "y = 1|") == [""]


def test_a_closed_document_keeps_its_places_only() -> None:
    """Opening it again finds the same place answered; what was being typed is over."""
    cache = CompletionCache()
    cache.store(Candidate("foo()", request_at("x = |"), finished=True))
    cache.forget(URI)
    assert found(cache, "x = |") == ["foo()"]
    assert found(cache, "x = f|") == []


def test_the_cache_is_bounded() -> None:
    """A long day costs no more than a short one."""
    cache = CompletionCache()
    for n in range(cache_module.PLACES + 10):
        cache.store(Candidate("foo()", request_at(f"x{n} = |"), finished=True))
    assert found(cache, "x0 = |") == []
    assert len(cache._places) == cache_module.PLACES
    assert len(cache._recent[URI]) == cache_module.RECENT


def test_each_models_text_is_kept_apart_and_the_preferred_one_comes_first() -> None:
    """What a lesser model said holds at its place only while no better one would be asked."""
    cache = CompletionCache()
    cache.store(Candidate("good()", request_at("x = |"), finished=True, model="good"))
    cache.store(Candidate("poor()", request_at("x = |"), finished=True, model="poor"))
    assert found(cache, "x = |", models=["good", "poor"]) == ["good()", "poor()"]
    assert found(cache, "x = |", models=["good"]) == ["good()"]


def test_text_that_is_being_typed_is_followed_whosever_it_is() -> None:
    """A suggestion must not change under the eyes of its reader because a better model is back."""
    cache = CompletionCache()
    cache.store(Candidate("poor()", request_at("x = |"), finished=True, model="poor"))
    assert found(cache, "x = |", models=["good"]) == []
    assert found(cache, "x = po|", models=["good"]) == ["or()"]


def test_a_model_can_be_forgotten() -> None:
    """It knows more now; what others said stays."""
    cache = CompletionCache()
    for model in ("good", "poor"):
        cache.store(Candidate(f"{model}()", request_at("x = |"), finished=True, model=model))
    cache.forget_model("poor")
    assert found(cache, "x = |", models=["good", "poor"]) == ["good()"]
    assert found(cache, "x = p|", models=["good", "poor"]) == []
