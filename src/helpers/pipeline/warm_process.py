"""The warm process itself; `warm` starts it and speaks to it.

It holds on to the standard input that its maker gave it: when that closes, however the maker ended, the process ends
and takes everything that it forked with it.
"""

import atexit
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from helpers.pipeline.warm import LENGTH

#: Names whose end a kernel does not survive; ipykernel reads it when it is imported, here or in the fork.
PARENT = "JPY_PARENT_PID"


def _run(entry: str) -> int:
    module, function = entry.split(":")
    return getattr(importlib.import_module(module), function)() or 0


def shell() -> None:
    """Become the shell that runs the command in `sys.argv`."""
    os.execv("/bin/sh", ["sh", "-c", sys.argv[1]])


def _become(request: dict, descriptors: Sequence[int]) -> None:
    """The forked process: the environment, folder and files of who asked for it; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for target, given in enumerate(descriptors):
            os.dup2(given, target)
            os.close(given)
        os.chdir(request["cwd"])
        server = os.environ[PARENT]
        os.environ.clear()
        os.environ.update(request["env"])
        os.environ[PARENT] = server
        sys.argv = request["argv"]
        try:
            code = _run(request["entry"])
        except SystemExit as asked:
            code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
        except BaseException:
            traceback.print_exc()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _kill(fork: int) -> None:
    """End a fork and what it started; one that has no session of its own yet has started nothing."""
    try:
        os.killpg(fork, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(fork, signal.SIGKILL)


class Server:
    """Listens, forks, and tells whoever asked how the fork ended; loads `modules` meanwhile."""

    def __init__(self, listening: socket.socket, modules: Sequence[str]):
        self.listening = listening
        os.environ[PARENT] = str(os.getpid())
        self.children: dict[int, socket.socket] = {}
        self.waiting = list(modules)
        self.events = selectors.DefaultSelector()
        wake, waker = socket.socketpair()
        waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self.end)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self.kept = waker
        self.events.register(0, selectors.EVENT_READ, "maker")
        self.events.register(wake, selectors.EVENT_READ, "ended")
        self.events.register(listening, selectors.EVENT_READ, "asked")

    def serve(self) -> None:
        """Fork for whoever asks; import while nobody does."""
        # jsonschema's check of IRIs, which no schema of a notebook asks for, takes a second to compile its grammars
        sys.modules["rfc3987_syntax"] = None
        while True:
            for key, _ in self.events.select(0 if self.waiting else None):
                if key.data == "maker":  # it is gone: nothing else ever comes from it
                    self.end()
                elif key.data == "asked":
                    self.fork(self.listening.accept()[0])
                elif key.data == "ended":
                    key.fileobj.recv(4096)
                    self.reap()
                elif key.data in self.children:  # who asked for it is gone
                    _kill(key.data)
                    self.events.unregister(key.fileobj)
            if self.waiting:
                with suppress(Exception):  # the stage that needs it imports it again, and says what is wrong
                    importlib.import_module(self.waiting.pop(0))

    def fork(self, connection: socket.socket) -> None:
        head, descriptors, _, _ = socket.recv_fds(connection, LENGTH, 3)
        with connection.makefile("rb") as asked:
            body = asked.read(int(head or 0))
        if len(body) != int(head or -1):  # whoever asked is gone already
            connection.close()
            return
        gc.freeze()  # a fork that looked through what is loaded for garbage would copy it all
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

    def end(self, *_: object) -> NoReturn:
        """Take everything that was forked along, and end; in the middle of an import if need be."""
        signal.set_wakeup_fd(-1)
        for pid in self.children:
            _kill(pid)
            os.waitpid(pid, 0)
        os._exit(0)


if __name__ == "__main__":
    Server(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:]).serve()
