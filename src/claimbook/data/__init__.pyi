from .corrections import (
    Correction,
    load_corrections,
)
from .tables import (
    Resource,
    digest_of,
    load_table,
    resource,
    resources,
    table_anchor,
)

__all__ = [
    "Correction",
    "Resource",
    "digest_of",
    "load_corrections",
    "load_table",
    "resource",
    "resources",
    "table_anchor",
]
