"""The book for a class: one for students, without solutions, and one for their teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from claimbook.base import Project, rewrite_yaml
from claimbook.book import Audience, Variant, build_variant, current
from claimbook.claims import Record
from claimbook.runs import Progress

_NOTICES = {
    Audience.STUDENT: "For students: the exercises stand here without their solutions.",
    Audience.TEACHER: "For teachers: with solutions and notes. Not for handing out.",
}


def class_html(project: Project, audience: Audience) -> Path:
    """Where the built book of an audience stands."""
    return project.html.parent / "class" / audience / "html"


def build_class_book(
    project: Project, audience: Audience, progress: Progress, *, cold: bool = False
) -> Path:
    """Build the book for students or for their teacher; return its first page.

    It is compiled in a copy of the project, where the other audience's texts are not written at
    all. Nothing is done if nothing changed since it was built. Raises as `build_variant` does.
    """

    def announce(copy: Project, _: list[Record]) -> None:
        rewrite_yaml(copy.root / "_config.yml", lambda settings: _announced(settings, audience))

    html = class_html(project, audience)
    if not current.stands_beside(html, current.sources_digest(project)):
        variant = Variant(html, audience=audience, add=announce)
        build_variant(project, variant, progress, cold=cold)
    return html / "index.html"


def _announced(settings: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """The book's settings with a notice on every page of who it is for."""
    html = {**settings.get("html", {}), "announcement": _NOTICES[audience]}
    return {**settings, "html": html, "title": f"{settings['title']} ({audience}'s edition)"}
