"""Which files of a workspace are indexed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fim_language_server.core.document_paths import relative_paths
from fim_language_server.core.patterns.gitignore import Patterns
from fim_language_server.embedded.sources.git_ignored import LARGEST
from fim_language_server.embedded.sources.scanner import Scanner
from fim_language_server.embedded.sources.source_files import read_source


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")


def link_to(place: Path, target: Path) -> None:
    place.symlink_to(target, target_is_directory=True)


def names(root: Path, **options: object) -> list[str]:
    return sorted(file.name for file in Scanner([str(root)], **options).list_sources().files)  # type: ignore[arg-type]


def test_the_users_source_is_listed_and_nothing_else(tmp_path: Path) -> None:
    """No dependencies, build products, hidden directories, virtual environments, secrets, data or empty files."""
    write(tmp_path, "a.py", "src/b.ts", ".github/workflows/ci.yml", "deep/er/c.go")
    write(
        tmp_path, "node_modules/x.js", "dist/x.js", ".git/x.py", ".hidden/x.py", "__pycache__/x.py", "x.egg-info/x.txt"
    )
    write(tmp_path, "my-environment/pyvenv.cfg", "my-environment/lib/x.py", ".env", "id_rsa", "data.csv")
    write(tmp_path, "x.egg-info/x.txt", "p.min.js")
    (tmp_path / "empty.py").touch()
    assert names(tmp_path) == [".github/workflows/ci.yml", "a.py", "deep/er/c.go", "src/b.ts"]


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    """At each level; a file in an ignored directory cannot come back."""
    write(tmp_path, "a.py", "b.py", "out/c.py", "sub/d.py", "sub/e.py")
    (tmp_path / ".gitignore").write_text("b.py\nout/\n!out/c.py\n")
    (tmp_path / "sub" / ".gitignore").write_text("e.py\n")
    assert names(tmp_path) == ["a.py", "sub/d.py"]


def test_the_users_own_exclusions_hold_too(tmp_path: Path) -> None:
    """The patterns of the setting, for files and directories."""
    write(tmp_path, "a.py", "b.py", "private/c.py")
    assert names(tmp_path, exclude=["b.py", "private/"]) == ["a.py"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_lead_into_no_loop_and_to_no_ignored_file(tmp_path: Path) -> None:
    """No link is followed, as git follows none: neither in nor out of the workspace, to a file or to a directory."""
    workspace, outside = tmp_path / "w", tmp_path / "outside"
    write(workspace, "a.py", "hidden.py", "sub/b.py")
    write(outside, "c.py", "id_rsa", "folder/d.py")
    (workspace / "folder").symlink_to(outside / "folder")
    (workspace / "within.py").symlink_to(workspace / "sub" / "b.py")
    (workspace / ".gitignore").write_text("hidden.py\n")
    (workspace / "sub" / "loop").symlink_to(workspace)
    (workspace / "again.py").symlink_to(workspace / "hidden.py")
    (workspace / "linked.py").symlink_to(outside / "c.py")
    (workspace / "twice.py").symlink_to(outside / "c.py")
    (workspace / "key.py").symlink_to(outside / "id_rsa")
    (workspace / "broken.py").symlink_to(tmp_path / "nowhere")
    assert names(workspace) == ["a.py", "sub/b.py"]
    scanner = Scanner([str(workspace)])
    for name in ("again.py", "linked.py", "key.py", "within.py", "folder/d.py"):
        assert scanner.admit(str(workspace / name)) is None
    assert read_source(str(workspace / "within.py")) is None, "a link that was put in the place of a listed file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_not_files(tmp_path: Path) -> None:
    """Neither listed nor opened, not even as a .gitignore."""
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / ".gitignore")
    assert names(tmp_path) == ["a.py"]


def test_the_nearest_and_newest_come_first_and_prose_last(tmp_path: Path) -> None:
    """So a limit in bytes cuts off what matters least."""
    write(tmp_path, "x/near.py", "x/newer.py", "y/far.py", "x/README.md")
    for name, seconds in (("x/near.py", 100), ("x/newer.py", 200), ("y/far.py", 300), ("x/README.md", 400)):
        os.utime(tmp_path / name, (seconds, seconds))
    listing = Scanner([str(tmp_path)]).list_sources(near=str(tmp_path / "x"))
    assert [file.name for file in listing.files] == ["x/newer.py", "x/near.py", "y/far.py", "x/README.md"]
    newest_first = Scanner([str(tmp_path)]).list_sources()
    assert [file.name for file in newest_first.files] == ["y/far.py", "x/newer.py", "x/near.py", "x/README.md"]


def test_a_huge_tree_is_listed_in_part(tmp_path: Path) -> None:
    """The upper levels, and it says so; directories are no files."""
    write(tmp_path, *(f"{n}.py" for n in range(10)), *(f"deep/{n}.py" for n in range(10)))
    listing = Scanner([str(tmp_path)], most_files=12).list_sources()
    assert not listing.complete
    assert len(listing.files) == 12
    assert {f"{n}.py" for n in range(10)} < {file.name for file in listing.files}
    listing = Scanner([str(tmp_path)], most_files=20).list_sources()
    assert listing.complete
    assert len(listing.files) == 20


def test_a_tree_of_directories_ends_too(tmp_path: Path) -> None:
    """As many directories as files are looked into."""
    write(tmp_path, *(f"{n}/a.py" for n in range(10)))
    listing = Scanner([str(tmp_path)], most_files=9).list_sources()
    assert not listing.complete
    assert len(listing.files) == 9


def test_progress_is_told_while_files_are_looked_for(tmp_path: Path) -> None:
    """How many there were after each directory."""
    write(tmp_path, "a.py", "b.png", "x/c.py", "y/d.py")
    found: list[int] = []
    Scanner([str(tmp_path)], on_progress=found.append).list_sources()
    assert found == [2, 3, 4]


def test_directories_whose_gitignore_nobody_can_read_are_named(tmp_path: Path) -> None:
    """Nothing in them is listed, and the user must be able to find out why."""
    write(tmp_path, "a.py", "sub/b.py", "sub/deep/c.py")
    (tmp_path / "sub" / ".gitignore").write_text("#" * (LARGEST + 1))
    listing = Scanner([str(tmp_path)]).list_sources()
    assert [file.name for file in listing.files] == ["a.py"]
    assert list(listing.hidden) == [f"{tmp_path}/sub"]


def test_folders_inside_folders_are_walked_once(tmp_path: Path) -> None:
    """Two workspace folders may overlap; one that is gone has no files."""
    write(tmp_path, "a.py", "sub/b.py")
    listing = Scanner([str(tmp_path), f"{tmp_path}/sub", f"{tmp_path}/gone"]).list_sources()
    assert sorted(file.name for file in listing.files) == ["a.py", "sub/b.py"]


def test_one_file_is_admitted_just_as_it_is_listed(tmp_path: Path) -> None:
    """Files that change go by the same rules as the first listing."""
    write(tmp_path, "a.py", "b.py", "out/c.py", "node_modules/d.py", "sub/e.py", "sub/f.py", "g.png", "private/h.py")
    (tmp_path / ".gitignore").write_text("b.py\nout/\n")
    (tmp_path / "sub" / ".gitignore").write_text("f.py\n")
    scanner = Scanner([str(tmp_path)], exclude=["private/"])
    listed = {file.name for file in scanner.list_sources().files}
    everything = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    admitted = {name for name in everything if scanner.admit(str(tmp_path / name)) is not None}
    assert admitted == listed == {"a.py", "sub/e.py"}
    assert scanner.admit(str(tmp_path / "gone.py")) is None
    assert scanner.admit(str(tmp_path.parent / "outside.py")) is None


@pytest.mark.parametrize("pattern", ["/private", "/private/", "private/key.py", "/private/*.py", "sub/private/key.py"])
@pytest.mark.parametrize(
    "folders",
    [
        pytest.param([".", "sub"], id="nested"),
        pytest.param(["sub", ".", "sub"], id="nested, and twice"),
        pytest.param([".", "sub", "sub/private"], id="three, one in the other"),
        pytest.param([".", "link"], id="a link to an inner folder"),
        pytest.param(["link", "."], id="a link first"),
        pytest.param([".", "sub/../sub/"], id="a roundabout name"),
    ],
)
def test_a_pattern_is_compared_with_a_files_paths_in_all_folders(
    tmp_path: Path, folders: list[str], pattern: str
) -> None:
    """An anchored pattern of an inner folder also hides the file that is found from the outer one."""
    root = tmp_path / "w"
    write(root, "a.py", "sub/b.py", "sub/private/key.py", "sub/public/c.py")
    link_to(root / "link", root / "sub")
    scanner = Scanner([f"{root}/{folder}" for folder in folders], exclude=[pattern])
    listed = {file.path.removeprefix(f"{root.resolve().as_posix()}/") for file in scanner.list_sources().files}
    assert listed == {"a.py", "sub/b.py", "sub/public/c.py"}
    assert scanner.admit(str(root / "sub/private/key.py")) is None
    assert scanner.admit(str(root / "link/private/key.py")) is None
    assert scanner.admit(str(root / "link/public/c.py")) is not None


def test_a_pattern_may_name_a_folder_by_its_link(tmp_path: Path) -> None:
    """The user sees the folder at the link's place, in another folder, and writes the pattern by that."""
    write(tmp_path, "outer/a.py", "elsewhere/key.py", "elsewhere/b.py")
    link_to(tmp_path / "outer" / "inner", tmp_path / "elsewhere")
    scanner = Scanner([f"{tmp_path}/outer", f"{tmp_path}/outer/inner"], exclude=["/inner/key.py"])
    assert sorted(file.name for file in scanner.list_sources().files) == ["a.py", "b.py"]


