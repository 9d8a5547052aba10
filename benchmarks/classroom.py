"""How long it takes to make and to grade the notebooks of a class of 30.

python benchmarks/classroom.py [STUDENTS]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from claimbook.base.project import find_project
from claimbook.teaching.assignments.handout import make
from claimbook.teaching.grading.grade import grade
from claimbook.teaching.grading.sandbox import best_isolation


def main(students: int) -> None:
    project = find_project(Path(__file__).parent)
    with tempfile.TemporaryDirectory(prefix="claimbook-classroom-") as held:
        folder = Path(held)
        ids = [f"s{number:02}" for number in range(1, students + 1)]
        lines = "".join(f"{student},Student {student}\n" for student in ids)
        (folder / "roster.csv").write_text(f"id,name\n{lines}", encoding="utf-8")
        began = time.perf_counter()
        make(project, folder / "roster.csv", "trade", folder / "class")
        print(f"{students} notebooks made in {time.perf_counter() - began:.0f} s (aim: 60)")
        teacher = folder / "class" / "teacher"
        (folder / "returned").mkdir()
        for student in ids:
            solution = teacher / student / "trade-solution.ipynb"
            shutil.copy(solution, folder / "returned" / f"{student}.ipynb")
        began = time.perf_counter()
        done = grade(folder / "returned", teacher, folder / "grades")
        print(f"{students} notebooks graded in {time.perf_counter() - began:.0f} s (aim: 300)")
        print(f"{sum(one.points == one.out_of for one in done)} with all points")
        print(f"isolation: {best_isolation().value}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
