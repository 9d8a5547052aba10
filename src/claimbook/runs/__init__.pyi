from .code import (
    as_code,
)
from .execute import (
    Progress,
)
from .freshness import (
    Today,
    today,
)
from .given import (
    gather,
    named,
    read_text,
)
from .kept import (
    Input,
    Request,
    Run,
    chapter_path,
    claims_of,
    page,
    publish,
    request,
    to_json,
)
from .kernels.audit import (
    INSTALLED,
)
from .kernels.guard import (
    forbid,
)
from .kernels.inside import (
    limit_resources,
)
from .kernels.manager import (
    kernel_environment,
    module_command,
)
from .notebooks import (
    read_notebook,
)
from .parameters import (
    Parameter,
    read_parameters,
)
from .stale import (
    kept_records,
    kept_runs,
    run_stale,
    why,
)

__all__ = [
    "INSTALLED",
    "Input",
    "Parameter",
    "Progress",
    "Request",
    "Run",
    "Today",
    "as_code",
    "chapter_path",
    "claims_of",
    "forbid",
    "gather",
    "kept_records",
    "kept_runs",
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
    "run_stale",
    "to_json",
    "today",
    "why",
]
