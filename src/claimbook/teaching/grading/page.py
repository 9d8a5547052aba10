"""One page of feedback for each student, with no request to another host."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Mark:
    """What one question gave."""

    question: str
    points: float
    out_of: float
    told: str
    value: str = ""


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


_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: anywhere; background: Canvas; color: CanvasText; }
h1 { font-size: 1.4rem; line-height: 1.25; }
h2 { font-size: 1.05rem; margin: 0; }
section { border: 1px solid GrayText; border-left-width: .4rem; border-radius: .3rem;
  padding: .6rem .8rem; margin: .8rem 0; }
p { margin: .3rem 0; }
"""


def feedback_page(grade: Grade) -> str:
    """The page of one student.

    >>> "<b>" in feedback_page(Grade("a1", "trade", (), "<b>"))
    False
    """
    title = f"{grade.assignment}: {grade.points:g} of {grade.out_of:g} points"
    who = escape(f"{grade.name} ({grade.id})" if grade.name else grade.id)
    remark = f"<p><strong>Remark:</strong> {escape(grade.remark)}</p>\n" if grade.remark else ""
    sections = "\n".join(_section(mark) for mark in grade.marks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{who}</p>\n{remark}{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(mark: Mark) -> str:
    right = mark.points >= mark.out_of
    told = "Right." if right else mark.told[:1].upper() + mark.told[1:] or "Not graded."
    value = f"<p>Your value: {escape(mark.value)}</p>\n" if mark.value else ""
    name = escape(mark.question.replace("_", " "))
    sign = "✓" if right else "✗"
    return (
        f"<section>\n<h2>{sign} {name}: {mark.points:g} of {mark.out_of:g}</h2>\n"
        f"{value}<p>{escape(told)}</p>\n</section>"
    )
