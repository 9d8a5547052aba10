from .assignments.handout import (
    make,
)
from .bundle import (
    write_bundle,
)
from .classbook import (
    build_class_book,
)
from .grading.grade import (
    GRADES,
    GradingLimits,
    grade,
)
from .grading.sandbox import (
    best_isolation,
)
from .slides import (
    marked_chapters,
    write_slides,
)

__all__ = [
    "GRADES",
    "GradingLimits",
    "best_isolation",
    "build_class_book",
    "grade",
    "make",
    "marked_chapters",
    "write_bundle",
    "write_slides",
]
