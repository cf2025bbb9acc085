"""Every block of Python in the README runs, on the real stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```python([^\n]*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
OF_BOTO3 = [block for words, block in BLOCKS if "aio" not in words]
OF_AIO = [block for words, block in BLOCKS if "aio" in words]


def runs(block: str, python: str = sys.executable) -> None:
    done = subprocess.run([python, "-c", block], timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("block", OF_BOTO3)
def test_a_block_runs(orders: str, block: str) -> None:
    runs(block)


@pytest.mark.aio
@pytest.mark.parametrize("block", OF_AIO)
def test_a_block_of_aiobotocore_runs(orders: str, block: str) -> None:
    runs(block)


def test_the_wheel_alone_in_a_fresh_environment_runs_what_needs_no_boto3(orders: str, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", fresh], check=True, timeout=60)
    python = str(fresh / "bin/python3")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    subprocess.run([*pip, os.environ["LEASEKEY_PY_WHEEL"]], check=True, timeout=60, env=without_path())
    for block in OF_BOTO3:
        if "boto3" not in block and "Session" not in block:
            subprocess.run([python, "-c", block], check=True, timeout=60, env=without_path())
    version = subprocess.run([fresh / "bin/leasekey", "--version"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith("leasekey ")


def without_path() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
