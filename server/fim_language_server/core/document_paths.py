"""File paths of documents, from URIs of any scheme and spelling.

An unsaved document with a name (`untitled:/w/.env`), a notebook's cell, a file as it was at a commit (`git:/w/.env?…`)
and a file by way of a host, a drive's letter or percent signs are all judged as the file at their path. `path_of_uri`
is that path, `places_of_uri` every path that the URI may mean, and `identity_of_uri` what two spellings share.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from attrs import frozen

FOLDS_CASE: Final = sys.platform in ("win32", "darwin")
"""Do this system's files have one name in upper and in lower case?"""

_LONGEST_KEPT: Final = 1_000
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):")
"""One letter is no scheme but a drive."""
_DRIVE: Final = re.compile(r"/*([A-Za-z])[:|](?=[/\\]|\Z)")
_DEVICE: Final = re.compile(r"[/\\]{2,}[?.][/\\]+(?:(UNC)[/\\]+)?", re.IGNORECASE)
_SHARE: Final = re.compile(r"[/\\]{2,}(?=[^/\\])" if sys.platform == "win32" else r"/*\\\\+(?=[^/\\])")
"""Elsewhere two slashes are one, and only two backslashes begin a share: no path has a root without a drive there."""
_UNNAMED: Final = re.compile(r"untitled[-_ ]?\d*", re.IGNORECASE)
_THIS_HOST: Final = frozenset({"", "localhost", "127.0.0.1"})
_NO_HOST: Final = frozenset({"?", "."})
r"""The "host" of `file://%3F/C%3A/w`: pathlib's URI of `\\?\C:\w`."""
_NOT_IN_NAMES: Final = re.compile(r'[\0-\x1f<>:"|?*\\]')
_DEVICE_NAME: Final = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_LONGEST_NAME_ON_WINDOWS, _LONGEST_ON_WINDOWS = 2 * 255, 2 * 32_767
"""Bytes in UTF-16."""
_BETWEEN_WORDS: Final = re.compile(r"[\s\"'&=?#,;{}\[\]<>|]+")
_SLASH: Final = re.compile(r"[/\\]")
_MOST_WORDS: Final = 64
_MOST_DECODINGS: Final = 3
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@frozen
class _Address:
    """A URI's parts. `path` is decoded; `more` is what stands behind it, decoded as well."""

    scheme: str
    host: str
    path: str
    more: str


def path_of_uri(uri: str) -> str:
    """Return the path of the file that a document is, with "/" as separator; "" for one without a name.

    It is absolute where the URI tells an absolute one. Dot segments are gone, a drive's letter is lower, and a share is
    `//host/share`. Bytes that are no UTF-8 are lone surrogates, as `os.fsdecode` has them.
    """
    return _kept_path(uri) if len(uri) <= _LONGEST_KEPT else _path(uri)


def path_of_system(path: str) -> str:
    r"""Return a path of the system as `path_of_uri` spells it: Windows has `C:\a` or `\\?\C:\a` for `c:/a`."""
    return path_of_uri(path) if is_windows_path(path.replace("\\", "/")) else path


def places_of_uri(uri: str) -> tuple[str, ...]:
    """Return each path that a URI may mean, the likeliest first: judging a document is judging all of them.

    Clients leave "#" and "?" in names as they are, encode twice, or name the file in the query.
    """
    return _kept_places(uri) if len(uri) <= _LONGEST_KEPT else _places(uri)


def identity_of_uri(uri: str) -> str:
    """Return a text that the spellings of one document's URI share: of a file, the path as its system compares it."""
    address = _read(uri)
    path = unicodedata.normalize("NFC", path_of_uri(uri) or address.path)
    if FOLDS_CASE or is_windows_path(path):
        path = path.casefold()
    if address.scheme in ("", "file"):
        return f"file:{path}{address.more}"
    return f"{address.scheme}://{address.host}{path}{address.more}"


def is_windows_path(path: str) -> bool:
    """Say whether a path begins with a drive's letter or a share's host, so that case does not count in it."""
    return path[1:2] == ":" or path.startswith("//")


def windows_file(path: str) -> str | None:
    r"""Return a path of `path_of_uri` as Windows' functions take it; None where no file of Windows can have it.

    It begins with a drive or a share. A name has at most 255 UTF-16 units, and is that of no device (`CON`, `nul.txt`),
    which would be opened instead (Microsoft, "Naming Files, Paths, and Namespaces").
    """
    root, *names = path.lstrip("/").split("/")
    if path[1:2] == ":" and root == path[:2] and root[0].isalpha():
        shown = "\\".join((root, *(names or [""])))
    elif path.startswith("//") and root and names:
        shown = "\\\\" + "\\".join((root, *names))
    else:
        return None
    is_short = len(shown.encode("utf-16-le", "surrogatepass")) <= _LONGEST_ON_WINDOWS
    return shown if is_short and all(map(_is_windows_name, names)) else None


