"""An export that looks real: the synthetic one without any mark of the generator."""

from pathlib import Path


def unmark(export) -> Path:
    """Take the generator's marks off the export under the knife and call it `data/raw/hospital`; give its folder."""
    for table in export.codebook.tables:
        rows = export.rows(table)
        export.save(table, [row | {"subject_id": row["subject_id"].removeprefix("SYN-")} for row in rows])
    for name in ("synthetic.json", "truth.json"):
        (export.folder / name).unlink(missing_ok=True)
    export.folder = export.folder.rename(export.folder.with_name("hospital"))
    return export.folder


def named(params, source: str = "hospital", *, blinded: bool = False):
    """The parameters with `data.source` and `blinding.enabled` set."""
    return params.model_copy(
        update={
            "data": params.data.model_copy(update={"source": source}),
            "blinding": params.blinding.model_copy(update={"enabled": blinded}),
        }
    )
