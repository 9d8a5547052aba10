"""The book for a class: one for students, without solutions, and one for their teacher."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from claimbook.base import Project, fresh_copy
from claimbook.book import (
    Audience,
    compile_at,
    current,
    default_requests,
    inputs_of,
    only_build,
    publish_all,
    rewrite_yaml,
    run_stale,
    tidy,
    write_pages,
)
from claimbook.charts import update_script
from claimbook.claims import load_incidental
from claimbook.data import load_table, resources
from claimbook.runs import Progress, today

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
    all. The book that is shown is not touched, and the earlier one for this audience stays unless
    everything succeeded. Nothing is done if nothing changed since it was built. Raises as
    `claimbook.build.build` does.
    """
    html = class_html(project, audience)
    with only_build(project):
        tidy(html)
        made_from = current.sources_digest(project)
        if current.stands_beside(html, made_from):
            return html / "index.html"
        now = today(project)
        for item in resources(project):
            load_table(project, item["name"])
        requests = default_requests(project)
        run_stale(now, requests, progress, cold=cold)
        with tempfile.TemporaryDirectory(prefix="claimbook-class-") as folder:
            copy = fresh_copy(project, Path(folder).resolve() / "project")
            records = publish_all(project, requests, now.entries, copy, audience)
            write_pages(copy, records, load_incidental(copy), address="")
            update_script(copy)
            rewrite_yaml(copy.root / "_config.yml", lambda data: _announced(data, audience))
            compile_at(copy, html)
        current.remember_beside(html, made_from, inputs_of(project, requests))
    return html / "index.html"


def _announced(settings: dict[str, Any], audience: Audience) -> dict[str, Any]:
    """The book's settings with a notice on every page of who it is for."""
    html = {**settings.get("html", {}), "announcement": _NOTICES[audience]}
    return {**settings, "html": html, "title": f"{settings['title']} ({audience}'s edition)"}
