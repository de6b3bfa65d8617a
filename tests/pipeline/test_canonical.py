import nbformat
import pytest

from helpers.errors import NotebookError
from helpers.pipeline import canonical

CODE = "#| label: fig-x\n#| fig-alt: Two lines.\n1 + 1"


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def test_what_an_editor_writes_does_not_reach_the_canonical_form():
    plain = notebook(nbformat.v4.new_code_cell(CODE), nbformat.v4.new_markdown_cell("Text."))
    edited = notebook(
        nbformat.v4.new_code_cell(CODE, id="abc", metadata={"scrolled": True}, execution_count=4),
        nbformat.v4.new_markdown_cell("Text.\n", id="def"),
        nbformat.v4.new_code_cell("", id="empty"),
    )
    edited.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    assert canonical.dumps(canonical.source_form(plain)) == canonical.dumps(canonical.source_form(edited))


def test_the_canonical_form_is_its_own():
    once = canonical.source_form(
        notebook(nbformat.v4.new_code_cell(CODE), nbformat.v4.new_code_cell(CODE.replace("1", "2")))
    )
    assert canonical.dumps(canonical.source_form(once)) == canonical.dumps(once)
    nbformat.validate(once)


def test_tags_stay_and_name_the_cell():
    fresh = canonical.source_form(
        notebook(nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["parameters"], "editable": True}))
    )
    assert fresh.cells[0].metadata == {"tags": ["parameters"]}
    assert fresh.cells[0].id == "parameters"


def test_times_addresses_and_standard_error_leave_the_executed_form():
    cell = nbformat.v4.new_code_cell(
        "f",
        metadata={"papermill": {"duration": 0.1}, "execution": {"iopub.status.busy": "now"}},
        execution_count=7,
        outputs=[
            nbformat.v4.new_output("execute_result", {"text/plain": "<function f at 0x7f3a5c>"}, execution_count=7),
            nbformat.v4.new_output("stream", name="stderr", text="a warning at /some/path"),
        ],
    )
    text = canonical.dumps(canonical.executed_form(notebook(cell)))
    for trace in ("papermill", "iopub", "0x7f3a5c", "a warning", '"execution_count": 7'):
        assert trace not in text


def test_an_option_is_set_in_place_and_read_back_whatever_it_holds():
    cell = nbformat.v4.new_code_cell(CODE)
    canonical.set_option(cell, "fig-alt", 'He said: "10 of 16", # not 5\nof 15')
    assert canonical.options(cell) == {"label": "fig-x", "fig-alt": 'He said: "10 of 16", # not 5\nof 15'}
    assert cell.source.count("fig-alt") == 1 and cell.source.endswith("1 + 1")


def test_options_that_are_not_yaml_are_named():
    with pytest.raises(NotebookError, match="label"):
        canonical.options(nbformat.v4.new_code_cell("#| label: [fig"))
