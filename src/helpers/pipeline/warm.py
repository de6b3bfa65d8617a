"""A process that has the libraries loaded and from which stages and kernels are forked.

Importing costs more than most of the work: so it is done once, and only as long as one `kypho repro` lasts.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers import paths

# One thread and one set of BLAS kernels, whatever the machine offers: the order of a sum decides its last bits.
ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
}

#: Digits of the length of a request.
LENGTH = 8
#: What is given for the exit code of a process whose server went away; no process exits with it.
GONE = 256
#: Entry that gives its one argument to the shell.
SHELL = "helpers.pipeline.warm_process:shell"


class Job:
    """A function that the server runs in a process of its own; the part of `subprocess.Popen` that its users need.

    `entry` names it as entry points do, `package.module:function`; it finds `arguments` in `sys.argv`, and what it
    returns or exits with is the process's exit code. Folder and environment are those of the caller if not given.
    """

    stdin = stdout = stderr = None

    def __init__(
        self,
        entry: str,
        arguments: Sequence[str] = (),
        *,
        outputs: Sequence[int] = (0, 1, 2),
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ):
        self.returncode: int | None = None
        self.pid = 0
        request = {
            "entry": entry,
            "argv": [entry, *arguments],
            "env": dict(env or os.environ),
            "cwd": cwd or str(Path.cwd()),
        }
        body = json.dumps(request).encode()
        self._connection = socket.socket(socket.AF_UNIX)
        self._answers = self._connection.makefile("r")
        try:
            self._connection.connect(os.environ[paths.WARM_VARIABLE])
            socket.send_fds(self._connection, [b"%0*d" % (LENGTH, len(body))], list(outputs))
            self._connection.sendall(body)
            self.pid = int(self._answers.readline() or 0)
        except ConnectionError:
            self._end(GONE)

    def wait(self, timeout: float | None = None) -> int:
        """Exit code of the process, negative for a signal; `GONE`, and the process with it, if the server went away."""
        if self.returncode is None:
            with selectors.DefaultSelector() as answered:
                answered.register(self._connection, selectors.EVENT_READ)
                if not answered.select(timeout):
                    raise subprocess.TimeoutExpired("forked process", timeout)
            try:
                said = self._answers.readline()
            except ConnectionError:
                said = ""
            if not said:
                self.kill()
            self._end(int(said or GONE))
        return self.returncode

    def _end(self, code: int) -> None:
        self.returncode = code
        self._answers.close()
        self._connection.close()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, signum: int) -> None:
        if self.returncode is None and self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextmanager
def server(modules: Sequence[str] = ()) -> Iterator[None]:
    """A warm process for the length of a `with`, announced in the environment.

    It loads `modules` one after another whenever nobody asks for a fork.
    """
    with tempfile.TemporaryDirectory(prefix="kypho-", ignore_cleanup_errors=True) as folder:
        address = str(Path(folder) / "warm")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(64)
            process = subprocess.Popen(
                [sys.executable, "-m", "helpers.pipeline.warm_process", str(listening.fileno()), *modules],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
        os.environ[paths.WARM_VARIABLE] = address
        try:
            yield
        finally:
            del os.environ[paths.WARM_VARIABLE]
            process.terminate()
            process.wait()
            process.stdin.close()


def note(stage: str, done: int, of: int) -> None:
    """Say for whoever follows the run how many cells of a stage are done."""
    Path(f"{os.environ[paths.WARM_VARIABLE]}-{stage}").write_text(f"{done}/{of}", encoding="utf-8")


def noted() -> dict[str, str]:
    """What stages have said of their cells, as `done/of`."""
    address = Path(os.environ[paths.WARM_VARIABLE])
    files = address.parent.glob(f"{address.name}-*")
    return {file.name.removeprefix(f"{address.name}-"): file.read_text(encoding="utf-8") for file in files}
