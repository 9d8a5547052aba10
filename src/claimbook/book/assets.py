"""The engine's style sheet and script for the pages of a book."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).with_name("static")
STYLE = STATIC / "claimbook.css"
