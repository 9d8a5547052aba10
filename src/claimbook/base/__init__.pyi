from . import inputs
from .errors import ClaimbookError, FailedError, FaultsError, nearest
from .files import exchange, new_folder, replace_bytes, replace_text
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
from .project import Project, find_project, fresh_copy
from .settings import checked_address, site_address
from .yaml_lists import read_entries, read_list, stop_on, validated

__all__ = [
    "ENGINE",
    "ClaimbookError",
    "FailedError",
    "FaultsError",
    "Project",
    "by_entry",
    "checked_address",
    "digest",
    "exchange",
    "file_digest",
    "find_project",
    "folder_digest",
    "fresh_copy",
    "inputs",
    "module_name",
    "module_path",
    "nearest",
    "new_folder",
    "note",
    "read_entries",
    "read_list",
    "replace_bytes",
    "replace_text",
    "site_address",
    "stop_on",
    "validated",
]
