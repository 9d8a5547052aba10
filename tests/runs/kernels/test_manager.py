"""Kernels: forked or ordinary, all alike, alone, limited, and none is left behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from claimbook.base.errors import ClaimbookError
from claimbook.base.project import Project
from claimbook.runs.execute import RunLimits, workers
from claimbook.runs.freshness import today
from claimbook.runs.kept import request
from claimbook.runs.kernels.inside import MEMORY_LIMIT, PASSED_ON, SEED, SETTINGS
from claimbook.runs.kernels.manager import ForkedProcess, Place, kernel_environment, kernels
from tests.bees import CELLS, build_project
from tests.runs.test_execute import Outcome, attempt, attempts, printed, ran, refusal, write_chapter

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="groups and forks are POSIX"),
    pytest.mark.slow,
]

SECRET = "the-queen-is-in-hive-7"
CHART = """
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from claimbook.charts import static as charts
charts.use_style()
census = pd.DataFrame({"year": range(2000, 2020), "honey": np.random.normal(9, 2, 20)})
figure, axes = plt.subplots()
sns.regplot(census, x="year", y="honey", ax=axes, seed=1)
axes.set_title("Hönig, kg")
charts.show(figure, alt="Honey by year", source="Hive census")
"""
NUMBERS = """
import numpy as np
import pandas as pd
import statsmodels.api as sm
print(np.random.rand(3), hash("bees"), list({"north", "south", "east", "west"}))
x = np.random.rand(200, 3)
print(sm.OLS(x[:, 0], x[:, 1:]).fit().params, np.linalg.svd(x)[1])
pd.DataFrame(x).groupby(lambda row: row % 3).describe()
"""
SPOIL = """
import builtins, os, random, warnings
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import claimbook
claimbook.marker = np.marker = builtins.marker = "spoilt"
os.environ["SPOILT"] = "1"
random.seed(9)
np.random.rand(17)
pd.set_option("display.precision", 1)
plt.rcParams["figure.dpi"] = 33
plt.figure()
np.float64 = None
warnings.simplefilter("ignore")
print("spoilt")
"""
PROBE = """
import builtins, os, sys, warnings
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import claimbook
print([hasattr(place, "marker") for place in (claimbook, np, builtins)], "SPOILT" in os.environ)
print(np.random.rand(2), pd.get_option("display.precision"))
print(plt.rcParams["figure.dpi"], plt.get_fignums(), np.float64(0.5), len(warnings.filters))
print([name for name in sorted(sys.modules) if name.startswith("claimbook")])
"""
SETTLED = """
import json, os, resource, sys, time
import matplotlib
import numpy as np
import psutil
threads = psutil.Process().num_threads()
np.linalg.svd(np.random.rand(500, 500)) and np.random.rand(900, 900) @ np.random.rand(900, 900)
print(json.dumps({
    "environment": dict(os.environ),
    "backend": matplotlib.get_backend(),
    "dpi": matplotlib.rcParams["figure.dpi"],
    "threads": psutil.Process().num_threads() - threads,
    "hostile": "hostile" in globals(),
    "leader": os.getpgid(0) == os.getpid() == os.getsid(0),
    "zone": time.tzname[0],
    "data": resource.getrlimit(resource.RLIMIT_DATA)[0],
    "folder": os.getcwd(),
}))
"""
# What ipykernel itself sets.
OF_IPYKERNEL = {
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "GIT_PAGER",
    "PAGER",
    "PYDEVD_USE_FRAME_EVAL",
    "TERM",
}
WAITING = """
import os, time
with open("{away}/pid", "w") as file:
    file.write(f"{{os.getpid()}}\\n")
while not os.path.exists("{away}/gate"):
    time.sleep(0.02)
