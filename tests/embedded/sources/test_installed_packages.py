"""Installed packages of the active environment."""

from pathlib import Path

from fim_language_server.embedded.sources.installed_packages import package_folders


def environment(path: Path, packages: str = "lib/python3.12/site-packages") -> Path:
    (path / packages).mkdir(parents=True)
    return path


def test_the_active_environment_comes_before_the_workspaces_own(tmp_path: Path) -> None:
    """The first that has packages; on Windows they lie elsewhere."""
    active, own = environment(tmp_path / "active", "Lib/site-packages"), environment(tmp_path / "w" / ".venv")
    workspace = [str(tmp_path / "w")]
    assert package_folders(workspace, {"VIRTUAL_ENV": str(active)}) == [str(active / "Lib/site-packages")]
    assert package_folders(workspace, {"VIRTUAL_ENV": "/gone"}) == [str(own / "lib/python3.12/site-packages")]
    assert package_folders([], {}) == []
