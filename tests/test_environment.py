"""The files that describe the environment agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from tests.books import ROOT

LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-test.lock"]
ALL_LOCKS = sorted(ROOT.glob("requirements*.lock"))


def locked(path: Path) -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", path.read_text(), re.MULTILINE)
    return {name.lower(): version for name, version in pins}


def direct_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[<>=]", line)[0].lower() for line in project["dependencies"]}


def conda_pins() -> dict[str, str]:
    """The pins of environment.yml, those under `pip` included."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    lines = [line for line in lines if isinstance(line, str)] + lines[-1]["pip"]
    pins = [line.replace("==", "=").split("=") for line in lines if ">" not in line]
    return {pin[0]: pin[1] for pin in pins if len(pin) == 2}


def test_environment_yml_pins_every_direct_dependency_as_the_lock_does() -> None:
    lock = locked(LOCKS[0])
    assert conda_pins() == {name: lock[name] for name in direct_dependencies()}


def test_conda_and_pip_accept_the_same_pythons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert f"python{project['requires-python']}" in lines


def test_the_test_lock_repeats_the_pins_of_the_lock() -> None:
    lock, test_lock = (locked(path) for path in LOCKS)
    assert {name: test_lock[name] for name in lock.keys() & test_lock.keys()} == {
        name: lock[name] for name in lock.keys() & test_lock.keys()
    }


def test_every_locked_package_has_a_hash() -> None:
    for path in ALL_LOCKS:
        entries = re.split(r"^(?=[A-Za-z0-9])", path.read_text(), flags=re.MULTILINE)
        without = [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry]
        assert without == []


def test_locks_name_no_index_and_no_local_path() -> None:
    for path in ALL_LOCKS:
        assert not re.search(r"://|--index|--extra-index|--find-links|^/|file:", path.read_text())


def test_frame_versions_are_the_required_ones() -> None:
    lock = locked(LOCKS[0])
    assert lock["jupyter-book"].startswith("1.")
    assert lock["papermill"].startswith("2.7")
    assert lock["seaborn"].startswith("0.13")
    assert lock["statsmodels"].startswith("0.15")


def test_the_installer_is_locked_alone() -> None:
    assert set(locked(ROOT / "requirements-uv.lock")) == {"uv"}
    assert len(ALL_LOCKS) == 4
