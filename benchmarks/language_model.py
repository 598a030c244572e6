"""A small language model of llama's architecture in numpy: how likely is a text after another?

Servers tell probabilities of what they say themselves, not of a given text. Here every token of a text is judged. The
weights are read from a GGUF file and made 32 bits wide; llama.cpp computes with them rounded to 8 bits, so its figures
differ in the second decimal (tests/benchmarks/test_language_model.py compares the two). Tokens are llama.cpp's own.
Architecture: Touvron et al. 2023 (llama), with grouped key and value heads and interleaved rotary positions, as in
llama.cpp's `llm_build_llama`.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import gguf
import numpy as np
from attrs import frozen

Array = np.ndarray[Any, np.dtype[np.float32]]


@frozen
class Judgement:
    """Log-likelihood of a text in nats, its number of tokens, and how many of them were the model's first choice."""

    nats: float
    tokens: int
    first_choices: int


@frozen(eq=False)
class LanguageModel:
    """Weights by name, and the sizes that the file tells."""

    weights: Mapping[str, Array]
    layers: int
    heads: int
    groups: int
    """Number of key and value heads."""
    base: float
    epsilon: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a GGUF file of the architecture `llama` whose output matrix is its embedding."""
        reader = gguf.GGUFReader(path)
        weights = {
            tensor.name: np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type), np.float32)
            for tensor in reader.tensors
        }

        def of(name: str) -> Any:
            field = reader.get_field(f"llama.{name}")
            assert field is not None, f"the file does not tell {name}"
            return field.contents()

        return cls(
            weights,
            int(of("block_count")),
            int(of("attention.head_count")),
            int(of("attention.head_count_kv")),
            float(of("rope.freq_base")),
            float(of("attention.layer_norm_rms_epsilon")),
        )

    def judge(self, before: Sequence[int], text: Sequence[int]) -> Judgement:
        """Return how likely the tokens of a text are after those before it, of which there is one at least."""
        found = self.log_probabilities([*before, *text[:-1]], len(text))
        wanted = np.asarray(text)
        chosen = found[np.arange(len(text)), wanted]
        return Judgement(float(chosen.sum()), len(text), int((found.argmax(axis=1) == wanted).sum()))

    def log_probabilities(self, tokens: Sequence[int], last: int) -> Array:
        """Return the logarithms of the next token's probabilities after each of the `last` tokens."""
        embedding = self.weights["token_embd.weight"]
        state = embedding[np.asarray(tokens)]
        turns = self._turns(len(tokens))
        for layer in range(self.layers):
            state = state + self._attention(state, f"blk.{layer}.", turns)
            state = state + self._feed_forward(state, f"blk.{layer}.")
        logits = self._normal(state[-last:], "output_norm.weight") @ embedding.T
        logits = logits - logits.max(axis=1, keepdims=True)
        found: Array = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return found

    def _normal(self, state: Array, name: str) -> Array:
        scale = np.sqrt((state * state).mean(axis=1, keepdims=True) + self.epsilon)
        found: Array = state / scale * self.weights[name]
        return found

    def _attention(self, state: Array, layer: str, turns: Array) -> Array:
        inner = self._normal(state, layer + "attn_norm.weight")
        n, width = len(state), state.shape[1] // self.heads

        def heads(part: str, count: int) -> Array:
            found: Array = (inner @ self.weights[f"{layer}attn_{part}.weight"].T).reshape(n, count, width)
            return found.transpose(1, 0, 2)

        queries = _turned(heads("q", self.heads), turns) / np.float32(np.sqrt(width))
        keys, values = _turned(heads("k", self.groups), turns), heads("v", self.groups)
        later = np.triu(np.full((n, n), -np.inf, np.float32), 1)
        found = np.empty((n, self.heads, width), np.float32)
        for head in range(self.heads):
            group = head * self.groups // self.heads
            scores = queries[head] @ keys[group].T + later
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            found[:, head] = scores @ values[group] / scores.sum(axis=1, keepdims=True)
        result: Array = found.reshape(n, -1) @ self.weights[layer + "attn_output.weight"].T
        return result

    def _feed_forward(self, state: Array, layer: str) -> Array:
        inner = self._normal(state, layer + "ffn_norm.weight")
        gate = inner @ self.weights[layer + "ffn_gate.weight"].T
        found = gate / (1 + np.exp(-gate)) * (inner @ self.weights[layer + "ffn_up.weight"].T)
        result: Array = found @ self.weights[layer + "ffn_down.weight"].T
        return result

    def _turns(self, n: int) -> Array:
        """Return cosine and sine of the angles of each position (RoPE, Su et al. 2021)."""
        width = self.weights["token_embd.weight"].shape[1] // self.heads
        speeds = self.base ** (-np.arange(0, width, 2) / width)
        angles = np.outer(np.arange(n), speeds)
        return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _turned(heads: Array, turns: Array) -> Array:
    """Turn pairs of neighbouring numbers by their position's angles."""
    cosine, sine = turns
    even, odd = heads[..., 0::2], heads[..., 1::2]
    found = np.empty_like(heads)
    found[..., 0::2] = even * cosine - odd * sine
    found[..., 1::2] = even * sine + odd * cosine
    return found


def tokenize(url: str, text: str) -> list[int]:
    """Return the tokens of a text, as a llama.cpp server at this URL makes them; marks in it stay text."""
    data = json.dumps({"content": text, "add_special": False, "parse_special": False}).encode()
    request = urllib.request.Request(f"{url}/tokenize", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return [int(token) for token in json.loads(response.read())["tokens"]]