"""
RUNNER = """
import sys
from pathlib import Path
from claimbook.runs.execute import run_all
from claimbook.runs.freshness import today
from claimbook.base.project import Project
from claimbook.runs.kept import request
project = Project(Path(sys.argv[1]))
requests = [request(project, "waiting")]
run_all(today(project), requests, lambda *_: None, lambda *_: None, cold=sys.argv[2] == "cold")
"""
BOTH = ["forked", "cold"]


def hostile_environment(home: Path) -> Mapping[str, str]:
    """What a caller may have set, and files in the places in which libraries look for settings."""
    python = "hostile = 1\n"
    files = {
        ".ipython/profile_default/startup/00-hostile.py": python,
        ".ipython/profile_default/startup/00-hostile.ipy": python,
        ".ipython/profile_default/ipython_config.py": "c.InteractiveShellApp.exec_lines = "
        "['hostile = 1']",
        ".ipython/profile_default/ipython_kernel_config.py": "c.IPKernelApp.exec_lines = "
        "['hostile = 1']",
        ".config/matplotlib/matplotlibrc": "figure.dpi: 33",
        ".matplotlib/matplotlibrc": "figure.dpi: 33",
        "matplotlibrc": "figure.dpi: 33",
        "startup.py": "import builtins\nbuiltins.hostile = 1",
        ".jupyter/jupyter_config.py": "raise SystemExit",
    }
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {
        "HOME": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "MATPLOTLIBRC": str(home / "matplotlibrc"),
        "MPLBACKEND": "pdf",
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "PYTHONHASHSEED": "7",
        "PYTHONSTARTUP": str(home / "startup.py"),
        "SECRET_TOKEN": SECRET,
        "TZ": "Asia/Tokyo",
        "XDG_CONFIG_HOME": str(home / ".config"),
    }


def children(pid: int | None = None) -> list[Any]:
    """The living processes that a process started, and those that these started."""
    try:
        found = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [process for process in found if lives(process)]


def forkserver() -> Any:
    (found,) = [
        p for p in psutil.Process().children() if "claimbook.runs.kernels.forkserver" in p.cmdline()
    ]
    return found


def all_gone(processes: Iterable[Any], seconds: float = 10) -> bool:
    """Whether all have ended; the system may still have to take note of it."""
    _, alive = psutil.wait_procs(list(processes), timeout=seconds)
    return not [process for process in alive if lives(process)]


def lives(process: Any) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# What cells see --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The chapters' outcomes in both kinds of kernels; and the forkserver's memory in bytes."""

    forked: dict[str, Outcome]
    cold: dict[str, Outcome]
    memory: tuple[int, int]

    def of(self, kind: str) -> dict[str, Outcome]:
        return self.forked if kind == "forked" else self.cold

    def settled(self, kind: str) -> dict[str, Any]:
        """What the chapter tells of the kernel in which it runs."""
        found: dict[str, Any] = json.loads(printed(self.of(kind)["settled"]))
        return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = build_project(tmp_path_factory.mktemp("kernels") / "bees")
    write_chapter(project, "hives", *CELLS[1:], parameters=CELLS[0])
    write_chapter(project, "chart", CHART)
    write_chapter(project, "numbers", NUMBERS)
    write_chapter(project, "spoil", SPOIL)
    write_chapter(project, "settled", SETTLED)
    write_chapter(project, "chance", "import random; print(random.random())")
    for name in ("probe", "probe-again"):
        write_chapter(project, name, PROBE)
    return project


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with settings, and a module of a library's name, beside its notebooks."""
    project = build_project(tmp_path_factory.mktemp("beside") / "bees")
    project.notebooks.joinpath("matplotlibrc").write_text("figure.dpi: 33")
    project.notebooks.joinpath("patsy.py").write_text("version = 'own'")
    dpi = "import matplotlib; print(matplotlib.rcParams['figure.dpi'])"
    library = "import patsy; print(getattr(patsy, 'version', ''))"
    write_chapter(project, "beside", dpi, library)
    return project


