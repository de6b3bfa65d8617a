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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

#: Where the server listens; set for everything that `kypho repro` starts, absent elsewhere.
VARIABLE = "KYPHO_WARM"

# One thread and one set of BLAS kernels, whatever the machine offers: the order of a sum decides its last bits.
ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
}

#: Imported before and after the modules that the caller of `server` names: what judges stages, what runs notebooks.
FIRST = ("dvc.cli", "dvc.commands.repro", "dvc.repo.reproduce", "dvc.stage.run")
KERNEL = ("papermill", "ipykernel.kernelapp", "ipykernel.ipkernel", "helpers.pipeline.notebook")

_LENGTH = 8  # digits of the length of a request


class Job:
    """Something that the server runs in a process of its own; the part of `subprocess.Popen` that its users need."""

    stdin = stdout = stderr = None

    def __init__(
        self,
        kind: str,
        arguments: Sequence[str],
        *,
        outputs: Sequence[int] = (0, 1, 2),
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ):
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(os.environ[VARIABLE])
        request = {"kind": kind, "argv": list(arguments), "env": dict(env or os.environ), "cwd": cwd or str(Path.cwd())}
        body = json.dumps(request).encode()
        socket.send_fds(self._connection, [b"%0*d" % (_LENGTH, len(body))], list(outputs))
        self._connection.sendall(body)
        self._answers = self._connection.makefile("r")
        self.pid = int(self._answers.readline() or 0)

    def wait(self, timeout: float | None = None) -> int:
        """Exit code of the process; 255 if the server went away."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._answers.readline() or 255)
            except TimeoutError:
                raise subprocess.TimeoutExpired("warm process", timeout or 0) from None
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as ready:
                ready.register(self._connection, selectors.EVENT_READ)
                if ready.select(0):
                    self.wait()
        return self.returncode

    def send_signal(self, signum: int) -> None:
        if self.returncode is None and self.pid:
            os.killpg(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextmanager
def server(modules: Sequence[str] = ()) -> Iterator[None]:
    """A warm process for the length of a `with`, announced in the environment; it has `modules` loaded."""
    with tempfile.TemporaryDirectory(prefix="kypho-", ignore_cleanup_errors=True) as folder:
        address = str(Path(folder) / "warm")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen(64)
            process = subprocess.Popen(
                [sys.executable, "-m", "helpers.pipeline.warm", str(listening.fileno()), *modules],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
        os.environ[VARIABLE] = address
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            process.stdin.close()
            process.wait()


def note(stage: str, done: int, of: int) -> None:
    """Say for whoever follows the run how many cells of a stage are done."""
    Path(f"{os.environ[VARIABLE]}-{stage}").write_text(f"{done}/{of}", encoding="utf-8")


def noted() -> dict[str, str]:
    """What stages have said of their cells, as `done/of`."""
    address = Path(os.environ[VARIABLE])
    files = address.parent.glob(f"{address.name}-*")
    return {file.name.removeprefix(f"{address.name}-"): file.read_text(encoding="utf-8") for file in files}


def _run(request: dict) -> int:
    """The work of a forked process; gives its exit code."""
    kind, arguments = request["kind"], request["argv"]
    sys.argv = [kind, *arguments]
    if kind == "dvc":
        from dvc.cli import main

        return main(arguments)
    if kind == "plan":
        print(json.dumps(_plan(arguments)))
        return 0
    if kind == "python":
        import runpy

        module, *sys.argv[1:] = arguments
        sys.argv[0] = module
        os.environ["JPY_PARENT_PID"] = str(os.getppid())
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    from helpers.cli import main as kypho

    kypho(args=arguments, prog_name="kypho")
    return 0


def _plan(targets: Sequence[str]) -> dict:
    """What DVC knows of `targets`, or of all stages: what each needs, in the order of a serial run; what is stale."""
    from dvc.repo import Repo
    from dvc.repo.reproduce import collect_stages, plan_repro

    with Repo(_wait_for_lock=True) as repo:
        graph = repo.index.graph
        order = plan_repro(graph, collect_stages(repo, targets) or None)
        needs = {stage.addressing: [needed.addressing for needed in graph.successors(stage)] for stage in order}
        return {"needs": needs, "stale": list(repo.status(targets=list(targets) or None, with_deps=True))}


def _become(request: dict, descriptors: Sequence[int]) -> None:
    """The forked process: the environment, folder and files of who asked for it; never returns."""
    code = 1
    try:
        for signum in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        for target, given in enumerate(descriptors):
            os.dup2(given, target)
            os.close(given)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        try:
            code = _run(request)
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
    def __init__(self, listening: socket.socket, modules: Sequence[str]):
        self.listening = listening
        os.environ["JPY_PARENT_PID"] = str(os.getpid())  # whose end a kernel does not survive; ipykernel reads it early
        self.children: dict[int, socket.socket] = {}
        self.waiting = [*FIRST, *modules, *KERNEL]
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
                    return self.end()
                if key.data == "asked":
                    self.fork(self.listening.accept()[0])
                elif key.data == "ended":
                    key.fileobj.recv(4096)
                    self.reap()
                elif key.data in self.children:  # who asked for it is gone
                    with suppress(ProcessLookupError):
                        os.killpg(key.data, signal.SIGKILL)
                    self.events.unregister(key.fileobj)
            if self.waiting:
                importlib.import_module(self.waiting.pop(0))

    def fork(self, connection: socket.socket) -> None:
        head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH, 3)
        body = b""
        while len(body) < int(head):
            body += connection.recv(int(head) - len(body))
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
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    _Server(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]).serve()
