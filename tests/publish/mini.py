"""A small project baked into a temporary folder, with results made by hand, to test publishing without the pipeline."""

import base64
import json
import re
import struct
import zlib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

PROJECT = Path(__file__).resolve().parents[2]
COMMIT = "0123456789ab"
BANNER = "SYNTHETIC DATA, NOT TRIAL RESULTS"

CONFIG = """\
project:
  type: website
  output-dir: _site
  render:
    - index.qmd
    - manuscript/*.qmd
    - results/leakage/notebook.ipynb
    - 404.qmd
  resources:
    - /results/*/results.json
    - /results/*/exhibits/*
    - /results/summary/results.csv
    - /results/summary/results.js
    - /manuscript/assets/exhibits.js
    - /manuscript/assets/explorer.js
    - /manuscript/assets/numbers.js
    - /manuscript/assets/tabs.js
    - /results/summary/preview.png

website:
  title: KYPHO-01
  site-url: https://mini.example/below
  image: results/summary/preview.png
  favicon: manuscript/assets/favicon.svg
  description: A compendium
  navbar:
    left:
      - text: Home
        href: index.qmd
      - text: Manuscript
        href: manuscript/index.qmd
      - text: Endpoints
        menu:
          - text: Cement leakage
            href: results/leakage/notebook.ipynb
      - text: Reproducibility
        href: manuscript/reproducibility.qmd
  search: true
  page-footer:
    left: "A footer."

execute:
  enabled: false

lang: en
filters:
  - path: manuscript/assets/banner.lua
    at: pre-quarto
  - path: manuscript/assets/floats.lua
    at: pre-render
  - path: manuscript/assets/tabs.lua
    at: post-render
  - path: manuscript/assets/exhibits.lua
    at: post-render
  - path: manuscript/assets/metadata.lua
    at: post-render
  - path: manuscript/assets/numbers.lua
    at: post-render
  - path: manuscript/assets/print.lua
    at: post-finalize

format:
  html:
    theme:
      light: [cosmo, manuscript/assets/theme.scss]
      dark: [darkly, manuscript/assets/theme-dark.scss]
    respect-user-color-scheme: true
    css: [manuscript/assets/site.css, manuscript/assets/numbers.css]
    toc: true
    code-fold: true
    html-math-method: mathml
    notebook-links: false
"""

INDEX = """\
---
title: KYPHO-01
subtitle: A small compendium
---

Of {{< var data.patients >}} patients, **{{< var leakage.success.kp_events >}}** had no leak.
See the [manuscript](manuscript/index.qmd) and the [leakage page](results/leakage/notebook.ipynb).

::: {.callout-note title="Status"}
These are *fabricated* rows.
:::

::: {.panel-tabset}
## Figure

{{< embed results/leakage/notebook.ipynb#fig-leakage-success >}}

## Table

{{< embed results/leakage/notebook.ipynb#tbl-leakage-success >}}
:::

@fig-leakage-success and @tbl-leakage-success belong together.

## More to read

::: {.lead}
A plain fenced div.
:::
"""

MISSING = """\
---
title: Page not found
toc: false
---

Go on from the [home page](index.qmd), the [manuscript](manuscript/index.qmd#sec-results) or
[elsewhere](https://clinicaltrials.gov/).
"""

