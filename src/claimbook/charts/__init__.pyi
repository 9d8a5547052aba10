from . import interactive as interactive
from .script import (
    update_script,
)
from .static import (
    PRINTED,
    fan_chart,
    mark_printed,
    show,
    use_style,
)

__all__ = [
    "PRINTED",
    "fan_chart",
    "interactive",
    "mark_printed",
    "show",
    "update_script",
    "use_style",
]
