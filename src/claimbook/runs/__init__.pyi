from .code import as_code
from .execute import Progress, run_all
from .freshness import Today, changes, today
from .given import gather, named, read_text
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
from .kernels.manager import kernel_environment
from .notebooks import read_notebook
from .parameters import Parameter, read_parameters

__all__ = [
    "Input",
    "Parameter",
    "Progress",
    "Request",
    "Run",
    "Store",
    "Today",
    "as_code",
    "changes",
    "chapter_path",
    "claims_of",
    "gather",
    "kernel_environment",
    "named",
    "page",
    "publish",
    "read_notebook",
    "read_parameters",
    "read_text",
    "request",
    "run_all",
    "to_json",
    "today",
]
