"""What the benches share: the rows that they find, as benches/result.schema.json says, and the table of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import leasekey
import pytest
from leasekey import VaultCredentialsProvider


class Rows:
    """Figures, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def alone(self, name: str, value: float, unit: str, target: str, met: bool) -> None:
        """A figure without a peer."""
        row = {"name": f"python/{name}", "value": value, "unit": unit}
        self.found.append(row | {"peer": None, "peer_value": None, "ratio": None, "target": target, "met": met})

    def beside(self, name: str, value: float, unit: str, peer: tuple[str, float], ratio: float, target: str, met: bool) -> None:
        """A figure and its peer's."""
        self.alone(name, value, unit, target, met)
        self.found[-1] |= {"peer": peer[0], "peer_value": peer[1], "ratio": ratio}


ROWS = pytest.StashKey[Rows]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rows", type=Path, help="the file that the rows are written to")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = Rows()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash[ROWS].found
    for row in found:
        peer = "" if row["peer"] is None else f"  {row['peer']} {row['peer_value']:.1f}, ratio {row['ratio']:.4f}"
        met = "yes" if row["met"] else "NO"
        line = f"{row['name']:24} {row['value']:10.2f} {row['unit']:7} {row['target']:32} {met}{peer}"
        terminalreporter.write_line(line)
    file = config.getoption("--rows")
    if file is not None:
        file.write_text(json.dumps(found, indent=2) + "\n")


@pytest.fixture(scope="session")
def rows(pytestconfig: pytest.Config) -> Rows:
    """Where the figures go."""
    return pytestconfig.stash[ROWS]


@pytest.fixture
def vault() -> Iterator[VaultCredentialsProvider]:
    """A provider on the real stack, with its first set in hand."""
    with leasekey.credentials(role="orders", ttl="15m") as provider:
        provider.get()
        yield provider
