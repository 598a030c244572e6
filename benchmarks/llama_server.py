"""llama.cpp's own server in a process of its own, on a free port of loopback.

`python -m benchmarks.llama_server MODEL.gguf --context 4096` prints its URL and serves until it is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
READY = "READY "


@contextlib.contextmanager
def llama_server(
    model: Path, *, context: int = 32_768, key: str = "", slots: int = 1, threads: int = 1
) -> Iterator[str]:
    """Run the server for a while; gives its URL, such as `http://127.0.0.1:40123`."""
    words = [sys.executable, "-m", "benchmarks.llama_server", str(model), "--context", str(context), "--key", key]
    words += ["--slots", str(slots), "--threads", str(threads)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = next((line for line in process.stdout if line.startswith(READY)), None)
            assert url is not None, f"the server ended with status {process.wait()} before it was ready"
            # What it writes later must be read, or it would wait for ever to write more.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield url.removeprefix(READY).strip()
        finally:
            process.kill()


def main() -> None:
    """Serve until standard input ends: with the test that wanted it, however that ends."""
    import xllamacpp  # type: ignore[import-untyped]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a GGUF file")
    parser.add_argument("--context", type=int, default=32_768, help="tokens of context")
    parser.add_argument("--key", default="", help="the API key to insist on")
    parser.add_argument(
        "--slots", type=int, default=1, help="prompts that are worked on at a time; they share the context"
    )
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = arguments.model
    parameters.n_ctx = arguments.context
    parameters.n_parallel = arguments.slots
    parameters.port = 0
    parameters.endpoint_slots = True
    parameters.warmup = False
    parameters.cpuparams.n_threads = arguments.threads
    parameters.cpuparams_batch.n_threads = arguments.threads
    if arguments.key:
        parameters.api_keys = [arguments.key]
    server = xllamacpp.Server(parameters)
    print(READY + server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
