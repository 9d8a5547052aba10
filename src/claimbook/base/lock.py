"""One build at a time in a project's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from claimbook.base.errors import FailedError
from claimbook.base.project import Project


@contextmanager
def only_build(project: Project) -> Iterator[None]:
    """Keep other builds out of the project's folder; the system forgets a killed one's lock.

    Raises FailedError if another build is running there.
    """
    place = project.html.parent / ".lock"
    place.parent.mkdir(exist_ok=True)
    lock = FileLock(place, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise FailedError(
            f"another build is running in {project.root}: wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()
