r"""Files of Windows by their URIs, on any system: compared with `ntpath` and pathlib's PureWindowsPath.

One file is generated, and then spelled as clients, servers and Windows itself spell it: with drives and shares,
`\\?\` and `\\.\`, percent signs, slashes of both kinds, dots and blanks at ends of names, and names of streams.
"""

from __future__ import annotations

import ntpath
import sys
import warnings
from collections.abc import Callable
from pathlib import PureWindowsPath
from urllib.parse import quote

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.document_paths import (
    identity_of_uri,
    path_of_uri,
    places_of_uri,
    relative_path,
    relative_paths,
    windows_file,
)
from fim_language_server.core.patterns.gitignore import patterns_of
from fim_language_server.core.secrets.secret_files import secret_document_reason
from fim_language_server.core.values import Document

LETTERS = "abcXYZ019 _-#%&+,;=@~!'()[]{}^`$.éÄß中😀"


def is_plain(name: str) -> bool:
    """Is this a name that Windows keeps as it is?"""
    return bool(name.strip(". ")) and name == name.rstrip(". ")


names = st.text(LETTERS, min_size=1, max_size=9).filter(is_plain) | st.sampled_from(
    [".git", "PROGRA~1", "a.b.py", "ü b"]
)


@frozen
class File:
    """A file: its root (`C:` or a host and a share) and its names."""

    root: str
    names: tuple[str, ...]

    @property
    def is_share(self) -> bool:
        """Is the root a share?"""
        return self.root.startswith("\\\\")

    @property
    def path(self) -> str:
        """The path with backslashes."""
        return "\\".join((self.root, *self.names))


drives = st.sampled_from(["C:", "c:", "Z:", "d:"])
shares = st.sampled_from(
    ["\\\\server\\share", "\\\\SRV.example\\c$", "\\\\wsl.localhost\\Ubuntu", "\\\\10.0.0.7\\My Docs"]
)
files = st.builds(File, drives | shares, st.lists(names, min_size=1, max_size=5).map(tuple))


def percent(text: str, safe: str = "/") -> str:
    return quote(text, safe=safe)


def uri_of(file: File, safe: str = "/") -> str:
    path = percent(file.path.replace("\\", "/"), safe)
    return f"file:{path}" if file.is_share else f"file:///{path}"


SPELLINGS: dict[str, Callable[[File], str]] = {
    "pathlib": lambda file: PureWindowsPath(file.path).as_uri(),
    "vscode": lambda file: uri_of(file if file.is_share else File(file.root.lower(), file.names)),  # file:///c%3A/…
    "colon kept": lambda file: uri_of(file, "/:"),
    "upper scheme": lambda file: uri_of(file).replace("file:", "FILE:"),
    "backslashes in the URI": lambda file: "file:///" + percent(file.path, "\\:"),
    "escaped backslashes": lambda file: "file:///" + percent(file.path, ""),
    "two slashes": lambda file: uri_of(file, "/:").replace(":///", "://"),
    "one slash": lambda file: uri_of(file, "/:").replace(":///", ":/"),
    "localhost": lambda file: uri_of(file) if file.is_share else uri_of(file).replace("///", "//localhost/"),
    "bar": lambda file: uri_of(file) if file.is_share else f"file:///{file.root[0]}|" + uri_of(file, "/:")[10:],
    "long": lambda file: "file:" + percent(long_path(file).replace("\\", "/")),
    "long by pathlib": lambda file: PureWindowsPath(long_path(file)).as_uri(),
    "long escaped": lambda file: "file:///" + percent(long_path(file), ""),
    "device": lambda file: "file:///" + percent(long_path(file).replace("?", ".", 1), ""),
    "dots at ends": lambda file: uri_of(File(file.root, tuple(f"{name}. ." for name in file.names))),
    "streams": lambda file: uri_of(File(file.root, (*file.names[:-1], f"{file.names[-1]}:x:$DATA"))),
    "folders' streams": lambda file: uri_of(File(file.root, tuple(f"{name}:$I30:$INDEX" for name in file.names))),
    "dot segments": lambda file: uri_of(File(file.root, (".", "x", "..", *file.names))),
    "above the root": lambda file: uri_of(File(file.root, ("..", "..", *file.names))),
    "slashes doubled": lambda file: uri_of(File(file.root, tuple(f"{name}//" for name in file.names))).rstrip("/"),
    "path": lambda file: file.path,
    "path with slashes": lambda file: file.path if file.is_share else file.path.replace("\\", "/"),
    "long path": lambda file: long_path(file),
    "device path": lambda file: long_path(file).replace("?", ".", 1),
}  # fmt: skip


def long_path(file: File) -> str:
    r"""Return the path behind `\\?\`, which switches the length's limit off."""
    return f"\\\\?\\UNC{file.path[1:]}" if file.is_share else f"\\\\?\\{file.path}"


