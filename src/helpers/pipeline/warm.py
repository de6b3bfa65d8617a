"""A process that has the libraries loaded and from which DVC, stages and kernels are forked.

Importing costs more than most of the work: so it is done once, and only as long as one `kypho repro` lasts. The server
holds on to the standard input that its maker gave it; when that closes, however the maker ended, the server ends and
takes every process that it forked with it.
"""

import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
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

_LENGTH = 8  # digits of the length of a request


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
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(os.environ[paths.WARM_VARIABLE])
        request = {
            "entry": entry,
            "argv": [entry, *arguments],
            "env": dict(env or os.environ),
            "cwd": cwd or str(Path.cwd()),
        }
        body = json.dumps(request).encode()
        socket.send_fds(self._connection, [b"%0*d" % (_LENGTH, len(body))], list(outputs))
        self._connection.sendall(body)
        self._answers = self._connection.makefile("r")
        self.pid = int(self._answers.readline() or 0)

    def wait(self, timeout: float | None = None) -> int:
        """Exit code of the process, negative for a signal; 255 if the server went away."""
        if self.returncode is None:
            with selectors.DefaultSelector() as answered:
                answered.register(self._connection, selectors.EVENT_READ)
                if not answered.select(timeout):
                    raise subprocess.TimeoutExpired("forked process", timeout)
            self.returncode = int(self._answers.readline() or 255)
            self._answers.close()
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, signum: int) -> None:
        if self.returncode is None and self.pid:
            os.killpg(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextmanager
def server() -> Iterator[Callable[[Sequence[str]], None]]:
    """A warm process for the length of a `with`, announced in the environment.

    Modules are loaded by the function that is given, one after another whenever nobody asks for a fork.
    """
    with tempfile.TemporaryDirectory(prefix="kypho-", ignore_cleanup_errors=True) as folder:
        address = str(Path(folder) / "warm")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(64)
            process = subprocess.Popen(
                [sys.executable, "-m", "helpers.pipeline.warm", str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
        os.environ[paths.WARM_VARIABLE] = address

        def load(modules: Sequence[str]) -> None:
            process.stdin.write(f"{' '.join(modules)}\n".encode())
            process.stdin.flush()

        try:
            yield load
        finally:
            del os.environ[paths.WARM_VARIABLE]
            process.stdin.close()
            process.wait()


def note(stage: str, done: int, of: int) -> None:
    """Say for whoever follows the run how many cells of a stage are done."""
    Path(f"{os.environ[paths.WARM_VARIABLE]}-{stage}").write_text(f"{done}/{of}", encoding="utf-8")


def noted() -> dict[str, str]:
    """What stages have said of their cells, as `done/of`."""
    address = Path(os.environ[paths.WARM_VARIABLE])
    files = address.parent.glob(f"{address.name}-*")
    return {file.name.removeprefix(f"{address.name}-"): file.read_text(encoding="utf-8") for file in files}


def _run(entry: str) -> int:
    module, function = entry.split(":")
    return getattr(importlib.import_module(module), function)() or 0


def _become(request: dict, descriptors: Sequence[int]) -> None:
    """The forked process: the environment, folder and files of who asked for it; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for target, given in enumerate(descriptors):
            os.dup2(given, target)
            os.close(given)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = request["argv"]
        try:
            code = _run(request["entry"])
        except SystemExit as asked:
            code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
        except BaseException:
            import traceback

            traceback.print_exc()
        import atexit

        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


class _Server:
    def __init__(self, listening: socket.socket):
        self.listening = listening
        os.environ["JPY_PARENT_PID"] = str(os.getpid())  # whose end a kernel does not survive; ipykernel reads it early
        self.children: dict[int, socket.socket] = {}
        self.waiting: list[str] = []
        self.events = selectors.DefaultSelector()
        wake, waker = socket.socketpair()
        waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self.kept = waker
        self.events.register(0, selectors.EVENT_READ, "maker")
        self.events.register(wake, selectors.EVENT_READ, "ended")
        self.events.register(listening, selectors.EVENT_READ, "asked")

    def serve(self) -> None:
        """Fork for whoever asks; import while nobody does."""
        while True:
            for key, _ in self.events.select(0 if self.waiting else None):
                if key.data == "maker":
                    asked = os.read(0, 1 << 16).decode()
                    if not asked:
                        return self.end()
                    self.waiting += asked.split()
                elif key.data == "asked":
                    self.fork(self.listening.accept()[0])
                elif key.data == "ended":
                    key.fileobj.recv(4096)
                    self.reap()
                elif key.data in self.children:  # who asked for it is gone
                    with suppress(ProcessLookupError):
                        os.killpg(key.data, signal.SIGKILL)
                    self.events.unregister(key.fileobj)
            if self.waiting:
                with suppress(Exception):  # the stage that needs it imports it again, and says what is wrong
                    importlib.import_module(self.waiting.pop(0))

    def fork(self, connection: socket.socket) -> None:
        head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH, 3)
        with connection.makefile("rb") as asked:
            body = asked.read(int(head or 0))
        if len(body) != int(head or -1):  # whoever asked is gone already
            connection.close()
            return
        pid = os.fork()
        if not pid:
            os.setsid()
            for other in (self.listening, connection, *self.children.values()):
                other.close()
            _become(json.loads(body), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.children[pid] = connection
        self.events.register(connection, selectors.EVENT_READ, pid)
        connection.sendall(b"%d\n" % pid)

    def reap(self) -> None:
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            connection = self.children.pop(pid)
            with suppress(KeyError, ValueError):
                self.events.unregister(connection)
            with suppress(OSError):
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            connection.close()

    def end(self) -> None:
        signal.set_wakeup_fd(-1)
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    _Server(socket.socket(fileno=int(sys.argv[1]))).serve()