def relative_path(path: str, folders: Iterable[str]) -> str:
    """Return a file's path in the workspace folder that holds it, the innermost one, with "/" as separator.

    A file outside of all folders is called by its folder and name: enough to recognise it, and no home directory is
    told to a provider. The text can be encoded as UTF-8.
    """
    inside = relative_paths(path, folders)
    shown = min(inside, key=len) if inside else "/".join([part for part in path.split("/") if part][-2:])
    return shown if shown.isascii() else _SURROGATE.sub("\ufffd", shown)


def relative_paths(path: str, folders: Iterable[str]) -> list[str]:
    """Return a file's path in each of the workspace folders that hold it."""
    compared = as_compared(path)
    found = []
    for folder in folders:
        root = path_of_uri(folder.replace("/", "\\")) if is_windows_path(folder.replace("\\", "/")) else folder
        root = as_compared(root.rstrip("/")) + "/"
        if compared.startswith(root):
            # Normalising may have changed lengths: the path's own end has as many parts as the compared one's.
            depth = compared[len(root) :].count("/") + 1
            found.append("/".join(path.split("/")[-depth:]))
    return found


def as_compared(path: str) -> str:
    """Return a path as its system compares it with others."""
    if not path.isascii():
        path = unicodedata.normalize("NFC", path)
    return path.casefold() if FOLDS_CASE or is_windows_path(path) else path


def _read(uri: str) -> _Address:
    match = _SCHEME.match(uri)
    if match is None:
        return _Address("", "", uri, "")  # A plain path has no query, and its percent signs are its own.
    scheme, rest = match[1].lower(), uri[match.end() :]
    end = min((place for mark in "?#" if (place := rest.find(mark)) >= 0), default=len(rest))
    rest, more = rest[:end], rest[end:]
    host = ""
    if rest.startswith("//"):
        begin = _SLASH.search(rest, 2)
        end = begin.start() if begin else len(rest)
        host, rest = rest[2:end], rest[end:]
        if re.fullmatch(r"[A-Za-z](?::|\||%3A)", host, re.IGNORECASE):
            host, rest = "", f"{host}{rest}"
        elif _decode(host) in _NO_HOST:
            host, rest = "", f"//{host}{rest}"
    return _Address(scheme, _decode(host).lower(), _decode(rest), _decode(more))


def _decode(text: str) -> str:
    return unquote(text, errors="surrogateescape") if "%" in text else text


def _path(uri: str) -> str:
    address = _read(uri)
    path = address.path
    if address.scheme == "untitled" and _UNNAMED.fullmatch(path):
        return ""
    is_share = address.scheme == "file" and address.host not in _THIS_HOST
    if device := _DEVICE.match(path):
        path = ("\\\\" if device[1] else "/") + path[device.end() :].replace("\\", "/")
    if drive := _DRIVE.match(path):
        path = f"{drive[1].lower()}:{path[drive.end() :]}".replace("\\", "/")
        is_share = False
    elif share := _SHARE.match(path):
        path, is_share = path[share.end() :].replace("\\", "/"), True
    elif is_share:
        path = address.host + path.replace("\\", "/")
    root = 1 if drive else 2 if is_share else 0
    parts = _without_dots(path, root)
    if is_share:
        parts[:1] = [part.lower() for part in parts[:1]]
    if drive or is_share:
        parts = [_as_windows_has_it(part) if place else part for place, part in enumerate(parts)]
    begin = "//" if is_share else "/" if path.startswith("/") else ""
    return begin + "/".join(parts) if parts else ""


_kept_path: Final = lru_cache(maxsize=1_024)(_path)


def _without_dots(path: str, root: int) -> list[str]:
    """Return the names of a path without "." and ".."; the first `root` of them have no folder above."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[max(root, len(parts) - 1) :]
        elif part not in ("", "."):
            parts.append(part)
    return parts


def _is_windows_name(name: str) -> bool:
    is_short = len(name.encode("utf-16-le", "surrogatepass")) <= _LONGEST_NAME_ON_WINDOWS
    return is_short and not _NOT_IN_NAMES.search(name) and not _DEVICE_NAME.match(name)


def _as_windows_has_it(name: str) -> str:
    """Return a name without what Windows drops: dots and blanks at its end, and the name of a stream."""
    return name.partition(":")[0].rstrip(". ") or name


def _places(uri: str) -> tuple[str, ...]:
    address, path = _read(uri), path_of_uri(uri)
    if address.scheme == "untitled" and not path and not address.host:
        return ()
    found = [path, *_decodings(address.path)]
    if address.scheme == "file":
        found += [address.path + more for more in _decodings(address.more) if "/" in more or "\\" in more]
    else:
        found += [f"{host}/{address.path}" for host in _decodings(address.host) if host]
        words = [word for more in _decodings(address.more) for word in _BETWEEN_WORDS.split(more, _MOST_WORDS)]
        found += [word for word in words if "." in word or "/" in word]
    return tuple(dict.fromkeys(place for place in found if place.strip("/")))


def _decodings(text: str) -> Iterator[str]:
    """Yield a text, and what it is where it was encoded more than once."""
    yield text
    for _ in range(_MOST_DECODINGS):
        if "%" not in text:
            return
        text = _decode(text)
        yield text


_kept_places: Final = lru_cache(maxsize=1_024)(_places)