MANUSCRIPT = """\
---
title: Balloon kyphoplasty against vertebroplasty
subtitle: A randomised phase II trial
author:
  - name: The KYPHO-01 investigators
    affiliations:
      - name: A hospital
abstract: |
  **Background.** Cement leaks.

  **Results.** {{< var leakage.success.kp_events >}} events.
keywords: [metastasis, leakage]
bibliography: references.bib
number-sections: true
format:
  html:
    toc: true
  docx:
    reference-doc: assets/reference.docx
  typst:
    template: assets/manuscript.typ
    citeproc: true
  jats:
    template: assets/manuscript.xml
---

# Introduction {#sec-introduction}

Leakage was common [@corcos2014], as @corcos2014 [p. 3] said.[^note]

[^note]: A footnote with $n = 1$ and {{< var data.patients >}}.

# Results {#sec-results}

## Primary {#sec-primary}

As @fig-leakage-success and @tbl-leakage-success show (see also @sec-introduction and [-@sec-primary]), it is so;
see @tbl-by-hand and @fig-by-hand too.

{{< embed ../results/leakage/notebook.ipynb#fig-leakage-success >}}

{{< embed ../results/leakage/notebook.ipynb#tbl-leakage-success >}}

| Arm | n |
|:----|--:|
| KP  | {{< var data.patients >}} |
| VP  | {{< var data.patients >}} |

: A table by hand. {#tbl-by-hand}

![A picture by hand.](picture.png){#fig-by-hand fig-alt="A grey square." width=40%}

$$
x = \\frac{1}{2}
$$

::: {.callout-warning collapse="true"}
## Careful
Read twice.
:::

## References {.unnumbered}

::: {#refs}
:::
"""

RESULTS = """\
---
title: All results
toc: false
---

::: {.results-explorer}
Without a script, see the [table](../results/leakage/results.json).
:::
"""

SAP = """\
---
title: Analysis plan
---

[Success]{#sap-5.1.2}.
"""

KEY = "leakage.success.success.m3.kp.events"
NUMBER = {
    "what": "Success, kyphoplasty, month 3: number with the event",
    "value": 9,
    "unit": "patients",
    "analysis": "leakage.success",
    "title": "Success rate",
    "method": "count",
    "population": "ITT",
    "set": "Intention to treat",
    "visit": "M3",
    "sap": "5.1.2",
    "endpoint": "leakage",
    "exhibits": ["tbl-leakage-success"],
    "rows": [1],
}
NUMBERS = f"{{\n{json.dumps(KEY)}: {json.dumps(NUMBER)}\n}}\n"
EXHIBITS = {
    label: {"folder": "results/leakage/exhibits", "sap": ["5.1.2"], "page": "results/leakage/notebook.html"}
    for label in ("fig-leakage-success", "tbl-leakage-success")
}

REPRODUCIBILITY = """\
---
title: Reproducibility
---

Engine {{< env KYPHO_ENGINE "quarto" >}}, commit {{< env KYPHO_COMMIT "not recorded" >}}.

{{< include ../results/summary/_provenance.md >}}

```bash
make repro
```
"""

FACTS = """\
scale:
  definition:
    - footnote with $n = 1$
    - \\frac{1}{2}
    - Success to month 3
    - 95 % interval
name:
  definition:
    - KYPHO-01
"""

BIBLIOGRAPHY = """\
@article{corcos2014,
  author = {Corcos, Gabriel and Dbjay, Jonathan and Mastier, Charles},
  title = {Cement Leakage in Percutaneous Vertebroplasty for Spinal Metastases},
  journal = {Spine},
  year = {2014}
}
"""

TABLE = "| Arm | n | Success |\n|:----|--:|--------:|\n| KP | 15 | 58 % |\n| VP | 16 | 32 % |"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="160" viewBox="0 0 320 160">'
    '<rect id="a" x="20" y="40" width="120" height="80" fill="#0072B2"/>'
    '<rect x="180" y="70" width="120" height="50" fill="#D55E00"/></svg>'
)
ALT = "Success in 58 % of kyphoplasty and 32 % of vertebroplasty patients."


