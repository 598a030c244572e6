"""A GGUF file with fewer layers than another: it says nothing of use, but reads prompts many times as fast.

For measurements of prompts, slots and caches on a machine without a GPU: tokens, context and what a server keeps are
those of the whole model. The format is GGUF 3 (ggml, docs/gguf.md).
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO, Final

from attrs import frozen

_ALIGNMENT: Final = 32
"""Bytes to which tensors are aligned, where the file does not say otherwise; SmolLM2's does not."""
_SIZES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_LAYERS: Final = b".block_count"


@frozen
class TensorInfo:
    """A tensor's name, the bytes between its name and its offset, and where its data stands."""

    name: bytes
    shape: bytes
    offset: int


def write_thin(model: Path, target: Path, layers: int) -> None:
    """Write `model` to `target` with its first `layers` layers alone. Raises ValueError for another format."""
    with model.open("rb") as source:
        if source.read(8) != b"GGUF" + struct.pack("<I", 3):
            raise ValueError(f"{model.name} is no GGUF file of version 3")
        n_tensors, n_pairs = struct.unpack("<QQ", source.read(16))
        pairs = b"".join(_pair(source, layers) for _ in range(n_pairs))
        tensors = [_tensor(source) for _ in range(n_tensors)]
        start = -(-source.tell() // _ALIGNMENT) * _ALIGNMENT
        ends = [*sorted(tensor.offset for tensor in tensors)[1:], model.stat().st_size - start]
        sizes = {offset: end - offset for offset, end in zip(sorted(t.offset for t in tensors), ends, strict=True)}
        kept = [tensor for tensor in tensors if _layer_of(tensor.name) < layers]
        with target.open("wb") as out:
            out.write(b"GGUF" + struct.pack("<IQQ", 3, len(kept), n_pairs) + pairs)
            offset = 0
            for tensor in kept:
                out.write(struct.pack("<Q", len(tensor.name)) + tensor.name + tensor.shape + struct.pack("<Q", offset))
                offset += -(-sizes[tensor.offset] // _ALIGNMENT) * _ALIGNMENT
            for tensor in kept:
                out.write(b"\0" * (-out.tell() % _ALIGNMENT))
                source.seek(start + tensor.offset)
                out.write(source.read(sizes[tensor.offset]))
            out.write(b"\0" * (-out.tell() % _ALIGNMENT))


def _layer_of(name: bytes) -> int:
    found = re.match(rb"blk\.(\d+)\.", name)
    return int(found[1]) if found else -1


def _text(source: BinaryIO) -> bytes:
    """Read a text, and return it with its length before it."""
    head = source.read(8)
    return head + source.read(struct.unpack("<Q", head)[0])


def _pair(source: BinaryIO, layers: int) -> bytes:
    key, head = _text(source), source.read(4)
    value = _value(source, struct.unpack("<I", head)[0])
    return key + head + (struct.pack("<I", layers) if key.endswith(_LAYERS) else value)


def _value(source: BinaryIO, kind: int) -> bytes:
    if kind == _STRING:
        return _text(source)
    if kind != _ARRAY:
        return source.read(_SIZES[kind])
    head = source.read(12)
    inner, count = struct.unpack("<IQ", head)
    if inner in _SIZES:
        return head + source.read(_SIZES[inner] * count)
    return head + b"".join(_value(source, inner) for _ in range(count))


def _tensor(source: BinaryIO) -> TensorInfo:
    name = _text(source)[8:]
    head = source.read(4)
    shape = head + source.read(8 * struct.unpack("<I", head)[0] + 4)
    return TensorInfo(name, shape, struct.unpack("<Q", source.read(8))[0])
