"""Stubs that are true, and types that a strict checker accepts."""

from __future__ import annotations

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


def test_the_package_is_typed_and_its_users_are_served() -> None:
    assert (PACKAGE / "py.typed").is_file()
    checked("basedpyright", "--project", TESTS / "pyright.json")
