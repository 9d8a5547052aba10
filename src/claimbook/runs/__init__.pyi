from .execute import Progress, run_all
from .freshness import Today, changes, today
from .kept import (
    Input,
    Request,
    Run,
    Store,
    chapter_path,
    claims_of,
    page,
    publish,
    request,
    to_json,
)
from .kernels.audit import INSTALLED
from .kernels.guard import forbid
from .kernels.inside import limit_resources
from .kernels.manager import kernel_environment, module_command
from .notebooks import read_notebook
from .parameters import Parameter, gather, named, read_parameters
from .values import as_data, read_text, show

__all__ = [
    "INSTALLED",
    "Input",
    "Parameter",
    "Progress",
    "Request",
    "Run",
    "Store",
    "Today",
    "as_data",
    "changes",
    "chapter_path",
    "claims_of",
    "forbid",
    "gather",
    "kernel_environment",
    "limit_resources",
    "module_command",
    "named",
    "page",
    "publish",
    "read_notebook",
    "read_parameters",
    "read_text",
    "request",
    "run_all",
    "show",
    "to_json",
    "today",
]
