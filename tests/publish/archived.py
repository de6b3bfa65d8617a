"""A small project with a real run by DVC, a commit and a site, to archive; and archives to damage."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from helpers.cli import main
from helpers.publish import publish
from tests.baking import git
from tests.publish import mini

METADATA = "ro-crate-metadata.json"
PATIENT = "SYN-4711"

PIPELINE = """\
stages:
  deliver:
    desc: Deliver the export
    cmd: mkdir -p data/raw/{source} && cp export.csv data/raw/{source}/patients.csv && rm -f export.csv
    outs:
      - data/raw/{source}
  derive:
    cmd: mkdir -p data/processed && cp -r data/raw/{source}/. results/summary/provenance.json data/processed
    deps:
      - data/raw/{source}
    params:
      - publish.engine
    outs:
      - data/processed
  report:
    cmd: test -s data/processed/patients.csv
    deps:
      - data/processed
      - results/leakage/notebook.ipynb
    outs:
      - results/leakage/exhibits:
          persist: true
"""
IGNORED = (
    "/data/raw/*\n/data/processed/\n/results/leakage/notebook.ipynb\n/results/leakage/exhibits/\n/_site/\n/scratch/\n"
)
LOCKED = (
    "numpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=sha256:00\npandas==3.1.1 \\\n    --hash=sha256:00\n"
)


def commit(folder: Path) -> str:
    """Commit everything."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a state")
    return git(folder, "rev-parse", "HEAD")


def dvc(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, check=True, capture_output=True)


def make(folder: Path, *, synthetic: bool = True) -> Path:
    """Write the project, run it, commit it and build its site. The working folder must be `folder`."""
    mini.bake(folder, synthetic=synthetic)
    source = "synthetic" if synthetic else "export"
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows([["subject_id", "age"], [PATIENT, 61]])
    digest = hashlib.sha256(rows.getvalue().encode()).hexdigest()
    record = {
        "synthetic": synthetic,
        "source": source,
        "format": "csv",
        "patients": 1,
        "rows": {"patients": 1},
        "files": {"patients.csv": digest},
        "checksum": hashlib.sha256(f"patients.csv {digest}\n".encode()).hexdigest(),
        "blinded": False,
        "dates_shifted": False,
        "min_cell": 1,
        "banner": mini.BANNER if synthetic else "",
    }
    texts = {
        "dvc.yaml": PIPELINE.format(source=source),
        "export.csv": rows.getvalue(),
        "requirements.lock": LOCKED,
        ".gitignore": IGNORED,
        "results/summary/provenance.json": json.dumps(record),
        ".dvc/config": (mini.PROJECT / ".dvc/config").read_text(encoding="utf-8"),
        "data/codebook.yaml": (mini.PROJECT / "data/codebook.yaml").read_text(encoding="utf-8"),
        "src/helper.py": "ANSWER = 42\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    dvc(folder, "repro")
    commit(folder)
    publish("pandoc")
    return folder


def kypho(*arguments: str | Path) -> Result:
    """Run the command in this process, in the working folder."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def contents(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def crate(archive: Path) -> dict[str, dict]:
    """The entities of an archive by their identifiers."""
    return {entity["@id"]: entity for entity in json.loads(contents(archive)[METADATA])["@graph"]}


def packed(archive: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    """An archive of these members, whatever they are called and however often."""
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "w") as opened:
        warnings.simplefilter("ignore", UserWarning)  # of a name that is there twice
        for name, content in members:
            opened.writestr(name, content)
    return archive


def forged(archive: Path, target: Path, changes: dict[str, bytes | None], edit: Callable[[dict], None] = id) -> Path:
    """A copy with members changed, added or (None) taken out, its description made to agree, and then edited."""
    members = contents(archive)
    document = json.loads(members[METADATA])
    entities = {entity["@id"]: entity for entity in document["@graph"]}
    for name, content in changes.items():
        if content is None:
            del members[name]
            continue
        members[name] = content
        if name not in entities:
            entities[name] = {**entities["dvc.lock"], "@id": name, "name": name}
            document["@graph"].append(entities[name])
            entities["./"]["hasPart"].append({"@id": name})
        entities[name] |= {"contentSize": str(len(content)), "sha256": hashlib.sha256(content).hexdigest()}
    edit(entities)
    members[METADATA] = json.dumps(document).encode()
    return packed(target, list(members.items()))
