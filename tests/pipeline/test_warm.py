"""The warm process: what it forks is like a process of its own, and nothing of it outlives the run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.pipeline import warm
from tests.baking import MADE, at_work, digests, kypho, nobody_at_work

SOURCES = Path(warm.__file__).parents[2]


@pytest.fixture
def warmed(tmp_path, monkeypatch):
    """A warm process that can run what a test asks of `asked:main`."""
    (tmp_path / "asked.py").write_text("import os, sys, time\ndef main():\n    exec(sys.argv[1])\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{SOURCES}")
    monkeypatch.chdir(tmp_path)
    with warm.server():
        yield


def asked(source: str, **options) -> warm.Job:
    return warm.Job("asked:main", [source], **options)


@pytest.mark.parametrize(
    ("source", "code"),
    [("pass", 0), ("raise SystemExit(7)", 7), ("raise ValueError", 1), ("raise SystemExit('words')", 1)],
)
def test_a_fork_ends_with_the_code_of_its_work(warmed, source, code):
    assert asked(source).wait() == code


def test_a_fork_has_the_folder_the_environment_and_the_files_of_who_asked(warmed, tmp_path):
    said = tmp_path / "said"
    source = "print(os.getcwd(), os.environ['ASKED'], 'KYPHO_WARM' in os.environ)"
    with said.open("wb") as file, Path(os.devnull).open() as nothing:
        outputs = (nothing.fileno(), file.fileno(), file.fileno())
        job = asked(source, outputs=outputs, cwd=str(tmp_path), env={"ASKED": "yes"})
    assert job.wait() == 0
    assert said.read_text(encoding="utf-8") == f"{tmp_path} yes False\n"


def test_a_fork_is_polled_signalled_and_waited_for_like_a_process(warmed):
    job = asked("time.sleep(60)")
    assert job.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        job.wait(0.1)
    job.kill()
    assert job.wait(10) == -signal.SIGKILL
    assert job.poll() == -signal.SIGKILL


def test_a_fork_ends_with_who_asked_for_it(warmed, tmp_path):
    source = """
from helpers.pipeline.warm import Job
job = Job("asked:main", ["time.sleep(60)"])
print(job.pid, flush=True)
job.wait()
"""
    asker = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    fork = int(asker.stdout.readline())
    assert fork in at_work(tmp_path)
    asker.kill()
    asker.wait()
    asker.stdout.close()
    end = time.monotonic() + 10
    while fork in at_work(tmp_path) and time.monotonic() < end:
        time.sleep(0.1)
    assert fork not in at_work(tmp_path)


def test_a_module_that_cannot_be_imported_stops_nobody_who_does_not_need_it(tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text("this is no Python", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with warm.server(["broken", "json"]):
        for _ in range(3):
            assert warm.Job("time:tzset").wait() == 0
            time.sleep(0.2)


def test_nothing_outlives_the_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with warm.server():
        forks = [warm.Job("signal:pause") for _ in range(3)]
        assert {fork.pid for fork in forks} <= at_work(tmp_path)
    assert nobody_at_work(tmp_path)
    assert {fork.wait() for fork in forks} == {warm.GONE}


def test_when_the_server_is_killed_its_forks_are_ended_by_who_asked_and_no_new_one_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with warm.server():
        fork = warm.Job("signal:pause")
        server = next(each for each in at_work(tmp_path) if each != fork.pid)
        os.kill(server, signal.SIGKILL)
        assert fork.wait(10) == warm.GONE
        assert nobody_at_work(tmp_path)
        assert warm.Job("signal:pause").wait() == warm.GONE


def test_a_fork_knows_the_server_whose_end_it_does_not_survive(warmed):
    assert asked("sys.exit(int(os.environ['JPY_PARENT_PID']) != os.getppid())").wait() == 0


@pytest.mark.pipeline
def test_a_run_that_is_killed_leaves_no_process_and_the_next_one_finishes_it(workshop, built):
    environment = {**os.environ, "PYTHONPATH": str(workshop / "src")}
    command = [sys.executable, "-m", "helpers", "repro", "--force"]
    for seconds in (3, 9, 15):
        process = subprocess.Popen(
            command, cwd=workshop, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
        assert nobody_at_work(workshop), "processes outlive the run"
    done = kypho(workshop, "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert digests(workshop, *MADE) == digests(built, *MADE)
