from .accepted import (
    Accepted,
    accept,
    load_accepted,
    verdict_changes,
)
from .cards import (
    VERBS,
    badge,
    card,
    relation_card,
)
from .figures import (
    Unit,
    show_interval,
)
from .intervals import (
    INFINITY,
    Interval,
    exact,
)
from .ledger import (
    Checkable,
    Claim,
    Consequence,
    Incidental,
    Scalar,
    load_incidental,
)
from .records import (
    GLUE_PREFIX,
    METADATA_KEY,
    Record,
    claim_record,
    read_record,
    relation_record,
)
from .relations import (
    Finding,
    Relation,
    evaluate,
)
from .status import (
    SYMBOLS,
    WORDS,
    Status,
)
from .tracked import (
    TrackedLedger,
)
from .verdicts import (
    NoData,
    Verdict,
    judge,
    show_reading,
    survival,
    unchecked,
)

__all__ = [
    "GLUE_PREFIX",
    "INFINITY",
    "METADATA_KEY",
    "SYMBOLS",
    "VERBS",
    "WORDS",
    "Accepted",
    "Checkable",
    "Claim",
    "Consequence",
    "Finding",
    "Incidental",
    "Interval",
    "NoData",
    "Record",
    "Relation",
    "Scalar",
    "Status",
    "TrackedLedger",
    "Unit",
    "Verdict",
    "accept",
    "badge",
    "card",
    "claim_record",
    "evaluate",
    "exact",
    "judge",
    "load_accepted",
    "load_incidental",
    "read_record",
    "relation_card",
    "relation_record",
    "show_interval",
    "show_reading",
    "survival",
    "unchecked",
    "verdict_changes",
]
