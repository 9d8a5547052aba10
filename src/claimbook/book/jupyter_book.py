"""Jupyter Book in a process that does not outlive the one that started it.

    python -m claimbook.book.jupyter_book ARGUMENTS

It ends at once when its standard input is closed, which also happens when the starter is killed.
"""

from __future__ import annotations

import os
import sys
import threading


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    from jupyter_book.cli.main import main  # type: ignore[import-untyped]

    main()
