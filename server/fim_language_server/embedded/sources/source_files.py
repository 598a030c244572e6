"""Source files, told by their name, size and contents, and read without blocking or raising.

Source is text that people write: programs, markup, configuration. Data, lock files, minified and generated text are
no source, and neither are files with secrets, because the model repeats what it reads. Ignored files are left out by
`git_ignored`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from fnmatch import translate
from typing import Final

from fim_language_server.core.secrets import holds_token, reason_to_withhold, without_secret_lines
from fim_language_server.core.secrets.secret_files import is_secret_path
from fim_language_server.embedded.text.lexer import LONGEST_LINE, normalise_line_ends

LARGEST_FILE: Final = 1_000_000
"""Bytes above which a file is not read: people do not write files of this size."""

_EXTENSION_TABLE: Final = """
    ada adb ads asm astro awk bash bat bicep bzl c c++ cc cfg cjs clj cljc cljs cls cmake cmd coffee cpp cr cs cshtml
    css csx cts cu cuh cxx d dart dockerfile edn eex ejs el elm erb erl ex exs f f03 f08 f90 f95 fish for frag fs fsi
    fsx gd gleam glsl go gql gradle graphql groovy h h++ haml handlebars hbs hcl heex hh hlsl hpp hrl hs htm html hxx
    idr ini inl ino ipp jade java jl js jsx kt kts less lhs liquid lisp lua m makefile markdown md mdx metal mjs mk ml
    mli mm mts mustache nim nix odin pas php pl pm pp prisma properties proto ps1 psd1 psm1 pug purs pxd py pyi pyx r
    rake razor rb re rei rkt rs rst s sass sbt scala scm scss sh sol sql star styl sv svelte svh swift tcl tex tf
    thrift toml ts tsx twig txt v vala vb vert vhd vhdl vim vue wgsl xaml xsl xslt yaml yml zig zsh
"""
_EXTENSIONS: Final = frozenset(_EXTENSION_TABLE.split())

_PROSE: Final = frozenset({"md", "mdx", "rst", "txt", "tex", "htm", "html", "xaml"})

_NAME_TABLE: Final = """
    makefile gnumakefile dockerfile containerfile rakefile gemfile podfile vagrantfile jenkinsfile justfile brewfile
    procfile build workspace sconstruct sconscript meson.build
"""
_NAMES: Final = frozenset(_NAME_TABLE.split())
"""Names of source files that are not recognised by an extension."""

_NOT_WRITTEN: Final = re.compile(
    "|".join(
        map(
            translate,
            [
                *("*.min.js", "*.min.css", "*.bundle.js", "*.chunk.js", "*.map", "*.lock", "*-lock.*", "*.lock.*"),
                *("npm-shrinkwrap.json", "go.sum", "*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*.pb.go", "*.pb.h"),
                *("*.pb.cc", "*.g.dart", "*.freezed.dart", "*.generated.*", "*.designer.cs", "requirements*.txt"),
                *("license*.txt", "copying*.txt", "*.snap"),
            ],
        )
    )
)
"""Names of files that programs write, and of texts that are equal in every project."""

_GENERATED: Final = re.compile(r"@generated\b|\bCode generated\b.*\bDO NOT EDIT\b")
"""The marks that generators put into their files; Go's is a convention of `go generate`."""
_HEAD: Final = 2_000
_SNIFFED: Final = 8_192
_LONG_ON_AVERAGE: Final = 160
"""Average code points of a line above which a text is not written by people."""


def is_source_name(path: str) -> bool:
    """Return whether a path, by its last part, is one of source that people write, and of no file for secrets."""
    name = path[path.rfind("/") + 1 :].lower()
    stem, _, extension = name.rpartition(".")
    if not (name in _NAMES or (stem and extension in _EXTENSIONS)):
        return False
    return not _NOT_WRITTEN.match(name) and not is_secret_path(path)


def is_prose_name(path: str) -> bool:
    """Return whether a source file is prose rather than a program; programs are indexed first."""
    return path.rpartition(".")[2].lower() in _PROSE


def read_source(path: str) -> str | None:
    r"""Return the text of a source file with `\n` as line ends; None if it is no source, or cannot be read.

    A file that is a secret as a whole, or contains a service's token, is no source; of others, lines with secrets are
    left out. Only regular files are read, even if another file has replaced one since it was listed: no link is
    followed, and no pipe or device can block. At most LARGEST_FILE bytes are read.
    """
    data = read_regular_file(path, LARGEST_FILE, follow_link=False)
    if data is None or (text := decode(data)) is None:
        return None
    text = normalise_line_ends(text)
    if looks_generated(text) or reason_to_withhold(text) is not None or holds_token(text):
        return None
    return without_secret_lines(text)


def read_regular_file(path: str, limit: int, *, follow_link: bool = True) -> bytes | None:
    """Return a file's bytes; None if it is no regular file, is longer than `limit` bytes, or cannot be read.

    Without `follow_link` a link does not count as a regular file.
    """
    no_link = 0 if follow_link else getattr(os, "O_NOFOLLOW", 0)
    flags = (
        no_link | os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
    )
    try:
        if not (follow_link or no_link) and os.path.islink(path):  # noqa: PTH114 - text
            return None  # Windows has no flag for it.
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return None
    try:
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = file.read(limit + 1)
    except OSError:
        return None
    return data if len(data) <= limit else None


def decode(data: bytes) -> str | None:
    """Decode UTF-8, UTF-16 with a byte order mark, or Latin-1; return None for binary data."""
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        if b"\0" in data[:_SNIFFED]:
            return None
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1") if _is_text_like(data) else None


def looks_generated(text: str) -> bool:
    """Return whether a program wrote the text, by a generator's mark or by its long lines (minified code, data)."""
    if _GENERATED.search(text, 0, _HEAD):
        return True
    lines: Sequence[str] = [line for line in text.split("\n") if line]
    if not lines:
        return False
    in_long_lines = sum(len(line) for line in lines if len(line) > LONGEST_LINE)
    return len(text) > _LONG_ON_AVERAGE * len(lines) or in_long_lines > len(text) / 2


def _is_text_like(data: bytes) -> bool:
    """Return whether bytes that are no UTF-8 can be Latin-1: no control characters, and mostly ASCII."""
    head = data[:_SNIFFED]
    controls = sum((byte < 32 and byte not in b"\t\n\r\f") or byte == 127 for byte in head)
    return not controls and sum(byte >= 128 for byte in head) < 0.3 * len(head)
