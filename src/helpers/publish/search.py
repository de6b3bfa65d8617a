"""Search over the built site by Pagefind: an index of files, no service."""

import shutil
import subprocess
import sys
from pathlib import Path

from helpers.errors import PublishError

#: What Pagefind writes beside its index and the site does not use: ready-made interfaces and what they load.
UNUSED = ("pagefind-ui.*", "pagefind-modular-ui.*", "pagefind-component-ui.*", "pagefind-highlight.js")


def index_site(site: Path) -> None:
    """Write `site`/pagefind, the search index over all pages.

    Raises
    ------
    PublishError
        If Pagefind fails or finds no page.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pagefind", "--site", str(site), "--silent", "--keep-index-url"],
        capture_output=True,
        text=True,
        cwd=site,
    )
    if done.returncode or not (site / "pagefind" / "pagefind.js").is_file():
        raise PublishError(
            f"the search index could not be built: {(done.stderr or done.stdout).strip() or 'pagefind wrote none'}"
        )
    for pattern in UNUSED:
        for path in (site / "pagefind").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
