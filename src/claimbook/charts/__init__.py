"""The chart style, the charts that chapters share, and charts that readers work with."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
