"""The refresh scenarios that every language runs, through the Python door."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenario

FILES = sorted((Path(__file__).parents[3] / "tests/scenarios/refresh").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    scenario.run(path)


def test_all_scenarios_are_found() -> None:
    assert len(FILES) >= 20
