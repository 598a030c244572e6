"""A model with fewer layers: a GGUF file that names and holds the kept tensors, each with its own bytes."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from benchmarks.thin_model import write_thin


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def gguf(tensors: dict[bytes, bytes], layers: int) -> bytes:
    """Return a file with pairs of several types, and one-dimensional tensors of F32."""
    pairs = [
        text(b"general.name") + struct.pack("<I", 8) + text(b"m"),
        text(b"llama.block_count") + struct.pack("<II", 4, layers),
        text(b"tokens") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"bc"),
        text(b"scores") + struct.pack("<IIQ", 9, 6, 2) + struct.pack("<ff", 1, 2),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs)
    data = b""
    for name, value in tensors.items():
        head += text(name) + struct.pack("<IQIQ", 1, len(value) // 4, 0, len(data))
        data += value + b"\0" * (-len(value) % 32)
    return head + b"\0" * (-len(head) % 32) + data


TENSORS = {
    b"token_embd.weight": b"eeee" * 5,
    b"blk.0.a": b"0000" * 8,
    b"blk.1.a": b"1111" * 3,
    b"blk.10.a": b"xxxx" * 9,
    b"output_norm.weight": b"nnnn",
}


@pytest.mark.parametrize("layers", [1, 2])
def test_only_the_first_layers_are_kept(tmp_path: Path, layers: int) -> None:
    """The result is what a writer of a smaller model would have written."""
    model, target = tmp_path / "m.gguf", tmp_path / "t.gguf"
    model.write_bytes(gguf(TENSORS, 11))
    write_thin(model, target, layers)
    left = {name: value for name, value in TENSORS.items() if name not in (b"blk.10.a", b"blk.1.a")[: 3 - layers]}
    assert target.read_bytes() == gguf(left, layers)


def test_another_format_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF" + struct.pack("<I", 2) + b"\0" * 16)
    with pytest.raises(ValueError, match="no GGUF file of version 3"):
        write_thin(model, tmp_path / "t.gguf", 1)
