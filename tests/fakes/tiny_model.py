"""A language model of a few hundred numbers, written as a GGUF file: what it says next depends on the last token alone.

One layer whose attention and feed-forward weights are zero passes every token's own vector through, and the output
matrix is a table of successors. After the mark that ends a FIM prompt it says ANSWER and stops; after anything else
it says the alphabet, for ever. So a real server's answers can be foretold, and its limits be met.
Tokens are bytes: a text has as many as it has bytes in UTF-8, whatever it says.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Final

import gguf
import numpy as np

PIECES: Final = (  # none of a single byte: those are tokens already
    "return",
    " a",
    " +",
    " b",
    "\n    ",
    "# é",
    "…",
    " 完",
    "🙂",
)
ANSWER: Final = "".join(PIECES)

END: Final = "<|endoftext|>"
FIM_MARKS: Final = {"prefix": "<|fim_prefix|>", "middle": "<|fim_middle|>", "suffix": "<|fim_suffix|>"}
OTHER_MARKS: Final = ("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_start|>", "<|im_end|>")

_WIDTH: Final = 320  # more than there are tokens, so that each has a dimension of its own
_HEADS: Final = 4
_FEED_FORWARD: Final = 64


def write_tiny_model(path: Path, *, knows_fim: bool = True) -> None:
    """Write the model; without `knows_fim` its vocabulary has no marks for the middle, as of a chat model."""
    alphabet = _byte_alphabet()
    marks = [END, *(FIM_MARKS.values() if knows_fim else ()), *OTHER_MARKS]
    pieces = ["".join(alphabet[byte] for byte in piece.encode()) for piece in PIECES]
    joined = alphabet[ord(" ")] * 2  # a vocabulary of this kind must have at least one merge
    tokens = [*alphabet, *marks, *pieces, joined]
    kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(marks)
    kinds += [gguf.TokenType.NORMAL] * (len(tokens) - len(kinds))

    writer = gguf.GGUFWriter(path, "llama")
    _write_shape(writer, len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{alphabet[ord(' ')]} {alphabet[ord(' ')]}"])
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)
    if knows_fim:
        for part, mark in FIM_MARKS.items():
            writer.add_uint32(f"tokenizer.ggml.{part}_token_id", tokens.index(mark))
    _write_weights(writer, _successors(tokens, pieces if knows_fim else []))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _byte_alphabet() -> list[str]:
    """Return the letter that stands for each byte in GPT-2's vocabularies: itself, where it can be seen."""
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) if byte in visible else chr(256 + hidden.index(byte)) for byte in range(256)]


def _successors(tokens: list[str], pieces: list[str]) -> np.ndarray:
    """Return for each token the one that follows it."""
    following = np.full(len(tokens), ord("a"))
    following[ord("a") : ord("z")] = np.arange(ord("b"), ord("z") + 1)
    if pieces:
        chain = [FIM_MARKS["middle"], *pieces, END]
        for token, then in itertools.pairwise(chain):
            following[tokens.index(token)] = tokens.index(then)
    return following


def _write_shape(writer: gguf.GGUFWriter, n_tokens: int) -> None:
    writer.add_name("tiny-successor")
    writer.add_context_length(32_768)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(n_tokens)
    writer.add_file_type(0)


def _write_weights(writer: gguf.GGUFWriter, following: np.ndarray) -> None:
    n_tokens = len(following)
    embedding = np.eye(n_tokens, _WIDTH, dtype=np.float32)
    output = np.zeros((n_tokens, _WIDTH), np.float32)
    for token, then in enumerate(following):
        output[then, token] = 3.0
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, np.float32))
    writer.add_tensor("output.weight", output)
    shapes = {
        **{f"attn_{part}": (_WIDTH, _WIDTH) for part in ("q", "k", "v", "output")},
        "ffn_gate": (_FEED_FORWARD, _WIDTH),
        "ffn_up": (_FEED_FORWARD, _WIDTH),
        "ffn_down": (_WIDTH, _FEED_FORWARD),
    }
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(_WIDTH, np.float32))
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros(shape, np.float32))