def expected(file: File) -> str:
    """Return the one spelling of this server: slashes, and the drive's or the host's letters small."""
    root = file.root.lower() if not file.is_share else "//" + "/".join(
        [file.root.split("\\")[2].lower(), *file.root.split("\\")[3:]]
    )  # fmt: skip
    return "/".join((root, *file.names))


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(files)
def test_a_file_has_one_path_however_it_is_spelled(spelling: str, file: File) -> None:
    uri = SPELLINGS[spelling](file)
    path = path_of_uri(uri)
    assert path == expected(file), uri
    assert ntpath.normcase(ntpath.normpath(path)) == ntpath.normcase(ntpath.normpath(file.path))
    assert identity_of_uri(uri) == identity_of_uri(uri_of(File(file.root.upper(), file.names))), uri
    assert path in places_of_uri(uri)


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(files)
def test_a_file_is_found_in_its_folder_however_both_are_spelled(spelling: str, file: File) -> None:
    r"""A folder is a path of the system: with backslashes, from the command line also behind `\\?\`, in any case."""
    path = path_of_uri(SPELLINGS[spelling](file))
    inner = file.names[-1]
    for root in (File(file.root, file.names[:-1]), File(file.root.swapcase(), file.names[:-1])):
        for folder in (root.path, root.path + "\\", root.path.replace("\\", "/"), long_path(root)):
            assert relative_path(path, [folder]) == inner
            assert relative_paths(path, [folder, folder + "x"]) == [inner]


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(drives | shares, st.sampled_from([".env", "id_rsa", "server.pem", ".npmrc", "ID_RSA", ".Env.Local"]))
def test_a_secret_is_one_however_it_is_spelled(spelling: str, root: str, name: str) -> None:
    uri = SPELLINGS[spelling](File(root, ("w", name)))
    assert secret_document_reason(Document(uri, "plaintext")) is not None, uri


@given(files)
def test_the_excluder_sees_slashes_and_no_case(file: File) -> None:
    """A pattern of `trigger.exclude` is written with slashes, whatever the client writes."""
    patterns = patterns_of(("Generated/",), ignore_case=True)
    inside = File(file.root, ("w", "gEnErated", *file.names))
    for spell in SPELLINGS.values():
        assert patterns.hides(relative_path(path_of_uri(spell(inside)), [f"{file.root}\\w"]))


@given(files)
def test_the_path_for_windows_functions_is_absolute_and_the_files(file: File) -> None:
    shown = windows_file(path_of_uri(uri_of(file)))
    assert shown is not None
    assert PureWindowsPath(shown).is_absolute()
    assert PureWindowsPath(shown) == PureWindowsPath(file.path)
    assert ntpath.normpath(shown) == shown


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A", "c:\\"),  # the workspace is a drive
        ("file:///C:/", "c:\\"),
        ("file://server/share", "\\\\server\\share"),
        ("file://server", None),
        ("file:///a/b.py", None),  # without a drive it would be on that of the current folder
        ("file:///c:a.py", None),  # in the current folder of the drive
        ("C:a.py", None),
        ("file:///%5C%5C%3F%5CVolume%7B0af%7D%5Ca.py", None),
        ("file:///c:/a%00b", None),
        ("file:///c:/a%0Ab", None),
        ("file:///c:/what%3F", None),
        ("file:///c:/a%7Cb", None),
        ("file:///c:/" + "中" * 255, "c:\\" + "中" * 255),  # 765 bytes in UTF-8
        ("file:///c:/" + "a" * 256, None),
        ("file:///c:/" + "😀" * 128, None),  # 256 units of UTF-16
        ("file:///c:/" + "a/" * 40_000, None),
        ("untitled:Untitled-1", None),
        ("", None),
    ],
)
def test_what_no_file_of_windows_can_be_has_no_path(uri: str, path: str | None) -> None:
    assert windows_file(path_of_uri(uri)) == path


DEVICES = ["CON", "nul", "Aux", "PRN", "COM1", "lpt9", "COM¹", "CONIN$", "conout$"]


def is_reserved(path: str) -> bool:
    """Ask Python, whose newer versions have another function for it."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return PureWindowsPath(path).is_reserved()


@given(st.sampled_from(DEVICES), st.sampled_from(["", ".txt", ".py", ".tar.gz", " .c", ".", " ", ":x"]))
def test_a_device_is_never_opened_as_a_file(name: str, end: str) -> None:
    r"""`c:\w\nul.txt` is the null device, `com1.py` a serial port; `console.py` and `nullable.c` are files."""
    assert is_reserved(f"c:\\w\\{name}{end}")
    assert windows_file(path_of_uri(f"file:///c:/w/{name}{percent(end)}")) is None
    assert windows_file(path_of_uri(f"file:///c:/{name}{percent(end)}/a.py")) is None
    assert windows_file(path_of_uri(f"file:///c:/w/x{name}.py")) is not None
    assert windows_file(path_of_uri(f"file:///c:/w/{name}x.py")) is not None


@given(st.text("CONulpAXcomlt019 .:$¹", max_size=8))
def test_names_of_devices_are_those_that_python_knows(name: str) -> None:
    shown = windows_file(f"c:/w/{name}") if name.strip(". ") and ":" not in name else None
    if shown is not None:
        # COM0 and LPT0 are named by some versions of Microsoft's page.
        assert not is_reserved(shown.rstrip(". ")), name


@given(st.text(st.characters(categories=None), max_size=40) | st.text("\\/?.:|UNCunc%c$ ", max_size=30))
def test_no_text_raises(text: str) -> None:
    for uri in (text, f"file://{text}", f"file:///{text}", f"file:///c:/{text}", f"\\\\{text}", f"\\\\?\\{text}"):
        shown = windows_file(path_of_uri(uri))
        assert shown is None or PureWindowsPath(shown).is_absolute()
        assert shown is None or ".." not in shown.split("\\")
        relative_paths(path_of_uri(uri), [text, "c:\\w"])
