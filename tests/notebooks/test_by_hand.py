"""Notebooks as a researcher runs them: from the notebooks/ folder, with their default parameters."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

from helpers import paths
from tests.baking import digests

pytestmark = pytest.mark.pipeline


@pytest.mark.parametrize("endpoint", paths.ENDPOINTS)
def test_a_notebook_run_by_hand_gives_the_pipelines_records_and_leaves_its_results_alone(built, endpoint, monkeypatch):
    monkeypatch.delenv("KYPHO_OUTPUT", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(built / "src"))
    before = digests(built, "results")
    command = [sys.executable, "-m", "jupyter", "execute", f"{endpoint}.ipynb"]
    subprocess.run(command, cwd=built / "notebooks", check=True, capture_output=True)
    assert digests(built, "results") == before
    by_hand = (built / "scratch" / endpoint / "results.json").read_bytes()
    assert by_hand == (built / "results" / endpoint / "results.json").read_bytes()


def listens(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=20).read()
    except urllib.error.URLError:
        return False
    return True


@pytest.fixture
def jupyterlab(built):
    """A real JupyterLab on the baked copy's notebooks; yields its address."""
    environment = {**os.environ, "PYTHONPATH": str(built / "src"), "JUPYTER_PREFER_ENV_PATH": "1"}
    environment.pop("KYPHO_OUTPUT", None)
    log = built.parent / "jupyterlab.log"
    with log.open("w", encoding="utf-8") as handle:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"),
                *("--IdentityProvider.token=kypho", "--notebook-dir=notebooks", "--LabApp.collaborative=False"),
            ],
            cwd=built,
            env=environment,
            stdout=handle,
            stderr=subprocess.STDOUT,
        )
        try:
            for _ in range(1200):  # a busy machine is slow to start it, and it names its address before it listens
                found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", log.read_text(encoding="utf-8"))
                address = f"http://127.0.0.1:{found.group(1)}" if found else None
                if address and listens(f"{address}/api/status?token=kypho"):
                    break
                assert server.poll() is None, log.read_text(encoding="utf-8")
                time.sleep(0.1)
            else:
                pytest.fail(log.read_text(encoding="utf-8"))
            yield address
        finally:
            server.terminate()
            server.wait(60)


@pytest.mark.browser
def test_a_notebook_runs_top_to_bottom_in_a_real_jupyterlab(jupyterlab, built, browser):
    source = built / "notebooks" / "leakage.ipynb"
    original = source.read_bytes()
    written = built / "scratch" / "leakage" / "results.json"
    written.unlink(missing_ok=True)
    before = digests(built, "results")
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{jupyterlab}/lab/tree/leakage.ipynb?token=kypho&reset")
        # Before the notebook has the focus the menu's entry is there, but idle.
        page.locator(".jp-Notebook .jp-CodeCell").first.click(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name=re.compile(r"^Run All( Cells)?$")).click()
        for _ in range(600):
            if written.exists():
                break
            page.wait_for_timeout(100)
        # What was run is read from the saved file: JupyterLab takes cells out of sight off the page.
        for _ in range(60):
            page.keyboard.press("Control+s")
            page.wait_for_timeout(500)
            cells = [c for c in nbformat.read(source, as_version=4).cells if c.cell_type == "code"]
            if all(cell.execution_count for cell in cells):
                break
        page.close()
        assert all(cell.execution_count for cell in cells)
        outputs = [output for cell in cells for output in cell.outputs]
        assert [output.evalue for output in outputs if output.output_type == "error"] == []
        assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
        assert written.read_bytes() == (built / "results" / "leakage" / "results.json").read_bytes()
        assert digests(built, "results") == before
    finally:
        source.write_bytes(original)
