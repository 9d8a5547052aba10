"""One page of feedback for each student, with no request to another host."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from claimbook.base import render


@dataclass(frozen=True, slots=True)
class Mark:
    """What one question gave."""

    question: str
    points: float
    out_of: float
    told: str
    value: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it gave all its points."""
        return self.points >= self.out_of

    @property
    def comment(self) -> str:
        """What the student is told, as a sentence."""
        told = self.told[:1].upper() + self.told[1:]
        return "Right." if self.is_right else told or "Not graded."


@dataclass(frozen=True, slots=True)
class Grade:
    """What one student's notebook gave."""

    id: str
    assignment: str
    marks: tuple[Mark, ...]
    remark: str
    name: str = ""

    @property
    def points(self) -> float:
        """The points of all questions."""
        return sum(mark.points for mark in self.marks)

    @property
    def out_of(self) -> float:
        """The points that could be had."""
        return sum(mark.out_of for mark in self.marks)


def feedback_page(grade: Grade) -> Markup:
    """The page of one student.

    >>> "<b>" in feedback_page(Grade("a1", "trade", (), "<b>"))
    False
    """
    return render("teaching/feedback.page.html", grade=grade)
