"""What nobody waits for is not loaded before the reply to `initialize`."""

import subprocess
import sys

LOADED = """
import sys
import fim_language_server.cli, fim_language_server.cli.serve
import fim_language_server.lsp.server, fim_language_server.lsp.wire.stdio, fim_language_server.lsp.network.tcp
print(*sorted({"pydantic", "aiohttp", "cachetools", "numpy", "rich"} & set(sys.modules)))
"""


def test_serving_loads_nothing_heavy_at_first() -> None:
    result = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
