"""The public address of a book, where it has one."""

from __future__ import annotations

from urllib.parse import urlsplit

import yaml

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project


def site_address(project: Project) -> str:
    """What `html.baseurl` of `_config.yml` says, with a slash at the end; empty without one.

    Raises ClaimbookError for what is no address of a folder on the web.
    """
    path = project.root / "_config.yml"
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
        html = (settings or {}).get("html") or {}
        given = html.get("baseurl") or ""
    except (OSError, ValueError, yaml.YAMLError, AttributeError) as error:
        raise ClaimbookError(f"{path}: cannot be read: {error}") from error
    return checked_address(str(given))


def checked_address(given: str) -> str:
    """An address with a slash at its end. Raises ClaimbookError unless it is one of the web.

    >>> checked_address("https://example.org/book")
    'https://example.org/book/'
    """
    parts = urlsplit(given)
    if not given:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ClaimbookError(
            f"html.baseurl {given!r} is no address of a book; "
            "allowed: https://HOST/PATH/ without ? and #"
        )
    return given.rstrip("/") + "/"
