import base64

import nbformat
import pytest

from helpers.errors import NotebookError
from helpers.pipeline import exhibits
from helpers.pipeline.notebook import check_parameters, declared_parameters


def write(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return path


def parameters(source, tag="parameters"):
    return nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").touch()
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "notebooks" / "pain.ipynb"


def test_declared_parameters_are_read_without_running_anything(project):
    write(project, parameters('population = "ITT"  # analysis set\nshrink = -1.5'))
    assert declared_parameters(project) == {"population": "ITT", "shrink": -1.5}


def test_a_parameters_cell_that_computes_is_refused(project):
    write(project, parameters("a = 1\nb = a + 1"))
    with pytest.raises(NotebookError, match=r"notebooks/pain\.ipynb, parameters cell, line 2"):
        declared_parameters(project)


def test_a_notebook_without_a_parameters_cell_is_refused(project):
    write(project, nbformat.v4.new_code_cell("a = 1"))
    with pytest.raises(NotebookError, match="0 cells are tagged"):
        declared_parameters(project)


def test_every_parameter_that_one_side_lacks_is_named(project):
    write(project, parameters('population = "ITT"'))
    with pytest.raises(NotebookError) as caught:
        check_parameters(project, {"popluation": "ITT"})
    assert "popluation is in params.yaml" in str(caught.value)
    assert "population is in the parameters cell" in str(caught.value)


def test_a_value_that_differs_from_the_notebooks_default_is_noted(project, capsys):
    write(project, parameters('population = "ITT"'))
    check_parameters(project, {"population": "ITT"})
    assert capsys.readouterr().out == ""
    check_parameters(project, {"population": "PP"})
    assert "population is 'PP' in params.yaml and 'ITT' in notebooks/pain.ipynb" in capsys.readouterr().out


def exhibit_cell(source, *, alt="Ten of sixteen."):
    data = {"image/svg+xml": "<svg/>", "image/png": base64.b64encode(b"png").decode(), "text/csv": "a\n1\n"}
    output = nbformat.v4.new_output("display_data", data, metadata={exhibits.METADATA: {"kind": "figure", "alt": alt}})
    return nbformat.v4.new_code_cell(source, outputs=[output])


def test_an_exhibit_becomes_files_named_by_its_label(tmp_path):
    cell = exhibit_cell("#| label: fig-x\n#| fig-alt: Two points.\ndraw()")
    assert exhibits.extract(nbformat.v4.new_notebook(cells=[cell]), tmp_path) == ["fig-x"]
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "fig-x.svg": b"<svg/>",
        "fig-x.png": b"png",
        "fig-x.csv": b"a\n1\n",
        "fig-x.txt": b"Two points. Ten of sixteen.\n",
    }
    assert '#| fig-alt: "Two points. Ten of sixteen."' in cell.source
    assert "text/csv" not in cell.outputs[0].data and cell.outputs[0].metadata == {}


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["draw()"], "cell 1 shows an exhibit without a label"),
        (["#| label: fig-x\na()", "#| label: fig-x\nb()"], "cell 2, label fig-x"),
    ],
)
def test_an_exhibit_that_cannot_be_named_is_refused(tmp_path, sources, message):
    cells = [exhibit_cell(source) for source in sources]
    with pytest.raises(NotebookError, match=message):
        exhibits.extract(nbformat.v4.new_notebook(cells=cells), tmp_path)
