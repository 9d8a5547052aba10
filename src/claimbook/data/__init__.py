"""Tables that are what their descriptors say, and the corrections of known faults."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
