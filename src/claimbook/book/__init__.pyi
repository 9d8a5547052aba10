from . import current as current
from .build import (
    build_book,
    compile_at,
    only_build,
    publish_all,
    run_stale,
    tidy,
    why,
    write_pages,
)
from .check import check_project
from .comparison import EditionComparison
from .current import edition_html, is_current
from .editions import default_requests, edition_path, load_edition
from .exercises import ASKS, Audience, Exercise, Level, load_exercises
from .pdf import find_chromium, print_book
from .preview import to_html
from .rerun import engine_wheel, zip_entry
from .staged import build_edition, compared, inputs_of, rewrite_yaml
from .verify import byte_differences

__all__ = [
    "ASKS",
    "Audience",
    "EditionComparison",
    "Exercise",
    "Level",
    "build_book",
    "build_edition",
    "byte_differences",
    "check_project",
    "compared",
    "compile_at",
    "current",
    "default_requests",
    "edition_html",
    "edition_path",
    "engine_wheel",
    "find_chromium",
    "inputs_of",
    "is_current",
    "load_edition",
    "load_exercises",
    "only_build",
    "print_book",
    "publish_all",
    "rewrite_yaml",
    "run_stale",
    "tidy",
    "to_html",
    "why",
    "write_pages",
    "zip_entry",
]
