"""What the paper says, and what follows: figures, the ledger, relations, verdicts, cards."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
