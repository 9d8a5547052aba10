"""The take-away bundle of a class: one zip file, for students or for their teacher.

It holds data, notebooks, a practice variant of each assignment, the book of its readers, the
engine, the lock, a page that says how to start, and `start.py`, which sets it all up. The
teacher's holds the sources of book and assignments and the slides as well; a student's zip holds
no solution. With the wheels of all packages it needs no network.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from claimbook.base import (
    ClaimbookError,
    FailedError,
    Project,
    digest,
    exchange,
    fresh_copy,
    render,
    replace_text,
)
from claimbook.book import Audience, engine_wheel, zip_entry
from claimbook.runs import Progress
from claimbook.teaching.assignments.handout import make, require_otter
from claimbook.teaching.assignments.master import assignment_names
from claimbook.teaching.classbook import build_class_book, class_html
from claimbook.teaching.slides import marked_chapters, write_slides
from claimbook.teaching.start import LOCK, NEWEST, OLDEST

_OWN = Path(__file__).parent
_STUDENT = ("data", "notebooks", "CITATION.cff", "LICENSE")
_TEACHER = (
    *("data", "notebooks", "book", "editions", "teaching", "_config.yml", "_toc.yml"),
    *("CITATION.cff", "LICENSE", "CHANGELOG.md", "requirements.lock"),
)
_PRACTICE = "practice"  # the id whose variants everybody gets
_PACKED = {".whl", ".zip", ".png", ".woff2"}  # deflating these again gains nothing


def write_bundle(
    project: Project,
    audience: Audience,
    progress: Progress,
    *,
    with_wheels: bool = False,
    cold: bool = False,
) -> Path:
    """Write `_build/class/class-AUDIENCE.zip`; return its path.

    An earlier one stays unless everything succeeded. Raises FailedError if otter-grader is missing
    or packages cannot be fetched, ClaimbookError without a lock, and as `build_class_book` does.
    """
    require_otter()
    lock = project.root / LOCK
    if not lock.is_file():
        raise ClaimbookError(f"{lock}: the lock of a class is missing")
    build_class_book(project, audience, progress, cold=cold)
    name = f"class-{audience}"
    target = project.html.parent / "class" / f"{name}.zip"
    with tempfile.TemporaryDirectory(prefix="claimbook-bundle-") as folder:
        scratch = Path(folder).resolve()
        files = {
            **_sources(project, audience, scratch),
            **_practice(project, scratch, progress),
            **_tree(class_html(project, audience), "html"),
            **_guide(audience, scratch),
            **_engine(scratch),
            LOCK: lock,
        }
        if audience is Audience.TEACHER:
            decks = write_slides(project, marked_chapters(project), progress, cold=cold)
            files |= {f"slides/{path.name}": path for path in decks}
        if with_wheels:
            files |= _tree(_wheels(project, lock, progress), "wheels")
        _zip({f"{name}/{inside}": path for inside, path in files.items()}, target)
    return target


def _sources(project: Project, audience: Audience, scratch: Path) -> dict[str, Path]:
    """What is taken from the project as it stands there, and nothing that a build wrote."""
    copy = fresh_copy(project, scratch / "project")
    found: dict[str, Path] = {}
    for part in _TEACHER if audience is Audience.TEACHER else _STUDENT:
        path = copy.root / part
        found |= {part: path} if path.is_file() else _tree(path, part)
    return found


def _practice(project: Project, scratch: Path, progress: Progress) -> dict[str, Path]:
    """One variant of each assignment, as a student gets it."""
    roster = scratch / "roster.csv"
    replace_text(roster, f"id,name\n{_PRACTICE},{_PRACTICE}\n")
    names = assignment_names(project)
    found: dict[str, Path] = {}
    for done, name in enumerate(names, 1):
        make(project, roster, name, scratch / name)
        found |= _tree(scratch / name / "student" / _PRACTICE, f"assignments/{name}")
        progress("assignments", done, len(names))
    return found


def _guide(audience: Audience, scratch: Path) -> dict[str, Path]:
    """The page that says how to start, and the script that it names."""
    text = (_OWN / f"start-{audience}.md").read_text(encoding="utf-8")
    pythons = " to ".join(".".join(map(str, version)) for version in (OLDEST, NEWEST))
    for name, value in {"pythons": pythons, "newest": f"{NEWEST[0]}.{NEWEST[1]}"}.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    title = text.partition("\n")[0].strip("# ")
    body = Markup(MarkdownIt("commonmark").enable("table").render(text))
    page = render("teaching/start.page.html", title=title, body=body)
    replace_text(scratch / "START.html", page)
    return {"START.html": scratch / "START.html", "start.py": _OWN / "start.py"}


def _engine(scratch: Path) -> dict[str, Path]:
    name, content = engine_wheel()
    (scratch / name).write_bytes(content)
    return {f"wheels/{name}": scratch / name}


def _wheels(project: Project, lock: Path, progress: Progress) -> Path:
    """A folder with the wheels of all packages in the lock, fetched once for each lock.

    Raises FailedError if a package cannot be fetched, or comes as no wheel.
    """
    version = [*map(str, sys.version_info[:2]), sys.platform]
    place = project.html.parent / "wheels" / digest([lock.read_text(encoding="utf-8"), *version])
    progress("wheels", int(place.is_dir()), 1)
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".next-") as draft:
            options = ["--quiet", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)]
            command = [sys.executable, "-m", "pip", "download", *options, "-d", f"{draft}/wheels"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise FailedError(f"the packages cannot be fetched:\n{done.stderr.strip()[-2000:]}")
            exchange(Path(draft) / "wheels", place)
        progress("wheels", 1, 1)
    return place


def _tree(folder: Path, inside: str) -> dict[str, Path]:
    """The files of a folder by their names in the zip file."""
    return {
        f"{inside}/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob("*")
        if path.is_file()
    }


def _zip(files: Mapping[str, Path], target: Path) -> None:
    """Write a zip file that is the same for the same files, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".next-") as draft:
        written = Path(draft) / target.name
        with zipfile.ZipFile(written, "w") as archive:
            for name, path in sorted(files.items()):
                packed = path.suffix in _PACKED
                method = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                archive.writestr(zip_entry(name, method), path.read_bytes())
        written.replace(target)
