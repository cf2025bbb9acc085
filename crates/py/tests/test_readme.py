"""Every block of Python in the README runs, on the real stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
TEXT = (CHECKOUT / "README.md").read_text()
BLOCKS = re.findall(r"^```python([^\n]*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
# The word after `python` says what a block needs where that is not boto3.
OF_BOTO3, OF_AIO, OF_STORAGE = (
    [block for words, block in BLOCKS if words.strip() == needed] for needed in ("", "aio", "storage")
)


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


@pytest.mark.storage
@pytest.mark.parametrize("block", OF_STORAGE)
def test_a_block_of_obstore_or_polars_runs(orders: str, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    runs(block)


def test_every_block_says_what_it_needs() -> None:
    assert len(OF_BOTO3) + len(OF_AIO) + len(OF_STORAGE) == len(BLOCKS)


def test_the_wheel_alone_in_a_fresh_environment_runs_what_needs_no_boto3(orders: str, tmp_path: Path) -> None:
    python = fresh_environment(tmp_path)
    installs(python, os.environ["LEASEKEY_PY_WHEEL"])
    for block in OF_BOTO3:
        if "boto3" not in block and "Session" not in block:
            subprocess.run([python, "-c", block], check=True, timeout=60, env=alone())
    version = subprocess.run([python.parent / "leasekey", "--version"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith("leasekey ")


# As the wheel was built whose tests run: nothing is compiled twice.
BUILT = ["--no-build-isolation", "--config-settings", "maturin.build-args=--profile dev --features test-util"]


@pytest.mark.parametrize("what", ["wheel", "checkout"])
def test_what_pip_installs_runs_the_readme(orders: str, tmp_path: Path, what: str) -> None:
    python = fresh_environment(tmp_path)
    # boto3 and maturin are those of this environment: nothing is fetched.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(python.parents[1])}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    installs(python, *BUILT, f"{os.environ['LEASEKEY_PY_WHEEL'] if what == 'wheel' else CHECKOUT}[boto3]")
    for block in OF_BOTO3:
        done = subprocess.run([python, "-c", block], timeout=60, env=alone(), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block


def fresh_environment(tmp_path: Path) -> Path:
    """Python of a new environment, in which there is nothing."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "fresh"], check=True, timeout=60)
    return tmp_path / "fresh/bin/python3"


def installs(python: Path, *what: str) -> None:
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    subprocess.run([*pip, *what], check=True, timeout=600, env=alone())


def alone() -> dict[str, str]:
    """The environment without the wheel, and with the programs that these tests came with."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": programs}
