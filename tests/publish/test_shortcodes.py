from pathlib import Path, PurePosixPath

import pytest

from helpers.errors import PublishError
from helpers.publish.marks import Marked
from helpers.publish.shortcodes import expand
from helpers.publish.sources import Project

VARIABLES = {"data": {"patients": 31}, "leakage": {"rate": "58 %"}}


def expanded(text: str, root: Path = Path(), **environment: str) -> str:
    project = Project(root, Marked({}, "_quarto.yml"), (), VARIABLES, environment)
    return expand(
        text,
        project=project,
        file="page.qmd",
        first_line=5,
        embed=lambda target, place: f"[{target}|{place}]",
        folder=PurePosixPath("manuscript"),
    )


def test_a_variable_is_replaced_by_its_value():
    assert expanded("n = {{< var data.patients >}}, {{<var leakage.rate>}}") == "n = 31, 58 %"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("data.patient", "no patient (there is patients)"),
        ("data", "is a group"),
        ("data.patients.n", "nothing below it"),
    ],
)
def test_an_unknown_variable_is_an_error_with_file_and_line(key, says):
    with pytest.raises(PublishError) as caught:
        expanded(f"first\n{{{{< var {key} >}}}}")
    assert str(caught.value).startswith("page.qmd:6: ")
    assert says in str(caught.value)


def test_the_environment_is_shown_or_its_fallback():
    assert expanded('{{< env KYPHO_ENGINE "none" >}}', KYPHO_ENGINE="pandoc") == "pandoc"
    assert expanded('{{< env KYPHO_COMMIT "not recorded" >}}') == "not recorded"


def test_the_machines_environment_is_not_shown():
    with pytest.raises(PublishError, match="env HOME: only the build's own variables"):
        expanded('{{< env HOME "x" >}}')


def test_an_include_is_counted_from_the_page_and_expanded_in_turn(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "_part.md").write_text("\nn = {{< var data.patients >}}\n", encoding="utf-8")
    assert expanded("{{< include ../results/_part.md >}}", tmp_path) == "n = 31"


def test_an_include_of_nothing_is_an_error_with_file_and_line(tmp_path):
    with pytest.raises(PublishError, match=r"page\.qmd:5: include \.\./results/_part\.md: there is no such file"):
        expanded("{{< include ../results/_part.md >}}", tmp_path)


def test_an_embed_knows_its_place():
    assert expanded("a\n{{< embed x.ipynb#fig-a >}}") == "a\n[x.ipynb#fig-a|page.qmd:6]"


def test_an_escaped_shortcode_is_shown_as_it_is_written():
    assert expanded("`{{{< var data.patients >}}}`") == "`{{< var data.patients >}}`"
