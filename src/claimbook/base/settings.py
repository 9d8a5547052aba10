"""What is written by hand about a book as a whole: CITATION.cff, `_config.yml` and `_toc.yml`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from claimbook.base.errors import ClaimbookError, FaultsError, nearest
from claimbook.base.files import replace_text
from claimbook.base.project import Project

PAGE_SUFFIXES = (".md", ".ipynb", ".rst")

Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        coerce_numbers_to_str=True,
        populate_by_name=True,
        alias_generator=lambda name: name.replace("_", "-"),
    )


class _Strict(_Model):
    """A model whose misspelt keys are told."""

    model_config = ConfigDict(alias_generator=None)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        for key in data if isinstance(data, dict) else ():
            if key not in cls.model_fields:
                raise ValueError(f"unknown key {key!r}: {nearest(str(key), cls.model_fields)}")
        return data


# CITATION.cff ----------------------------------------------------------------------------


class Author(_Model):
    """A person or, with a `name`, an entity, as the Citation File Format has them."""

    name: str = ""
    given_names: str = ""
    family_names: str = ""
    name_particle: str = ""
    name_suffix: str = ""
    alias: str = ""

    @model_validator(mode="after")
    def _named(self) -> Author:
        if not self.full:
            raise ValueError("no name; allowed: name, or family-names and given-names, or alias")
        return self

    @property
    def full(self) -> str:
        """The whole name.

        >>> Author(given_names="Ada", name_particle="de", family_names="Byron").full
        'Ada de Byron'
        """
        parts = (self.given_names, self.name_particle, self.family_names, self.name_suffix)
        return self.name or " ".join(filter(None, parts)) or self.alias

    @property
    def short(self) -> str:
        """The name in a list of references: a person's given names are initials.

        >>> Author(given_names="Jean-Luc M", name_particle="van", family_names="Ede").short
        'van Ede, J.-L. M.'
        """
        if self.name or not self.family_names:
            return self.full
        family = f"{self.name_particle} {self.family_names}".strip()
        given = " ".join(map(_initials, self.given_names.split()))
        return ", ".join(filter(None, (family, given, self.name_suffix)))


def _initials(name: str) -> str:
    return "-".join(f"{part[0]}." for part in name.split("-") if part)


class Reference(_Model):
    """A work that the book cites."""

    title: Text
    authors: tuple[Author, ...] = ()


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Citation(_Model):
    """How the book is cited; the first of `references` is the paper."""

    title: Text
    version: Text
    authors: Annotated[tuple[Author, ...], Field(min_length=1)]
    license: Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)]
    references: Annotated[tuple[Reference, ...], Field(min_length=1)]
    keywords: tuple[str, ...] = ()
    date_released: date | None = None

    @property
    def paper(self) -> Reference:
        """The paper whose numbers the book checks."""
        return self.references[0]

    @property
    def text(self) -> str:
        """The book as it is cited.

        >>> us = {"authors": [{"name": "Us"}], "title": "A book", "version": "1.0"}
        >>> Citation(**us, license="MIT", references=[{"title": "A paper"}]).text
        'Us, A book, version 1.0.'
        """
        authors = ", ".join(author.short for author in self.authors)
        return f"{authors}, {self.title}, version {self.version}."


def read_citation(project: Project) -> Citation:
    """How the book is cited. Raises ClaimbookError with every fault of CITATION.cff."""
    return _read(Citation, project.root / "CITATION.cff")


# _config.yml -----------------------------------------------------------------------------


def _address(given: str) -> str:
    parts = urlsplit(given)
    if not given:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            f"{given!r} is no address of a book; allowed: https://HOST/PATH/ without ? and #"
        )
    return given.rstrip("/") + "/"


class HtmlSettings(_Model):
    """The book's public address, with a slash at its end, if it has one.

    >>> HtmlSettings(baseurl="https://example.org/book").baseurl
    'https://example.org/book/'
    """

    baseurl: Annotated[
        str, BeforeValidator(lambda given: given or ""), AfterValidator(_address)
    ] = ""


class SphinxSettings(_Strict):
    """Settings of Sphinx that are not the engine's."""

    config: dict[str, Any] = {}
    local_extensions: dict[str, str] = {}
    recursive_update: bool = False


class Settings(_Strict):
    """What `_config.yml` says; the engine sets everything else."""

    title: Text
    author: Text
    copyright: str = ""
    logo: str = ""
    repository: dict[str, Any] = {}
    launch_buttons: dict[str, Any] = {}
    latex: dict[str, Any] = {}
    html: HtmlSettings = HtmlSettings()
    sphinx: SphinxSettings = SphinxSettings()


def read_settings(project: Project) -> Settings:
    """The book's settings. Raises ClaimbookError with every fault of `_config.yml`."""
    return _read(Settings, project.root / "_config.yml")


# _toc.yml --------------------------------------------------------------------------------


def _page(name: str) -> str:
    """A page is named without its suffix."""
    for suffix in PAGE_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


PageName = Annotated[Text, AfterValidator(_page)]


class Entry(_Strict):
    """A page of the book with those below it, or a link."""

    file: PageName | None = None
    url: str | None = None
    title: str | None = None
    sections: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Entry:
        if (self.file is None) == (self.url is None):
            raise ValueError("allowed: one of file and url")
        return self

    def pages(self) -> Iterator[str]:
        """The page and those below it."""
        if self.file:
            yield self.file
        for entry in self.sections:
            yield from entry.pages()


class Part(_Model):
    """A part of the book."""

    caption: str = ""
    chapters: Annotated[tuple[Entry, ...], Field(min_length=1)]


class Contents(_Strict):
    """The table of contents: the first page, and parts or chapters."""

    format: Literal["jb-book"]
    root: PageName
    title: str | None = None
    options: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    parts: tuple[Part, ...] = ()
    chapters: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Contents:
        if self.parts and self.chapters:
            raise ValueError("allowed: one of parts and chapters")
        names = [name for _, name in self.pages]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"pages that stand twice: {', '.join(twice)}")
        return self

    @property
    def pages(self) -> list[tuple[str, str]]:
        """All pages in order, each as the caption of its part and its name."""
        listed = [(part.caption, entry) for part in self.parts for entry in part.chapters]
        listed += [("", entry) for entry in self.chapters]
        below = [(caption, name) for caption, entry in listed for name in entry.pages()]
        return [("", self.root), *below]


def read_contents(project: Project) -> Contents:
    """The table of contents. Raises ClaimbookError with every fault of `_toc.yml`."""
    return _read(Contents, project.root / "_toc.yml")


# -----------------------------------------------------------------------------------------


def rewrite_yaml(path: Path, change: Callable[[Any], Any]) -> None:
    """Change what a YAML file holds; its comments are lost, so this is for copies."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    replace_text(path, yaml.safe_dump(change(data), sort_keys=False, allow_unicode=True))


ReadModel = TypeVar("ReadModel", bound=BaseModel)


def _read(model: type[ReadModel], path: Path) -> ReadModel:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [_fault(item) for item in error.errors()]
        raise FaultsError(f"{path} has faults", faults, str(path)) from None
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: no UTF-8
        raise ClaimbookError(f"{path}: cannot be read: {error}") from error


def _fault(item: Any) -> str:
    """One fault: the key, the value and what is allowed."""
    key = ".".join(map(str, item["loc"]))
    if item["type"] == "missing":
        return f"lacks {key}"
    told = item["msg"].removeprefix("Value error, ")
    given = "" if item["type"] == "value_error" else f" (given {item['input']!r})"
    return f"{key + ': ' if key else ''}{told}{given}"
