"""One file that outlives the machine: sources, results and site of a commit as an RO-Crate, and its verification."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers import paths
from helpers.errors import PublishError
from helpers.publish.archive.crate import METADATA, README, describe, readme
from helpers.publish.archive.members import Head, Member, checked_out, gather, write_zip
from helpers.publish.archive.verify import Verified, site_commits, verify_archive
from helpers.publish.check import banner_of, check_site, read_site
from helpers.publish.manifest import take_inventory
from helpers.publish.sources import load_project

__all__ = ["Verified", "Written", "verify_archive", "write_archive"]

#: Looks through members that git does not keep, given as name and bytes; a line for each that must not leave.
Screen = Callable[[Iterable[tuple[str, bytes]]], Sequence[str]]


@dataclass(frozen=True)
class Written:
    """An archive that was written: where, and what verifying it found."""

    path: Path
    found: Verified


def write_archive(output: Path | None, *, stale: Callable[[], Mapping[str, Sequence[str]]], screen: Screen) -> Written:
    """Write the RO-Crate of the commit that is checked out, and verify it before it takes its place.

    Parameters
    ----------
    output : Path, optional
        The zip file; by default below `scratch/`, named after the site and the commit.
    stale : callable
        Gives the stages that are out of date, each with its reasons.
    screen : callable
        Given the members that git does not keep, as name and bytes; gives what must not leave, a line each.

    Raises
    ------
    PublishError
        If the working tree is not the commit, a stage is out of date, the site is incomplete or of another commit, or
        something must not leave.
    """
    root = paths.root()
    head = checked_out(root)
    if found := stale():
        reasons = "\n".join(f"stage {name} is out of date: {'; '.join(why)}" for name, why in found.items())
        raise PublishError(f"{reasons}\nRun `kypho repro` and commit what it changed, then archive.")
    banner = banner_of(root)
    site_title = _check_site(root, head)
    members, restricted = gather(root, head)
    own = {name: member.content for name, member in members.items() if not member.tracked}
    if refused := screen(own.items()):
        raise PublishError("not archived: these files must not leave\n" + "\n".join(refused))
    members[README] = Member(readme(members, restricted, head, banner=banner))
    members[METADATA] = Member(describe(members, restricted, head, banner=banner))
    output = output or root / "scratch" / f"{_slug(site_title)}-{head.commit[:12]}.zip"
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.partial")
    try:
        write_zip(partial, members, head.time)
        verified = verify_archive(partial, name=output.name)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return Written(output, verified)


def _check_site(root: Path, head: Head) -> str:
    """Hold the site against every rule of publishing, its inventory and the commit; give its title."""
    project, site = load_project(root), paths.site()
    remedy = "Run `kypho publish`, then archive."
    try:
        built = read_site(project, site)
        check_site(project, site, built)
        inventory = take_inventory(project, built).to_json()
    except PublishError as error:
        raise PublishError(f"the site is not complete\n{error}\n{remedy}") from error
    manifest = site / "manifest.json"
    if not manifest.is_file() or manifest.read_text(encoding="utf-8") != inventory:
        raise PublishError(f"{paths.relative(manifest)}: the inventory does not agree with the pages. {remedy}")
    pages = ((path.name, path.read_bytes()) for path in sorted(site.rglob("*.html")))
    if (found := site_commits(pages)) != {head.commit[:12]}:
        said = ", ".join(sorted(found)) or "none"
        raise PublishError(
            f"{paths.relative(site)}: its pages name commit {said}, and {head.commit[:12]} is checked out. {remedy}"
        )
    return str(project.website.get("title") or root.name)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
