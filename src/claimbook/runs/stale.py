"""Which chapters have to run, why, and running just these."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from claimbook.base import Project
from claimbook.claims import Record
from claimbook.runs.execute import Progress, run_all
from claimbook.runs.freshness import Today, changes, today
from claimbook.runs.kept import Request, Run, RunError, Store, request


def run_stale(
    now: Today,
    requests: Collection[Request],
    progress: Progress,
    *,
    force: Collection[str] = (),
    cold: bool = False,
) -> list[str]:
    """Run the requests whose kept runs do not stand, longest first; return their chapters."""
    store = Store(now.project)
    stale = [r for r in requests if r.chapter in force or stale_because(now, store, r)]
    if stale:
        longest_first = sorted(stale, key=lambda r: -store.seconds(r.chapter))
        run_all(now, longest_first, progress, store.keep, cold=cold)
    return [asked.chapter for asked in stale]


def stale_because(now: Today, store: Store, asked: Request) -> list[str]:
    """Why a request has to run: what changed since its run was kept; nothing if that stands."""
    run = store.find(asked)
    if run:
        return changes(now, asked, run)
    last = store.latest(asked.chapter)
    if last is None:
        return ["it has not been run yet"]
    return changes(now, asked, last) or ["it has not been run with these parameters given"]


def why(project: Project, chapters: Iterable[str]) -> dict[str, list[str]]:
    """What changed since each chapter's run was kept; nothing where it still stands."""
    now, store = today(project), Store(project)
    return {name: stale_because(now, store, request(project, name)) for name in chapters}


def kept_runs(project: Project, requests: Iterable[Request]) -> list[Run]:
    """The kept runs of requests. Raises RunError for one that was removed meanwhile."""
    store, found = Store(project), []
    for asked in requests:
        run = store.find(asked)
        if run is None:
            raise RunError(f"{asked.chapter}: its run is gone; build again")
        found.append(run)
    return found


def kept_records(project: Project, requests: Iterable[Request]) -> list[Record]:
    """The records of the kept runs of requests. Raises RunError as `kept_runs` does."""
    return [run.published() for run in kept_runs(project, requests)]
