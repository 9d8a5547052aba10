"""The tests; before any of them loads numpy, what would have it compute otherwise is unset.

Kernels start in an environment of their own. A caller's choice of BLAS routines would make the
same fit differ in its last digits between a chapter and a test, and ARIMA's in its fourth.
"""

import os

for _name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[_name]
