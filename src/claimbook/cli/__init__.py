"""The command line: thin, and every fault of the user's is one clear message.

A file for each panel of `claimbook --help`: read, rerun, teach, maintain.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
