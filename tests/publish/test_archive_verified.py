"""Every kind of damage to an archive is found and named."""

import json
import re
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from tests.publish.archived import METADATA, contents, forged, kypho, packed

DATA = "data/processed/patients.csv"
EXHIBIT = "results/leakage/exhibits/fig-leakage-success.csv"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder that is no project."""
    monkeypatch.chdir(tmp_path)


def problems(archive: Path) -> list[str]:
    done = kypho("verify-archive", archive)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    first, *rest = done.output.removeprefix("error: ").strip().splitlines()
    if not rest:
        return [first]
    shown = [line for line in rest if not re.match(r"and \d+ more of the rule", line)]
    assert int(first.split()[0]) == len(shown) + sum(int(line.split()[1]) for line in rest if line not in shown)
    return shown


def test_a_sound_archive_is_verified_outside_any_project(sound, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    done = kypho("verify-archive", sound)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Sound: {sound}\nSYNTHETIC DATA, NOT TRIAL RESULTS")
    assert sorted(tmp_path.rglob("*")) == before  # nothing was unpacked


def test_one_flipped_byte_is_found(sound, tmp_path):
    raw = bytearray(sound.read_bytes())
    place = raw.index(contents(sound)["src/helper.py"])
    raw[place] ^= 1
    (tmp_path / "x.zip").write_bytes(raw)
    (problem,) = problems(tmp_path / "x.zip")
    assert problem.startswith("src/helper.py: checksum: its bytes are damaged")
    assert "Fetch the archive again" in problem


def test_one_flipped_byte_is_found_though_the_zip_file_agrees_with_it(sound, tmp_path):
    members = contents(sound) | {"src/helper.py": b"ANSWER = 43\n"}
    (problem,) = problems(packed(tmp_path / "x.zip", list(members.items())))
    assert problem.startswith("src/helper.py: checksum: its SHA-256 is not the one in the description.")


def test_any_byte_of_the_archive_that_is_flipped_is_found_or_means_nothing(sound, tmp_path):
    """Every 997th byte: either a problem is named, or all members are read as they were."""
    raw, members = sound.read_bytes(), contents(sound)
    silent = []
    for place in range(0, len(raw), max(997, len(raw) // 60)):
        changed = bytearray(raw)
        changed[place] ^= 0x55
        (tmp_path / "x.zip").write_bytes(changed)
        done = kypho("verify-archive", tmp_path / "x.zip")
        assert done.exit_code in (0, 2), done.exception
        if done.exit_code == 0:
            silent.append(place)
            assert contents(tmp_path / "x.zip") == members
    assert len(silent) < 10


def test_a_truncated_archive_is_no_zip_file(sound, tmp_path):
    (tmp_path / "x.zip").write_bytes(sound.read_bytes()[:-100])
    (problem,) = problems(tmp_path / "x.zip")
    assert "zip: it cannot be read as a zip file" in problem


def test_an_absent_file_is_said_in_words(tmp_path):
    (problem,) = problems(tmp_path / "absent.zip")
    assert "there is no such file" in problem


def test_a_removed_member_is_found(sound, tmp_path):
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {"index.qmd": None}))
    assert problem.startswith("index.qmd: listed: the description lists it, and it is not there.")


def test_an_added_member_is_found(sound, tmp_path):
    members = contents(sound) | {"extra.txt": b"?"}
    (problem,) = problems(packed(tmp_path / "x.zip", list(members.items())))
    assert problem.startswith("extra.txt: listed: the description does not list it.")


@pytest.mark.parametrize(
    "name",
    ["../helper.py", "src/../../helper.py", "/etc/helper.py", "C:/helper.py", "src\\helper.py", "src//helper.py"],
)
def test_a_name_that_leads_out_of_the_folder_is_found_even_if_it_is_listed(sound, tmp_path, name):
    found = problems(forged(sound, tmp_path / "x.zip", {"src/helper.py": None, name: b"ANSWER = 42\n"}))
    assert any(problem.startswith(f"{name}: name: its name leads out of the folder") for problem in found)


def test_a_member_that_is_there_twice_is_found(sound, tmp_path):
    members = [*contents(sound).items(), ("src/helper.py", b"ANSWER = 43\n")]
    assert "src/helper.py: name: it is there 2 times." in problems(packed(tmp_path / "x.zip", members))[0]


def test_a_link_is_found(sound, tmp_path):
    link = zipfile.ZipInfo("src/helper.py")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    members = {**contents(sound)}
    del members["src/helper.py"]
    found = problems(packed(tmp_path / "x.zip", [*members.items(), (link, b"/etc/passwd")]))
    assert any(problem.startswith("src/helper.py: kind: it is a link") for problem in found)


def test_a_member_that_unpacks_to_far_more_is_not_read(sound, tmp_path):
    bomb = zipfile.ZipInfo("src/helper.py")
    bomb.compress_type = zipfile.ZIP_DEFLATED
    members = {**contents(sound)}
    del members["src/helper.py"]
    found = problems(packed(tmp_path / "x.zip", [*members.items(), (bomb, bytes(50_000_000))]))
    assert found[0].startswith("src/helper.py: size: ")
    assert "would unpack to 50000000" in found[0]


def test_a_size_that_the_description_lies_about_is_found(sound, tmp_path):
    def lie(entities: dict) -> None:
        entities["src/helper.py"]["contentSize"] = "11"

    (problem,) = problems(forged(sound, tmp_path / "x.zip", {}, lie))
    assert problem.startswith("src/helper.py: size: it has 12 bytes, and the description says 11.")


def test_a_size_that_the_zip_file_lies_about_is_found(sound, tmp_path):
    raw = bytearray(sound.read_bytes())
    entry = raw.rindex(b"src/helper.py") - 46  # its central directory header; the size stands at 24 (APPNOTE 4.3.12)
    assert raw[entry : entry + 4] == b"PK\1\2"
    struct.pack_into("<I", raw, entry + 24, 4)
    (tmp_path / "x.zip").write_bytes(raw)
    assert problems(tmp_path / "x.zip")[0].startswith("src/helper.py: size: it has 4 bytes")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is no JSON-LD document"),
        (b"{", "it is no JSON-LD document"),
        (b"[1, 2]", "it is no JSON-LD document"),
        (b'{"@graph": [1]}', "it is no JSON-LD document"),
        (b'{"@graph": [], "@graph": []}', "a key is there twice"),
        (b"\xff\xfe", "it is no JSON-LD document"),
        (b"[" * 100_000, "it is no JSON-LD document"),
    ],
)
def test_a_description_that_cannot_be_read_is_found(sound, tmp_path, content, said):
    members = contents(sound) | {METADATA: content}
    (problem,) = problems(packed(tmp_path / "x.zip", list(members.items())))
    assert problem.startswith(f"{METADATA}: metadata: ") and said in problem


def test_an_archive_without_a_description_is_found(sound, tmp_path):
    members = contents(sound)
    del members[METADATA]
    (problem,) = problems(packed(tmp_path / "x.zip", list(members.items())))
    assert problem.startswith(f"{METADATA}: metadata: the archive has no description")


# RO-Crate 1.1, sections "Root Data Entity", "Data Entities", "Contextual Entities", "RO-Crate JSON-LD"; Process Run
# Crate 0.5 for the actions.
@pytest.mark.parametrize(
    ("entity", "key", "value", "said"),
    [
        (METADATA, "about", {"@id": "elsewhere/"}, "there is no metadata descriptor"),
        (METADATA, "conformsTo", {"@id": "https://example.org"}, "does not say that it conforms"),
        ("./", "@type", "Thing", "there is no root"),
        ("./", "name", None, "the root has no name"),
        ("./", "description", "", "the root has no description"),
        ("./", "datePublished", "yesterday", "is no date"),
        ("./", "license", None, "the root has no license"),
        ("./", "license", {"@id": "#nowhere"}, "refers to #nowhere, which is not described"),
        ("./", "author", {"name": "inside"}, "an entity stands inside another"),
        ("./", "hasPart", [], ".dvc/config is not in hasPart of the root"),
        ("./", "mentions", [], "#stage-derive is not in mentions of the root"),
        ("./", "conformsTo", None, "the root does not say that it conforms"),
        ("index.qmd", "sha256", "0", "index.qmd has no sha256"),
        ("index.qmd", "contentSize", "many", "index.qmd has no contentSize"),
        ("index.qmd", "encodingFormat", None, "index.qmd has no encodingFormat"),
        ("index.qmd", "license", None, "index.qmd has no licence"),
        ("index.qmd", "@type", None, "index.qmd has no @type"),
        ("index.qmd", "name", None, "index.qmd has no name"),
        ("#stage-derive", "instrument", None, "lacks instrument"),
    ],
)
def test_a_description_that_breaks_the_specification_is_found(sound, tmp_path, entity, key, value, said):
    def damage(entities: dict) -> None:
        entities[entity][key] = value

    found = problems(forged(sound, tmp_path / "x.zip", {}, damage))
    assert any(problem.startswith(f"{METADATA}: metadata: ") and said in problem for problem in found), found


def test_another_context_is_found(sound, tmp_path):
    members = contents(sound)
    document = json.loads(members[METADATA]) | {"@context": "https://schema.org"}
    members[METADATA] = json.dumps(document).encode()
    assert "@context is not that of RO-Crate 1.1" in problems(packed(tmp_path / "x.zip", list(members.items())))[0]


@pytest.mark.parametrize(
    ("name", "place", "stage"),
    [(EXHIBIT, "results/leakage/exhibits", "report"), ("results/leakage/notebook.ipynb", None, "report")],
)
def test_a_file_that_is_not_that_of_the_run_is_found_though_the_description_agrees_with_it(
    sound, tmp_path, name, place, stage
):
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {name: contents(sound)[name] + b"\n"}))
    assert problem.startswith(f"{place or name}: run: by dvc.lock, stage {stage} ")
    assert "The results are not those of the recorded run" in problem


def test_a_lock_that_is_not_that_of_the_files_is_found(sound, tmp_path):
    lock = contents(sound)["dvc.lock"].decode()
    first = lock.index("md5: ") + 5
    other = lock[:first] + ("0" if lock[first] != "0" else "1") + lock[first + 1 :]
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {"dvc.lock": other.encode()}))
    assert ": run: by dvc.lock, stage " in problem


def test_a_parameter_that_the_run_did_not_have_is_found(sound, tmp_path):
    changed = {"params.yaml": b"publish:\n  engine: quarto\n"}
    (problem,) = problems(forged(sound, tmp_path / "x.zip", changed))
    assert problem.startswith("params.yaml: run: publish.engine is not what stage derive ran with")


def test_a_command_that_did_not_run_is_found(sound, tmp_path):
    changed = contents(sound)["dvc.yaml"].replace(b"test -s", b"test -e")
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {"dvc.yaml": changed}))
    assert problem.startswith("dvc.lock: run: stage report ran another command than dvc.yaml says.")


@pytest.mark.parametrize("content", [b"stages: [1, 2]\n", b"{", b"stages:\n  derive: 3\n", b"\xff"])
def test_a_lock_that_cannot_be_read_is_found(sound, tmp_path, content):
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {"dvc.lock": content}))
    assert problem.startswith("dvc.lock: run: it or dvc.yaml cannot be read")


@pytest.mark.parametrize("key", ["name", "description"])
def test_a_banner_that_was_taken_out_of_the_description_is_found(sound, tmp_path, key):
    def damage(entities: dict) -> None:
        entities["./"][key] = "Results"

    (problem,) = problems(forged(sound, tmp_path / "x.zip", {}, damage))
    assert problem.startswith(f"{METADATA}: banner: it does not say 'SYNTHETIC DATA, NOT TRIAL RESULTS'")


def test_a_banner_that_was_taken_out_of_the_readme_is_found(sound, tmp_path):
    (problem,) = problems(forged(sound, tmp_path / "x.zip", {"README-ARCHIVE.md": b"# Results\n"}))
    assert problem.startswith("README-ARCHIVE.md: banner: ")


def test_a_record_that_calls_synthetic_data_real_is_found(sound, tmp_path):
    name = "results/summary/provenance.json"
    record = json.loads(contents(sound)[name]) | {"synthetic": False, "banner": ""}
    found = problems(forged(sound, tmp_path / "x.zip", {name: json.dumps(record).encode()}))
    assert any(problem.startswith(f"{METADATA}: data: ") and "disagree" in problem for problem in found)


def test_data_that_did_not_run_are_found(sound, tmp_path):
    name = "data/raw/synthetic/patients.csv"
    found = problems(forged(sound, tmp_path / "x.zip", {name: b"subject_id,age\nSYN-1,60\n"}))
    assert any(problem.startswith(f"{name}: data: it is not the file that") for problem in found)
    assert any(problem.startswith("data/raw/synthetic: run: ") for problem in found)


def test_pages_of_another_commit_are_found(sound, tmp_path):
    def damage(entities: dict) -> None:
        entities["#commit"]["value"] = "f" * 40

    (problem,) = problems(forged(sound, tmp_path / "x.zip", {}, damage))
    assert problem.startswith("#commit: site: the pages name commit ")
