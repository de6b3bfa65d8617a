"""The addresses of the site are stable: what was published stays, and what is new is put on the list."""

from pathlib import Path, PurePosixPath

import yaml

from helpers.publish.sources import load_page
from tests.baking import ROOT

LIST = Path(__file__).with_name("addresses.txt")


def published() -> set[str]:
    """The pages and files that the render list leads to; a notebook's page is HTML, and needs not have been run."""
    config = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
    found: set[str] = set()
    for entry in map(PurePosixPath, config["project"]["render"]):
        outputs = load_page(ROOT, entry).outputs() if entry.suffix == ".qmd" else (entry.with_suffix(".html"),)
        found.update(map(str, outputs))
    return found


def test_no_published_address_is_gone_and_every_new_one_is_listed():
    listed = LIST.read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed)), f"{LIST.name} is sorted and says each address once"
    gone = sorted(set(listed) - published())
    assert not gone, f"readers have cited {', '.join(gone)}; give the page its old place back"
    new = sorted(published() - set(listed))
    assert not new, f"add {', '.join(new)} to {LIST.relative_to(ROOT)}"
