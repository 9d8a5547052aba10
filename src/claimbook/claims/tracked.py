"""The hand-written entries of a project, asked for one by one: claims and relations.

Each question has a kind and a name. `ask` answers it and notes what the answer was; `digest_of`
says what would be noted today, so that a run is known to be stale when one of them differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from claimbook.base import ClaimbookError, Project, by_entry, digest, nearest, note
from claimbook.claims.ledger import Claim, Ledger, load_ledger
from claimbook.claims.relations import Relation, load_relations

Answer = TypeVar("Answer")


class TrackedLedger:
    """All claims and relations of a project. Raises ClaimbookError with every fault of them."""

    def __init__(self, project: Project) -> None:
        with by_entry():
            self._ledger = load_ledger(project)
            self._relations = load_relations(project, self._ledger)

    @property
    def ledger(self) -> Ledger:
        """All claims."""
        return self._ledger

    def claims_of(self, chapter: str) -> list[Claim]:
        """The claims that a chapter has to check."""
        return self._noted("claims of chapter", chapter, self._ledger.of_chapter(chapter))

    def claim(self, claim_id: str) -> Claim:
        """One claim. Raises ClaimbookError if unknown."""
        return self._noted("claim", claim_id, self._ledger[claim_id])

    def relations_of(self, claim_id: str) -> list[Relation]:
        """The relations that a claim takes part in."""
        found = [relation for relation in self._relations if claim_id in relation.claims]
        return self._noted("relations of claim", claim_id, found)

    def relation(self, relation_id: str) -> Relation:
        """One relation. Raises ClaimbookError if unknown."""
        by_id = {relation.id: relation for relation in self._relations}
        if relation_id not in by_id:
            raise ClaimbookError(f"unknown relation {relation_id!r}: {nearest(relation_id, by_id)}")
        return self._noted("relation", relation_id, by_id[relation_id])

    def relations(self) -> list[Relation]:
        """All relations."""
        return self._noted("relations", "all", self._relations)

    def digest_of(self, kind: str, name: str) -> str:
        """The digest that was noted for a question if its answer is the same as ever.

        Raises ClaimbookError where there is no answer any more.
        """
        questions: dict[str, Callable[[], Any]] = {
            "claims of chapter": lambda: self.claims_of(name),
            "claim": lambda: self.claim(name),
            "relations of claim": lambda: self.relations_of(name),
            "relation": lambda: self.relation(name),
            "relations": self.relations,
        }
        return digest(self._content(questions[kind]()))

    def _noted(self, kind: str, name: str, answer: Answer) -> Answer:
        note(kind, name, self._content(answer))
        return answer

    def _content(self, answer: Any) -> Any:
        """An answer as data; a relation's includes the claims that it compares."""
        if isinstance(answer, list):
            return [self._content(item) for item in answer]
        content = answer.model_dump(mode="json")
        if isinstance(answer, Relation):
            content["claims"] = [self._content(self._ledger[name]) for name in answer.claims]
        return content
