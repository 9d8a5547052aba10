"""Faults, whole-file writes, the project's folders, and the note of what a run read."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
