"""The command line: `leasekey` and `python -m leasekey`."""

from __future__ import annotations

import signal
import sys

from leasekey import _native


def main() -> int:
    """Runs the command line of this process; its exit code."""
    # Ctrl-C and a closed pipe end it as they end any other command.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.main(["leasekey", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
