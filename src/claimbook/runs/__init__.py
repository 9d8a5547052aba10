"""A run that can be trusted: parameters, kernels, execution, and the runs that are kept."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
