from . import inputs as inputs
from .errors import (
    ClaimbookError,
    FailedError,
    FaultsError,
    for_message,
    nearest,
)
from .files import (
    exchange,
    new_folder,
    replace_bytes,
    replace_text,
)
from .html import (
    render,
    script_json,
)
from .inputs import (
    ENGINE,
    by_entry,
    digest,
    file_digest,
    folder_digest,
    module_name,
    module_path,
    note,
)
from .lock import (
    only_build,
)
from .project import (
    Project,
    find_project,
    fresh_copy,
)
from .settings import (
    PAGE_SUFFIXES,
    Author,
    Citation,
    Settings,
    read_citation,
    read_contents,
    read_settings,
    rewrite_yaml,
)
from .yaml_lists import (
    read_entries,
    read_list,
    stop_on,
    validated,
)

__all__ = [
    "ENGINE",
    "PAGE_SUFFIXES",
    "Author",
    "Citation",
    "ClaimbookError",
    "FailedError",
    "FaultsError",
    "Project",
    "Settings",
    "by_entry",
    "digest",
    "exchange",
    "file_digest",
    "find_project",
    "folder_digest",
    "for_message",
    "fresh_copy",
    "inputs",
    "module_name",
    "module_path",
    "nearest",
    "new_folder",
    "note",
    "only_build",
    "read_citation",
    "read_contents",
    "read_entries",
    "read_list",
    "read_settings",
    "render",
    "replace_bytes",
    "replace_text",
    "rewrite_yaml",
    "script_json",
    "stop_on",
    "validated",
]
