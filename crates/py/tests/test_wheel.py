"""The wheel: one for all CPythons from 3.10 on, with all that it needs and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser

import pytest


@pytest.fixture
def wheel() -> str:
    return os.environ["LEASEKEY_PY_WHEEL"]


def test_the_wheel_keeps_to_the_stable_abi(wheel: str) -> None:
    assert "-cp310-abi3-" in wheel
    subprocess.run([sys.executable, "-m", "abi3audit", "--strict", wheel], check=True, timeout=120)


def test_the_wheel_is_typed_and_requires_nothing(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        told = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(packed.read(told).decode())
    assert {"leasekey/py.typed", "leasekey/_native.pyi", "leasekey/_native.abi3.so"} <= set(names)
    assert all("extra ==" in requirement for requirement in metadata.get_all("Requires-Dist", []))
    assert set(metadata.get_all("Provides-Extra", [])) == {"aio", "boto3"}
