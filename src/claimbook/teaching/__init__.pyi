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
    network,
)
from .slides import (
    marked_chapters,
    write_slides,
)

__all__ = [
    "GRADES",
    "GradingLimits",
    "build_class_book",
    "grade",
    "make",
    "marked_chapters",
    "network",
    "write_bundle",
    "write_slides",
]
