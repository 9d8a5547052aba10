"""Reading notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from claimbook.base import ClaimbookError


def read_notebook(path: Path) -> Any:
    """A notebook in the present format. Raises ClaimbookError for a file that is none."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat lets KeyError, jsonschema's and other errors through
        told = " ".join(str(error).split())[:200]
        raise ClaimbookError(f"{path}: not a readable notebook ({told})") from error
    return notebook