@pytest.fixture(scope="module")
def seen(project: Project, beside: Project, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    names = ["hives", "chance", "chart", "numbers", "settled"]
    with pytest.MonkeyPatch.context() as caller:
        for name, value in hostile_environment(tmp_path_factory.mktemp("home")).items():
            caller.setenv(name, value)
        with kernels() as found:
            forked = attempts(found, project, ["probe"])
            forked |= attempts(found, project, ["spoil"])
            forked |= attempts(found, project, [*names, "probe-again"])
            forked |= attempts(found, beside, ["beside"])
            before = forkserver().memory_info().rss
            asked, now = request(project, "spoil"), today(project)
            with ThreadPoolExecutor(workers()) as pool:
                outcomes = list(pool.map(lambda _: attempt(found, now, asked), range(20)))
            memory = before, forkserver().memory_info().rss
            assert all(map(ran, outcomes))
        with kernels(cold=True) as found:
            cold = attempts(found, project, [*names, "probe"])
            cold |= attempts(found, beside, ["beside"])
    return Seen(forked, cold, memory)


@pytest.mark.parametrize("chapter", ["hives", "chart", "numbers", "probe"])
def test_forked_and_ordinary_kernels_give_the_same_bytes(seen: Seen, chapter: str) -> None:
    forked, cold = ran(seen.forked[chapter]), ran(seen.cold[chapter])
    assert json.dumps(forked.outputs) == json.dumps(cold.outputs)
    assert forked.published() == cold.published()
    assert forked.language == cold.language


def test_random_numbers_are_those_of_the_seed(seen: Seen) -> None:
    drawn = str(random.Random(SEED).random())
    assert printed(seen.forked["chance"]) == printed(seen.cold["chance"]) == drawn


def test_the_compared_chapters_show_image_table_and_numbers(seen: Seen) -> None:
    kinds = {
        kind
        for chapter in ("chart", "numbers")
        for cell in ran(seen.forked[chapter]).outputs
        for output in cell
        for kind in output.get("data", {})
    }
    assert {"image/png", "text/html", "text/plain"} <= kinds


def test_files_beside_the_notebooks_mean_the_same_to_both(seen: Seen) -> None:
    assert printed(seen.forked["beside"]) == printed(seen.cold["beside"])
    assert printed(seen.forked["beside"]).startswith("100")  # not the 33 of the settings there


def test_two_runs_of_one_forkserver_share_nothing(seen: Seen) -> None:
    assert printed(seen.forked["spoil"]) == "spoilt"
    probe = printed(seen.forked["probe"])
    assert printed(seen.forked["probe-again"]) == probe
    assert "[False, False, False] False" in probe
    assert "100.0 [] 0.5" in probe


def test_the_forkserver_keeps_its_size(seen: Seen) -> None:
    before, after = seen.memory
    assert before > 2**25
    assert abs(after - before) / before < 0.05


@pytest.mark.parametrize("kind", BOTH)
def test_no_secret_of_the_caller_reaches_a_kernel(seen: Seen, kind: str) -> None:
    found = seen.settled(kind)["environment"]
    assert SECRET not in json.dumps(found)
    assert not {"SECRET_TOKEN", "MATPLOTLIBRC", "PYTHONSTARTUP", "XDG_CONFIG_HOME"} & found.keys()


@pytest.mark.parametrize("kind", BOTH)
def test_a_kernel_has_exactly_the_variables_that_are_listed(seen: Seen, kind: str) -> None:
    passed = os.environ.keys() & set(PASSED_ON)
    private = {"HOME", "IPYTHONDIR", "MPLCONFIGDIR"}
    found = seen.settled(kind)["environment"]
    assert found.keys() == passed | SETTINGS.keys() | private | OF_IPYKERNEL


@pytest.mark.parametrize("kind", BOTH)
def test_settings_are_the_same_whatever_the_caller_has_set(seen: Seen, kind: str) -> None:
    found = seen.settled(kind)
    values = found["environment"]
    assert {name: values[name] for name in SETTINGS} == SETTINGS
    assert all(SETTINGS[f"{name}_NUM_THREADS"] == "1" for name in ("MKL", "OMP", "OPENBLAS"))
    assert (found["backend"].lower(), found["zone"]) == ("agg", "UTC")
    assert found["threads"] == 0  # linear algebra starts none
    assert Path(found["folder"]).name == "notebooks"


@pytest.mark.parametrize("kind", BOTH)
def test_the_users_startup_files_and_settings_are_not_read(seen: Seen, kind: str) -> None:
    found = seen.settled(kind)
    assert not found["hostile"]
    assert found["dpi"] == 100
    homes = {found["environment"][name] for name in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR")}
    assert len(homes) == 1
    assert not Path(homes.pop()).exists()  # any more


@pytest.mark.parametrize("kind", BOTH)
def test_a_kernel_is_a_group_of_its_own(seen: Seen, kind: str) -> None:
    assert seen.settled(kind)["leader"]


@pytest.mark.skipif(sys.platform != "linux", reason="not enforced elsewhere")
@pytest.mark.parametrize("kind", BOTH)
def test_a_kernel_has_a_limit_of_memory(seen: Seen, kind: str) -> None:
    assert 0 < seen.settled(kind)["data"] <= MEMORY_LIMIT


def test_the_environment_passes_on_only_what_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_TOKEN", "HOME", "LC_ALL", "PYTHONSTARTUP", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("TMPDIR", "/scratch")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    found = kernel_environment(tmp_path)
    assert SECRET not in found.values()
    assert found["TMPDIR"] == "/scratch"
    assert "PYTHONPATH" not in found
    assert found["HOME"] == found["MPLCONFIGDIR"] == str(tmp_path)


# Limits ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    project = build_project(tmp_path_factory.mktemp("limits") / "bees")
    sleep = "import time; time.sleep({})"
    hungry = {
        "bytes": "hives = bytearray(6 * 2**30)",
        "array": "import numpy; hives = numpy.ones(6 * 2**27)",
        "many": "hives = []\nwhile True: hives.append(bytearray(2**26))",
        "modest": "hives = bytearray(2**28)\nprint(len(hives))",
    }
    for name, source in hungry.items():
        write_chapter(project, name, "import os", source, "print('after')")
    write_chapter(project, "slow-cell", "import os", sleep.format(60), "print('after')")
    write_chapter(project, "slow-run", *[sleep.format(1.2)] * 20)
    write_chapter(project, "killed", "import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    with kernels() as found, ThreadPoolExecutor() as pool:
        asked = {
            RunLimits(): [*hungry, "killed"],
            RunLimits(cell=1): ["slow-cell"],
            RunLimits(run=6): ["slow-run"],
        }
        ended = [
            pool.submit(attempts, found, project, names, limits) for limits, names in asked.items()
        ]
        return {name: outcome for future in ended for name, outcome in future.result().items()}


@pytest.mark.skipif(sys.platform != "linux", reason="not enforced elsewhere")
@pytest.mark.parametrize("chapter", ["bytes", "array", "many"])
def test_a_cell_that_wants_too_much_memory_is_named(
    limited: dict[str, Outcome], chapter: str
) -> None:
    message = refusal(limited[chapter])
    assert f"{chapter}.ipynb, cell 3 ({chapter}-3): " in message
    assert "MemoryError" in message


def test_a_cell_that_wants_little_memory_gets_it(limited: dict[str, Outcome]) -> None:
    assert printed(limited["modest"]).split() == [str(2**28), "after"]


def test_a_cell_that_takes_too_long_is_stopped_and_named(limited: dict[str, Outcome]) -> None:
    message = refusal(limited["slow-cell"])
    assert message.endswith("slow-cell.ipynb, cell 3 (slow-cell-3): took too long and was stopped")


def test_a_run_that_takes_too_long_is_stopped_where_it_is(limited: dict[str, Outcome]) -> None:
    message = refusal(limited["slow-run"])
    assert message.endswith("took too long and was stopped")
    cell = int(message.partition("(slow-run-")[2].partition(")")[0])
    assert f"slow-run.ipynb, cell {cell} (" in message
    assert 2 <= cell <= 7  # of 21, each of which alone is quick enough


def test_a_kernel_that_dies_is_named_with_the_cell_that_it_ran(
    limited: dict[str, Outcome],
) -> None:
    assert refusal(limited["killed"]).endswith("killed.ipynb, cell 3 (killed-3): Kernel died")


# How kernels end -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disturbed:
    """What was seen of a kernel in the midst of a run, and after its context failed."""

    connections: list[Any]
    leader: bool
    left: bool
    outcome: Outcome


def waiting_project(folder: Path) -> Project:
    project = build_project(folder / "bees")
    write_chapter(project, "waiting", WAITING.format(away=folder))
    return project


def wait_for_kernel(folder: Path) -> Any:
    """The kernel of the waiting chapter, once that runs."""
    for _ in range(600):
        told = folder / "pid"
        if told.is_file() and told.read_text().endswith("\n"):
            return psutil.Process(int(told.read_text()))
        time.sleep(0.05)
    raise AssertionError("the chapter does not run")


@pytest.fixture(scope="module", params=BOTH)
def disturbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Disturbed:
    folder = tmp_path_factory.mktemp("disturbed")
    project, outcomes = waiting_project(folder), {}
    seen: dict[str, Any] = {}

    def disturb() -> None:
        with kernels(cold=request.param == "cold") as found:
            asked = (found, project, ["waiting"])
            thread = threading.Thread(target=lambda: outcomes.update(attempts(*asked)))
            thread.start()
            kernel, started = wait_for_kernel(folder), children()
            connections = [c for p in started for c in p.net_connections(kind="inet")]
            seen.update(started=started, thread=thread, connections=connections)
            seen["leader"] = os.getpgid(kernel.pid) == kernel.pid
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        disturb()
    left = not all_gone(seen.pop("started"), seconds=1)
    seen.pop("thread").join(30)
    return Disturbed(**seen, left=left, outcome=outcomes["waiting"])


def test_a_kernel_listens_on_no_port_but_ipykernels_own(disturbed: Disturbed) -> None:
    # ipykernel collects what children of the kernel print through one port of the loopback.
    listening = [c for c in disturbed.connections if c.status == psutil.CONN_LISTEN]
    assert len(listening) <= 1
    assert {c.laddr.ip for c in listening} <= {"127.0.0.1"}


def test_no_process_is_left_when_the_context_fails(disturbed: Disturbed) -> None:
    assert disturbed.leader
    assert not disturbed.left
    assert "waiting.ipynb, cell 2 (waiting-2): " in refusal(disturbed.outcome)


def test_no_process_outlives_a_runner_that_is_killed(tmp_path: Path) -> None:
    runners, started = [], []
    for kind in BOTH:
        (tmp_path / kind).mkdir()
        root = waiting_project(tmp_path / kind).root
        command = [sys.executable, "-c", RUNNER, str(root), kind]
        runners.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
    for kind, runner in zip(BOTH, runners, strict=True):
        kernel = wait_for_kernel(tmp_path / kind)
        started += children(runner.pid)
        assert kernel in started
        runner.kill()
        runner.wait()
    assert all_gone(started)


def test_an_empty_context_leaves_no_process_and_no_folder() -> None:
    with kernels() as found:
        started = children()
        assert started == [forkserver()]
        place = Place(Path("project"), Path("run"))
        folder = Path(found.config(place).ChapterKernelManager.private)
        assert folder.is_dir()
    assert all_gone(started, seconds=0)
    assert not folder.exists()


# Forked processes ------------------------------------------------------------------------


def test_a_forked_process_answers_as_one_of_the_standard_library_does(tmp_path: Path) -> None:
    with kernels() as found:
        settings = found.config(Place(tmp_path, tmp_path)).ChapterKernelManager
        ask = {
            "root": str(tmp_path),
            "log": str(tmp_path / "log"),
            "arguments": ["-f", str(tmp_path / "connection.json")],
            "folder": str(tmp_path),
            "environment": kernel_environment(tmp_path),
        }
        first, second = (ForkedProcess(settings.forkserver, ask) for _ in range(2))
        assert first.pid != second.pid
        assert (first.poll(), first.returncode) == (None, None)
        first.kill()
        assert first.wait() == first.poll() == first.returncode == -signal.SIGKILL
        first.send_signal(signal.SIGTERM)  # to nobody
        assert second.poll() is None
        second.terminate()
        assert second.wait() == -signal.SIGTERM
        failing = ForkedProcess(settings.forkserver, {**ask, "folder": str(tmp_path / "none")})
        assert failing.wait() == 1
        third = ForkedProcess(settings.forkserver, ask)
    assert third.wait() == -signal.SIGKILL
    assert not psutil.pid_exists(third.pid) or not lives(psutil.Process(third.pid))


def test_where_no_forkserver_answers_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimbook.runs.kernels.manager._START_TIME", 0.1)
    with pytest.raises(ClaimbookError, match="no kernel could be forked"):
        ForkedProcess(str(tmp_path / "forkserver"), {})
