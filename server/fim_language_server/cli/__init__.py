"""The command `fim-language-server`: one file per command, imported when it is asked for.

Without a command it serves, because that is how editors start it. Each command's module has `add_arguments(parser)`
and `run(arguments) -> int`, the exit status.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from fim_language_server import __version__
from fim_language_server.cli.standard_streams import give_up_standard_error, open_missing, replace_unencodable

COMMANDS = {
    "serve": "speak LSP to an editor (the default)",
    "clean": "remove the kept indexes and statistics of this program from the machine",
    "complete": "complete at FILE:LINE:COL once and print the text",
    "check-privacy": "print exactly what would be sent at FILE[:LINE:COL], or why nothing is",
    "doctor": "check settings, key, network, endpoint and model, and say what to mend",
    "demo": "type held-out lines into a small project and watch the server complete them",
    "eval": "measure how good the completions are on your own code",
    "fim-server": "serve the embedded model by Mistral's own HTTP API, for other tools",
    "import-continue": "print the settings that do what a configuration of Continue does",
    "playground": "try it in a browser: an editor on a page, and why each key was answered as it was",
    "replay": "run a recorded session again, in virtual time, and say what differs",
    "schema": "print the JSON schema of the settings",
    "team": "prepare and check the server on which a team's machines share one limit",
    "stats": "print what completing has cost, and how it went: by day, provider or language",
}

EPILOG = """\
examples:
  fim-language-server                              what an editor starts: LSP over standard input and output
  fim-language-server --tcp 127.0.0.1:9257         the same for a client on a loopback port
  fim-language-server complete app/application.py:12:5         what would be offered at line 12, column 5?
  fim-language-server playground                   try it here, without an editor
  fim-language-server doctor                       why is there no ghost text?
  fim-language-server eval --history               would it have helped with your last commits?

exit status: 0 done; 1 it failed, or there is nothing to print; 2 misuse (an unknown option, no such file or
folder, a place that is none, settings that cannot be read); 130 after Ctrl-C

Without CODESTRAL_API_KEY or MISTRAL_API_KEY it completes from a model of the open workspace, with no network.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit status: 0 is fine, 1 failed, 2 misused."""
    open_missing()
    replace_unencodable()
    try:
        status = _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        # The reader of our output (`… | head`) has closed it, so no message would be seen.
        sys.stderr.close()
        status = 1
    finally:
        give_up_standard_error()
    sys.exit(status)


def _run(words: list[str]) -> int:
    command = words.pop(0) if words and words[0] in COMMANDS else "serve"
    if words and words[0] in {"-h", "--help"} and command == "serve":
        _overview().print_help()
        sys.exit(0)
    if words and command == "serve" and not words[0].startswith("-"):
        _overview().error(f"no such command: {words[0]} (choose from {', '.join(COMMANDS)})")
    module = importlib.import_module(f"fim_language_server.cli.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser(
        prog=f"fim-language-server {command}" if command != "serve" else "fim-language-server",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_version(parser)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words)))


def _overview() -> argparse.ArgumentParser:
    """Return the parser behind `--help`: the commands, the options of serving, and examples."""
    listing = "\n".join(f"  {name:<{max(map(len, COMMANDS)) + 2}}{summary}" for name, summary in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="fim-language-server",
        usage="fim-language-server [COMMAND] [OPTIONS]   (COMMAND --help tells more)",
        description=f"AI ghost text in every editor, from every FIM model.\n\ncommands:\n{listing}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_version(parser)
    importlib.import_module("fim_language_server.cli.serve").add_arguments(parser)
    return parser


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"fim-language-server {__version__}")
