"""The verdicts' names, symbols and words."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The verdicts, from the best to the worst for the paper; `UNCHECKED` stands apart."""

    REPRODUCED = "reproduced"
    ANOTHER_BASIS = "another-basis"
    CLOSE = "close"
    INCONSISTENT = "inconsistent"
    CONTRADICTED = "contradicted"
    UNCHECKED = "unchecked"


SYMBOLS = {
    Status.REPRODUCED: "✓",
    Status.ANOTHER_BASIS: "⇄",
    Status.CLOSE: "≈",
    Status.INCONSISTENT: "≠",
    Status.CONTRADICTED: "✗",
    Status.UNCHECKED: "?",
}
WORDS = {
    Status.REPRODUCED: "reproduced",
    Status.ANOTHER_BASIS: "holds on another basis",
    Status.CLOSE: "close",
    Status.INCONSISTENT: "inconsistent",
    Status.CONTRADICTED: "contradicted",
    Status.UNCHECKED: "unchecked",
}
