"""Damage to SDTM as SAS transport files and as Dataset-JSON."""

import json

from tests.data.corpus.case import damaged


def cut(path, keep):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


def swap(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


# SAS transport


@damaged("xpt-5", "xpt-header", "VS")
def a_first_header_that_is_no_header(folder):
    swap(folder / "vs.xpt", b"HEADER RECORD", b"HEADER RECOLL")


@damaged("xpt-8", "xpt-header", "VS")
def a_first_header_that_is_no_header_in_version_8(folder):
    swap(folder / "vs.xpt", b"HEADER RECORD", b"HEADER RECOLL")


@damaged("xpt-5", "xpt-header", "DM")
def a_file_of_zeros(folder):
    (folder / "dm.xpt").write_bytes(b"\0" * 4000)


@damaged("xpt-5", "xpt-header", "AE")
def a_text_with_the_name_of_a_dataset(folder):
    (folder / "ae.xpt").write_text("subject_id,term\n" * 100)


@damaged("xpt-5", "xpt-header", "QS")
def an_empty_dataset_file(folder):
    (folder / "qs.xpt").write_bytes(b"")


@damaged("xpt-5", "truncated", "MO")
def a_dataset_cut_off(folder):
    cut(folder / "mo.xpt", 0.501)


@damaged("xpt-8", "truncated", "MO")
def a_dataset_cut_off_in_its_header(folder):
    path = folder / "mo.xpt"
    path.write_bytes(path.read_bytes()[:700])


@damaged("xpt-5", "dataset-name", "VS")
def a_dataset_under_another_name(folder):
    (folder / "ae.xpt").replace(folder / "vs.xpt")


@damaged("xpt-5", "missing-table", "DM")
def a_dataset_that_was_not_delivered(folder):
    (folder / "dm.xpt").unlink()


@damaged("xpt-5", "unknown-file", "lb")
def a_domain_the_trial_does_not_have(folder):
    (folder / "lb.xpt").write_bytes((folder / "vs.xpt").read_bytes())


@damaged("xpt-5", "outside-folder", "VS")
def a_link_out_of_the_folder(folder):
    (folder / "vs.xpt").rename(folder.parent / "vs.xpt")
    (folder / "vs.xpt").symlink_to("../vs.xpt")


@damaged("xpt-5", "not-a-file", "VS")
def a_folder_in_place_of_a_dataset(folder):
    (folder / "vs.xpt").unlink()
    (folder / "vs.xpt").mkdir()


# Dataset-JSON


def rewrite(folder, name, change):
    """Change the parsed object of a dataset and write it again."""
    path = folder / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    given = change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return given


def place(content, variable):
    return next(k for k, column in enumerate(content["columns"]) if column["name"] == variable)


@damaged("json", "json", "VS")
def a_json_file_cut_off(folder):
    cut(folder / "vs.json", 0.7)


@damaged("json", "json", "VS")
def lists_nested_a_hundred_thousand_deep(folder):
    (folder / "vs.json").write_text("[" * 100_000 + "]" * 100_000)


@damaged("json", "json", "VS")
def a_list_for_an_object(folder):
    (folder / "vs.json").write_text("[]")


@damaged("json", "json", "VS")
def a_number_json_does_not_have(folder):
    path = folder / "vs.json"
    path.write_text(path.read_text().replace('"records": ', '"x": NaN, "records": ', 1))


@damaged("json", "encoding", "AE")
def a_json_file_in_utf_16(folder):
    path = folder / "ae.json"
    path.write_bytes(path.read_text().encode("utf-16"))


@damaged("json", "version", "VS")
def a_version_of_another_standard(folder):
    rewrite(folder, "vs", lambda content: content.update(datasetJSONVersion="1.0.0"))


@damaged("json", "truncated", "VS")
def fewer_records_than_announced(folder):
    rewrite(folder, "vs", lambda content: content["rows"].pop() and None)


@damaged("json", "row-length", "VS")
def a_record_with_a_value_too_few(folder):
    return rewrite(folder, "vs", lambda content: content["rows"][4].pop() and 5)


@damaged("json", "missing-header", "VS")
def a_file_without_columns(folder):
    rewrite(folder, "vs", lambda content: content.pop("columns") and None)


@damaged("json", "dataset-name", "VS")
def a_dataset_that_calls_itself_otherwise(folder):
    rewrite(folder, "vs", lambda content: content.update(name="LB"))


@damaged("json", "json-type", "DM")
def a_number_where_text_is_declared(folder):
    return rewrite(folder, "dm", lambda content: content["rows"][2].__setitem__(place(content, "SEX"), 7) or 3)


@damaged("json", "encoding", "AE")
def a_nul_character_in_a_text(folder):
    def change(content):
        content["rows"][0][place(content, "AETERM")] = "Fe\0ver"
        return 1

    return rewrite(folder, "ae", change)


@damaged("json", "length", "adverse_events")
def a_text_of_ten_megabytes(folder):
    def change(content):
        content["rows"][0][place(content, "AETERM")] = "x" * 10_000_000
        return 1

    return rewrite(folder, "ae", change)


@damaged("json", "missing-column", "DM")
def a_variable_that_is_missing(folder):
    def change(content):
        at = place(content, "SEX")
        del content["columns"][at]
        for row in content["rows"]:
            del row[at]

    rewrite(folder, "dm", change)


@damaged("json", "direct-identifier", "DM")
def a_date_of_birth(folder):
    def change(content):
        content["columns"].append({"itemOID": "x", "name": "DMDOB", "label": "DOB", "dataType": "string"})
        content["columns"][-1]["name"] = "BIRTHDATE"
        for row in content["rows"]:
            row.append("1954-03-12")

    rewrite(folder, "dm", change)


@damaged("ndjson", "json", "VS")
def a_line_that_is_no_json(folder):
    path = folder / "vs.ndjson"
    rows = path.read_text().splitlines()
    rows[3] = rows[3][:-4]
    path.write_text("\n".join(rows) + "\n")
    return 3


@damaged("ndjson", "truncated", "VS")
def a_line_that_is_missing(folder):
    path = folder / "vs.ndjson"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
