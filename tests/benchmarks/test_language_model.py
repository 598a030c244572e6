"""The model in numpy says what llama.cpp says of the same weights."""

from __future__ import annotations

import importlib.util
import json
import os
import urllib.request

import numpy as np
import pytest

from benchmarks.language_model import LanguageModel, tokenize
from benchmarks.llama_server import llama_server
from benchmarks.small_model import MISSING, find_small_model

MODEL = find_small_model()
if not os.environ.get("CI"):
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("there is no wheel of xllamacpp for this platform", allow_module_level=True)
    if MODEL is None:
        pytest.skip(MISSING, allow_module_level=True)

TEXTS = (
    "def add(first, second):\n    return first",
    "import os\n\n\nclass Ledger:\n    def __init__(self, path):\n        self.path =",
)


def test_probabilities_are_those_of_llama_cpp() -> None:
    """The five likeliest tokens, nearly as likely: llama.cpp rounds to 8 bits within its products."""
    assert MODEL is not None, MISSING
    model = LanguageModel.read(MODEL)
    with llama_server(MODEL, context=512) as url:
        for text in TEXTS:
            tokens = tokenize(url, text)
            (ours,) = model.log_probabilities(tokens, 1)
            asked = {"prompt": tokens, "n_predict": 1, "n_probs": 5, "temperature": 0}
            data = json.dumps(asked).encode()
            request = urllib.request.Request(f"{url}/completion", data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as response:
                (said,) = json.loads(response.read())["completion_probabilities"]
            assert int(np.argmax(ours)) == said["id"]
            for one in said["top_logprobs"]:
                assert ours[one["id"]] == pytest.approx(one["logprob"], abs=0.35)


def test_a_text_is_judged_token_by_token() -> None:
    """What a text is worth is the sum of its tokens' worth, each after what stands before it."""
    assert MODEL is not None, MISSING
    model = LanguageModel.read(MODEL)
    before, text = [1604, 803, 24], [351, 28, 732]
    whole = model.judge(before, text)
    parts = [model.judge([*before, *text[:place]], [token]) for place, token in enumerate(text)]
    assert whole.nats == pytest.approx(sum(part.nats for part in parts), abs=1e-3)
    assert whole.first_choices == sum(part.first_choices for part in parts)