def test_a_pattern_may_name_the_link_itself(tmp_path: Path) -> None:
    """Where the link leads into the same workspace, everything behind it goes by both names."""
    write(tmp_path, "top/a/b/k.py", "top/c.py")
    link_to(tmp_path / "top" / "link", tmp_path / "top" / "a")
    scanner = Scanner([f"{tmp_path}/top", f"{tmp_path}/top/link"], exclude=["link"])
    assert [file.name for file in scanner.list_sources().files] == ["c.py"]
    assert scanner.admit(str(tmp_path / "top" / "a" / "b" / "k.py")) is None


@given(
    roots=st.lists(st.sampled_from(["", "a", "a/b", "a/b/c", "b", "la", "lb"]), min_size=1, max_size=4),
    pattern=st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "/", "**/"]),
        st.sampled_from(["a", "b", "c", "a/b", "b/c", "k.py", "b/k.py", "c/k.py", "*/k.py", "la", "lb/k.py"]),
        st.sampled_from(["", "/"]),
    ),
)
def test_no_file_is_listed_that_would_be_excluded_if_it_were_open(
    tmp_path_factory: pytest.TempPathFactory, roots: list[str], pattern: str
) -> None:
    """The open document's paths in all folders are judged; so are those of a file that nobody opened."""
    top = tmp_path_factory.getbasetemp() / "overlapping"
    if not top.exists():
        write(top, "k.py", "a/k.py", "a/b/k.py", "a/b/c/k.py", "b/k.py")
        link_to(top / "la", top / "a")
        link_to(top / "lb", top / "a" / "b")
    folders = [f"{top}/{root}".rstrip("/") for root in roots]
    patterns = Patterns([pattern])
    for file in Scanner(folders, exclude=[pattern]).list_sources().files:
        assert not any(map(patterns.hides, relative_paths(file.path, folders)))
        for folder in folders:
            real = Path(folder).resolve().as_posix()
            if file.path.startswith(f"{real}/"):
                spelled = f"{folder}{file.path.removeprefix(real)}"
                assert not any(map(patterns.hides, relative_paths(spelled, folders))), spelled


def test_a_workspace_may_be_a_whole_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To Windows "C:" is the current folder of the drive, and "C:/" its root."""
    write(tmp_path, "a.py", "src/b.py")
    listed, real = [], os.scandir

    def scandir(path: str) -> object:
        listed.append(path)
        assert path.startswith("C:/")
        return real(path.replace("C:", str(tmp_path), 1))

    monkeypatch.setattr("os.path.realpath", lambda path: path)
    monkeypatch.setattr("os.scandir", scandir)
    assert names(Path("C:/")) == ["a.py", "src/b.py"]
    assert listed == ["C:/", "C:/src/"]
