"""What commands say of the data that ran and of what was built."""

from helpers import paths


def data() -> str:
    from helpers.data.provenance import load_provenance

    record = load_provenance()
    kind = "SYNTHETIC" if record.synthetic else f"export {record.source}"
    return f"{kind}, {record.patients} patients, sha256 {record.digest}"


def summary() -> str:
    site = paths.relative(paths.site())
    manuscript = ", ".join(f"{site}/manuscript/index.{kind}" for kind in ("html", "docx", "pdf", "xml"))
    return f"Built {site}/index.html; manuscript {manuscript}; data: {data()}"
