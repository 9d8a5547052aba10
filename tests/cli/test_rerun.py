"""`claimbook run`: what it says of what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from claimbook.base.project import Project
from tests.conftest import claimbook


@pytest.mark.slow
def test_a_run_names_its_record_and_what_its_page_leaves_out(bees: Project, tmp_path: Path) -> None:
    lines = claimbook("run", "hives", "-o", str(tmp_path / "out"), cwd=bees.root).stdout.split("\n")
    for what, suffix in (("notebook", "ipynb"), ("page", "html"), ("record", "json")):
        assert f"{what}: {tmp_path / 'out' / f'hives.{suffix}'}" in lines
    record = json.loads((tmp_path / "out" / "hives.json").read_text())
    assert list(record["claims"]) == ["north-share", "winter-losses"]
    (left,) = (line for line in lines if line.startswith("left out of the page"))
    for word in ("exercises", "links under the cards", "how to rerun", "numbers inside sentences"):
        assert word in left
    page = (tmp_path / "out" / "hives.html").read_text()
    assert 'class="claim-links"' not in page
    assert "Exercises" not in page
