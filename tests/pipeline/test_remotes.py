"""DVC remotes as data/README.md describes them: what one person pushes, another pulls, and nothing has to run again."""

import getpass
import os
import re
import shlex
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.baking import GIT, ROOT, digests, run
from tests.conftest import SSHD

pytestmark = pytest.mark.pipeline

#: What git does not keep of a run, but for the pages.
KEPT = ("data/raw", "data/interim", "data/processed", "results")


def must(command: list[str], folder: Path) -> str:
    done = run(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def configure(folder: Path, **settings: str) -> None:
    """Set what is one person's own: `.dvc/config.local`, which git does not keep."""
    for name, value in settings.items():
        must(["dvc", "remote", "modify", "--local", "store", name, value], folder)


def pushed(workshop: Path, url: str, **settings: str) -> None:
    """Name the remote for everybody, commit, and push what the run has made."""
    must(["dvc", "remote", "add", "--default", "store", url], workshop)
    configure(workshop, **settings)
    must([*GIT, "commit", "-q", "-a", "-m", "remote"], workshop)
    must(["dvc", "push"], workshop)


def pulled(workshop: Path, clone: Path, **settings: str) -> None:
    """Clone elsewhere and pull: the clone has what was pushed, and nothing runs but the building of the pages."""
    must(["git", "clone", "-q", str(workshop), str(clone)], clone.parent)
    configure(clone, **settings)
    assert not (clone / "data/processed").exists()
    must(["dvc", "pull"], clone)
    assert digests(clone, *KEPT) == digests(workshop, *KEPT)
    ran = [set(re.findall(r"Running stage '(\w+)'", must(["dvc", "repro"], clone))) for _ in range(2)]
    assert ran == [{"publish"}, set()]
    assert must(["git", "status", "--porcelain"], clone) == ""


def test_what_is_pushed_to_a_folder_is_pulled_elsewhere_and_nothing_but_the_pages_is_made(workshop, tmp_path):
    pushed(workshop, str(tmp_path / "store"))
    pulled(workshop, tmp_path / "clone")


def test_without_the_remotes_files_a_pull_fails_and_says_so(workshop, tmp_path):
    pushed(workshop, str(tmp_path / "store"))
    lost = max((tmp_path / "store").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    lost.unlink()
    must(["git", "clone", "-q", str(workshop), str(tmp_path / "clone")], tmp_path)
    done = run(["dvc", "pull"], tmp_path / "clone")
    assert done.returncode != 0
    assert "failed to pull data from the cloud" in done.stderr


@pytest.fixture
def server(tmp_path):
    """A real SSH server on loopback, with keys of its own; gives the port, the user and the user's key."""
    if not SSHD:
        pytest.skip("sshd is not installed; on Debian: apt-get install openssh-server")
    place = tmp_path / "ssh"
    place.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd, started by root, shuts in the unknown
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (place / "config").write_text(
        f"""
        ListenAddress 127.0.0.1
        Port {port}
        HostKey {place / "host"}
        AuthorizedKeysFile {place / "user.pub"}
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        StrictModes no
        UsePAM no
        PidFile none
        Subsystem sftp internal-sftp
        """,
        encoding="utf-8",
    )
    with (place / "log").open("wb") as log:
        sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", place / "config"], stderr=log)
    try:
        until = time.monotonic() + 20
        while True:
            assert sshd.poll() is None and time.monotonic() < until, (place / "log").read_text()
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, getpass.getuser(), place / "user"
    finally:
        sshd.terminate()
        sshd.wait(timeout=20)


def test_what_is_pushed_over_ssh_is_pulled_elsewhere_and_nothing_but_the_pages_is_made(workshop, tmp_path, server):
    port, user, key = server
    own = {"user": user, "keyfile": str(key)}
    pushed(workshop, f"ssh://127.0.0.1:{port}{tmp_path}/store", **own)
    assert any((tmp_path / "store").rglob("*")), "the files came over the wire to this folder"
    pulled(workshop, tmp_path / "clone", **own)


def test_a_key_that_the_server_does_not_know_is_refused(workshop, tmp_path, server):
    port, user, _ = server
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "stranger"], check=True)
    must(["dvc", "remote", "add", "--default", "store", f"ssh://127.0.0.1:{port}{tmp_path}/store"], workshop)
    configure(workshop, user=user, keyfile=str(tmp_path / "stranger"))
    done = run(["dvc", "push"], workshop)
    assert done.returncode != 0
    assert "Permission denied" in done.stdout + done.stderr
    assert not (tmp_path / "store").exists()


def test_object_storage_asks_for_its_package_by_name(workshop):
    must(["dvc", "remote", "add", "--default", "store", "s3://bucket/kypho-01"], workshop)
    done = run(["dvc", "push"], workshop)
    assert done.returncode != 0
    assert "dvc[s3]" in done.stdout + done.stderr or "dvc_s3" in done.stdout + done.stderr


def test_dvc_takes_every_setting_of_the_readme(tmp_path):
    written = re.findall(r"^dvc remote .*$", (ROOT / "data/README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {line.split()[2] for line in written} == {"add", "modify"}
    must(["dvc", "init", "--no-scm"], tmp_path)
    for line in written:
        must([*shlex.split(line), *(["--force"] if " add " in line else [])], tmp_path)
