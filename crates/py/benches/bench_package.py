"""What the package weighs: on the disk, and at its import."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from conftest import Rows

IMPORTS = 31

# From within: starting Python is not ours.
IMPORT = """
import sys, time
began = time.perf_counter()
import leasekey
took = time.perf_counter() - began
print(took * 1000, len({"aiobotocore", "boto3", "botocore"} & set(sys.modules)))
"""


def bench_import(rows: Rows) -> None:
    line = [sys.executable, "-c", IMPORT]
    runs = (subprocess.run(line, check=True, capture_output=True, text=True).stdout.split() for _ in range(IMPORTS))
    told = [(float(took), int(brought)) for took, brought in runs]
    took, brought = statistics.median(one for one, _ in told), sum(one for _, one in told)
    rows.alone("import", took, "ms", "<= 15 ms", took <= 15)
    rows.alone("import_boto3", brought, "imports", "= 0", brought == 0)


def bench_wheel(rows: Rows) -> None:
    size = Path(os.environ["LEASEKEY_PY_WHEEL"]).stat().st_size / 1e6
    rows.alone("wheel", size, "MB", "<= 8 MB", size <= 8)
