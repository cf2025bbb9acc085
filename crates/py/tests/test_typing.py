"""Stubs that are true, and types that a strict checker accepts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import leasekey

PACKAGE = Path(leasekey.__file__).parent
TESTS = Path(__file__).parent


def checked(*words: object) -> None:
    line = [sys.executable, "-m", *map(str, words)]
    env = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
    done = subprocess.run(line, env=env, cwd=TESTS, timeout=300, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stubs_are_those_of_the_module_that_was_built(tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    # Of builds for tests alone, and what PyO3 adds to every module.
    allowed.write_text("leasekey._native.Stage\nleasekey._native.Provider.build\nleasekey._native.__all__\n")
    checked("mypy.stubtest", "leasekey._native", "--allowlist", allowed, "--ignore-unused-allowlist")


def test_the_package_passes_strict_checkers(tmp_path: Path) -> None:
    checked("mypy", "--strict", "--cache-dir", tmp_path, "--package", "leasekey")
    # What is private to the package is used all over it.
    ours = {"reportPrivateUsage": "none", "reportUnusedFunction": "none", "reportMissingModuleSource": "none"}
    config = {"include": [str(PACKAGE)], "typeCheckingMode": "strict", **ours}
    (tmp_path / "pyright.json").write_text(json.dumps(config))
    checked("basedpyright", "--pythonpath", sys.executable, "--project", tmp_path / "pyright.json")


def test_the_package_is_typed_and_its_users_are_served(tmp_path: Path) -> None:
    assert (PACKAGE / "py.typed").is_file()
    checked("mypy", "--strict", "--cache-dir", tmp_path, "typed.py")
    checked("basedpyright", "--pythonpath", sys.executable, "--project", TESTS / "pyright.json")
