"""The book as a research object: what is in it, by whom and on what terms (RO-Crate 1.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claimbook.base import Author, Citation, ClaimbookError, Project, read_citation
from claimbook.data import Resource, resources

Entity = dict[str, Any]

_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".ipynb": "application/x-ipynb+json",
    ".zip": "application/zip",
    ".cff": "application/yaml",
}
_SPDX = "https://spdx.org/licenses/"


def crate(project: Project, files: Mapping[str, str]) -> Entity:
    """The RO-Crate of a built book as JSON-LD.

    `files` maps the project's files that can be downloaded to where they stand in the book.
    Raises ClaimbookError for a citation file or data package that lacks what a crate needs.
    """
    cited = read_citation(project)
    package = json.loads((project.data / "datapackage.json").read_text(encoding="utf-8"))
    tables = {f"data/{item['path']}": item for item in resources(project)}
    held = dict(sorted(files.items()))
    described = [
        entity
        for source, path in held.items()
        for entity in (_table(path, tables[source]) if source in tables else [_file(source, path)])
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": cited.title,
        "description": package.get("description") or cited.title,
        "datePublished": _published(cited, package),
        "version": cited.version,
        "keywords": list(cited.keywords),
        "author": [{"@id": f"#author-{n}"} for n, _ in enumerate(cited.authors, 1)],
        "license": [{"@id": f"{_SPDX}{name}"} for name in cited.license],
        "citation": {"@id": "#paper"},
        "hasPart": [{"@id": path} for path in held.values()],
        "mentions": {"@id": "#software"},
    }
    graph = [_DESCRIPTOR, root, *_context(cited), *described]
    unique = {entity["@id"]: entity for entity in graph}
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": list(unique.values())}


_DESCRIPTOR: Entity = {
    "@id": "ro-crate-metadata.json",
    "@type": "CreativeWork",
    "about": {"@id": "./"},
    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
}


def _published(cited: Citation, package: Entity) -> str:
    """The day of the release, else that of the data; never that of the build."""
    day = cited.date_released or package.get("created")
    if not day:
        raise ClaimbookError(
            "the book has no date: CITATION.cff names no date-released and "
            "data/datapackage.json no created"
        )
    return str(day)[:10]


def _context(cited: Citation) -> list[Entity]:
    """The people, the paper, the software and the licences."""
    paper = cited.paper
    return [
        *(_person(f"#author-{n}", author) for n, author in enumerate(cited.authors, 1)),
        {
            "@id": "#paper",
            "@type": "ScholarlyArticle",
            "name": paper.title,
            "author": [{"@id": f"#paper-author-{n}"} for n, _ in enumerate(paper.authors, 1)],
        },
        *(_person(f"#paper-author-{n}", writer) for n, writer in enumerate(paper.authors, 1)),
        {
            "@id": "#software",
            "@type": "SoftwareSourceCode",
            "name": "claimbook",
            "version": cited.version,
            "programmingLanguage": "Python",
            "description": "The engine that runs the notebooks and judges the claims; "
            "each chapter's zip file holds it.",
        },
        *(
            {"@id": f"{_SPDX}{name}", "@type": "CreativeWork", "name": name}
            for name in cited.license
        ),
    ]


def _person(name: str, author: Author) -> Entity:
    kind = "Organization" if author.name else "Person"
    return {"@id": name, "@type": kind, "name": author.full}


def _table(path: str, table: Resource) -> list[Entity]:
    """A table, who publishes it, and its licences or, where none is stated, its terms."""
    publisher = f"#publisher-{table['name']}"
    terms = [
        {
            "@id": licence["path"],
            "@type": "CreativeWork",
            "name": licence.get("name", licence["title"]),
        }
        for licence in table.get("licenses", [])
    ] or [
        {
            "@id": f"#terms-{table['name']}",
            "@type": "CreativeWork",
            "name": f"Terms of: {table['title']}",
            "description": table["terms"],
        }
    ]
    described = {
        "@id": path,
        "@type": "File",
        "name": table["title"],
        "description": table["description"],
        "encodingFormat": "text/csv",
        "version": table["release"],
        "creditText": table["credit"],
        "conditionsOfAccess": table["terms"],
        "publisher": {"@id": publisher},
        "license": [{"@id": item["@id"]} for item in terms],
        **({"contentSize": str(table["bytes"])} if "bytes" in table else {}),
    }
    name = {"@id": publisher, "@type": "Organization", "name": table["publisher"]}
    return [described, name, *terms]


def _file(source: str, path: str) -> Entity:
    suffix = Path(source).suffix
    found: Entity = {
        "@id": path,
        "@type": ["File", "SoftwareSourceCode"] if suffix == ".ipynb" else "File",
        "name": Path(source).name,
        "description": _purpose(Path(source)),
    }
    return found | ({"encodingFormat": _TYPES[suffix]} if suffix in _TYPES else {})


def _purpose(source: Path) -> str:
    match source.suffix:
        case ".ipynb":
            return f"Notebook of the chapter {source.stem}, without outputs"
        case ".zip":
            return f"All that is needed to run the chapter {source.stem} again"
        case ".cff":
            return "How to cite the book and the paper"
    return "All claims with their verdicts, as the last run found them"