def png(width: int = 8, height: int = 4, grey: int = 128) -> bytes:
    """A grey PNG picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def leakage_notebook() -> nbformat.NotebookNode:
    """An executed notebook as the pipeline leaves it."""
    figure = new_output(
        "display_data",
        data={"image/svg+xml": SVG, "image/png": base64.b64encode(png(320, 160)).decode(), "text/plain": ALT},
        metadata={"kypho": {"kind": "figure", "alt": ALT}},
    )
    table = new_output(
        "execute_result",
        data={"text/markdown": TABLE, "text/plain": "<Table>"},
        metadata={"kypho": {"kind": "table"}},
        execution_count=4,
    )
    cells = [
        new_raw_cell("---\ntitle: Cement leakage\nsubtitle: Success to month 3\n---"),
        new_markdown_cell(
            "The estimand in *one* sentence.\n\n## Data\n\nOne row a patient; @fig-leakage-success shows them."
        ),
        new_code_cell('population = "ITT"', metadata={"tags": ["parameters"]}, execution_count=1),
        new_code_cell("from helpers.endpoints import leakage", execution_count=2),
        new_markdown_cell("## Primary analysis\n\n### By arm"),
        new_code_cell(
            "#| label: fig-leakage-success\n#| fig-cap: Success by *arm*, with 95 % interval.\n"
            f"#| fig-alt: {ALT}\nforest(records)",
            outputs=[figure],
            execution_count=3,
        ),
        new_code_cell(
            "#| label: tbl-leakage-success\n#| tbl-cap: Success by arm.\ntable(records)",
            outputs=[table],
            execution_count=4,
        ),
        new_code_cell(
            "#| echo: false\nprint('shown')",
            outputs=[new_output("stream", name="stdout", text="shown\n")],
            execution_count=5,
        ),
        new_code_cell(
            "#| include: false\nprint('hidden')",
            outputs=[new_output("stream", name="stdout", text="hidden\n")],
            execution_count=6,
        ),
        new_code_cell("write_results(records)", execution_count=7),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return new_notebook(cells=cells, metadata=kernel)


def bake(folder: Path, *, synthetic: bool = True) -> Path:
    """Write the small project into `folder` and return it."""
    texts = {
        "params.yaml": "publish:\n  engine: pandoc\n",
        "dvc.yaml": "stages: {}\n",
        "_quarto.yml": CONFIG,
        "_variables.yml": f"data:\n  patients: 31\nleakage:\n  success:\n    kp_events: '[9]{{r={KEY}}}'\n",
        "index.qmd": INDEX,
        "404.qmd": MISSING,
        "CITATION.cff": (PROJECT / "CITATION.cff").read_text(encoding="utf-8"),
        "manuscript/index.qmd": MANUSCRIPT,
        "manuscript/reproducibility.qmd": REPRODUCIBILITY,
        "manuscript/results.qmd": RESULTS,
        "manuscript/sap.qmd": SAP,
        "manuscript/facts.yaml": FACTS,
        "manuscript/references.bib": BIBLIOGRAPHY,
        "results/leakage/notebook.ipynb": nbformat.writes(leakage_notebook()) + "\n",
        "results/leakage/results.json": "[]\n",
        "results/leakage/exhibits/fig-leakage-success.svg": SVG,
        "results/leakage/exhibits/fig-leakage-success.csv": f"arm,estimate,DATA\nKP,0.58,{BANNER}\n",
        "results/leakage/exhibits/fig-leakage-success.txt": ALT + "\n",
        "results/leakage/exhibits/tbl-leakage-success.csv": f"arm,n,DATA\nKP,15,{BANNER}\n",
        "results/summary/numbers.json": NUMBERS,
        "results/summary/exhibits.json": json.dumps(EXHIBITS),
        "results/summary/results.csv": f"value,DATA\n9,{BANNER}\n",
        "results/summary/results.js": "window.kyphoResults = undefined;\n",
        "results/summary/_provenance.md": "| What | Value |\n|:--|:--|\n| Rows | 31 |\n",
        "results/summary/provenance.json": json.dumps(
            {
                "synthetic": synthetic,
                "source": "synthetic",
                "patients": 31,
                "checksum": "0" * 64,
                "banner": BANNER if synthetic else "",
            }
        ),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "results/leakage/exhibits/fig-leakage-success.png").write_bytes(png(320, 160))
    (folder / "results/summary/preview.png").write_bytes(png(1200, 630))
    (folder / "manuscript/picture.png").write_bytes(png())
    for asset in sorted((PROJECT / "manuscript/assets").glob("*")):
        target = folder / "manuscript/assets" / asset.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(asset.read_bytes())
    # The template names pages that the small project does not have.
    template = folder / "manuscript/assets/manuscript.xml"
    text = re.sub(r"<supplementary-material.*?</supplementary-material>\n", "", template.read_text(), flags=re.DOTALL)
    template.write_text(text, encoding="utf-8")
    return folder
