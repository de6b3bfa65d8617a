"""The inventory of a built site: what it says and shows, not how; the same whichever engine made it."""

import json
from dataclasses import dataclass
from pathlib import Path

from helpers.files import write_text
from helpers.publish.sources import Project
from helpers.publish.tree import Built


@dataclass(frozen=True)
class Manifest:
    """Pages of a site with their headings and exhibits."""

    pages: dict[str, dict]

    def to_json(self) -> str:
        return json.dumps({"pages": self.pages}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def write(self, site: Path) -> None:
        write_text(site / "manifest.json", self.to_json())

    @property
    def exhibits(self) -> list[str]:
        """Labels of all exhibits, each once."""
        return sorted({exhibit["id"] for page in self.pages.values() for exhibit in page["exhibits"]})


def take_inventory(project: Project, built: dict[str, Built]) -> Manifest:
    """The manifest of `built`, whose keys are page sources."""
    pages = {}
    for page in project.pages:
        made = built[str(page.source)]
        pages[str(page.output)] = {
            "title": made.title,
            "formats": [str(path) for path in page.outputs()],
            "headings": [{"level": level, "anchor": anchor, "text": text} for level, anchor, text in made.headings],
            "exhibits": [
                {
                    "id": item.id,
                    "kind": item.kind,
                    "number": item.number,
                    "caption": item.caption,
                    "alt": list(item.alt),
                }
                for item in made.exhibits
            ],
        }
    return Manifest(pages)
