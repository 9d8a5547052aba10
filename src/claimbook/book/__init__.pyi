from . import current as current
from .assets import (
    STYLE,
)
from .build import (
    Variant,
    build_book,
    build_edition,
    build_variant,
    compared,
)
from .check import (
    check_project,
)
from .comparison import (
    EditionComparison,
)
from .current import (
    edition_html,
    is_current,
)
from .editions import (
    default_requests,
    edition_path,
    load_edition,
)
from .exercises import (
    ASKS,
    Audience,
    Exercise,
    Level,
    load_exercises,
)
from .pdf import (
    find_chromium,
    print_book,
)
from .preview import (
    to_html,
)
from .rerun import (
    engine_wheel,
    zip_entry,
)
from .verify import (
    byte_differences,
)

__all__ = [
    "ASKS",
    "STYLE",
    "Audience",
    "EditionComparison",
    "Exercise",
    "Level",
    "Variant",
    "build_book",
    "build_edition",
    "build_variant",
    "byte_differences",
    "check_project",
    "compared",
    "current",
    "default_requests",
    "edition_html",
    "edition_path",
    "engine_wheel",
    "find_chromium",
    "is_current",
    "load_edition",
    "load_exercises",
    "print_book",
    "to_html",
    "zip_entry",
]
