"""The Word reference document: paper, running header and footer, and the styles that Pandoc's Word writer names.

Both engines take the styles from manuscript/assets/reference.docx. Change the look of the Word file here, not in Word,
and run `python -c "from helpers.publish.reference import write; write()"`; a test holds the file against what this
module writes.
"""

import io
import zipfile

from helpers import paths

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

#: What stands in the running header until `word.finish_docx` puts the banner and the name of the site there.
HEADER = "Manuscript"

INK, GREY, BLUE, AMBER = "1B2733", "4A545D", "0B5C8F", "5C3C00"
SERIF, SANS, MONO = "Cambria", "Calibri", "Consolas"


def _font(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def _run(*, font: str = "", bold: bool = False, italic: bool = False, colour: str = "", size: float = 0) -> str:
    """Character properties, in the order that the schema wants."""
    parts = [
        _font(font) if font else "",
        "<w:b/>" if bold else "",
        "<w:i/>" if italic else "",
        f'<w:color w:val="{colour}"/>' if colour else "",
        f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>' if size else "",
    ]
    return "".join(parts)


def _paragraph(
    *,
    keep: bool = False,
    whole: bool = False,
    borders: str = "",
    fill: str = "",
    before: float = 0,
    after: float = 0,
    line: float = 1.0,
    left: float = 0,
    hanging: float = 0,
    align: str = "",
    level: int | None = None,
) -> str:
    """Paragraph properties, in points, in the order that the schema wants."""
    hang = f' w:hanging="{round(hanging * 20)}"' if hanging else ""
    parts = [
        "<w:keepNext/>" if keep else "",
        "<w:keepLines/>" if whole else "",
        "<w:widowControl/>",
        f"<w:pBdr>{borders}</w:pBdr>" if borders else "",
        f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else "",
        f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}" w:line="{round(line * 240)}" '
        'w:lineRule="auto"/>',
        f'<w:ind w:left="{round(left * 20)}"{hang}/>' if left or hanging else "",
        f'<w:jc w:val="{align}"/>' if align else "",
        f'<w:outlineLvl w:val="{level}"/>' if level is not None else "",
    ]
    return "".join(parts)


def _line(side: str, *, size: int = 4, space: int = 6, colour: str = "9AA3AB") -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'


def _style(
    kind: str, name: str, *, base: str = "", follow: str = "", paragraph: str = "", run: str = "", rest: str = ""
) -> str:
    """One style; its id is its name without spaces, as Pandoc looks it up."""
    first = ' w:default="1"' if name in ("Normal", "Default Paragraph Font", "Normal Table") else ""
    parts = [
        f'<w:style w:type="{kind}"{first} w:styleId="{_id(name)}"><w:name w:val="{name}"/>',
        f'<w:basedOn w:val="{_id(base)}"/>' if base else "",
        f'<w:next w:val="{_id(follow)}"/>' if follow else "",
        "<w:qFormat/>",
        f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "",
        f"<w:rPr>{run}</w:rPr>" if run else "",
        rest,
        "</w:style>",
    ]
    return "".join(parts)


def _id(name: str) -> str:
    words = name.split(" ")
    return "".join(word[:1].upper() + word[1:] for word in words)


def _headings() -> list[str]:
    looks = [(15, 20, 6), (12.5, 14, 4), (11, 10, 3), (10.5, 8, 2), (10.5, 8, 2), (10.5, 8, 2)]
    return [
        _style(
            "paragraph",
            f"heading {level}",
            base="Normal",
            follow="Body Text",
            paragraph=_paragraph(keep=True, whole=True, before=before, after=after, level=level - 1),
            run=_run(font=SANS, bold=level != 4, italic=level == 4, colour=INK, size=size),
        )
        for level, (size, before, after) in enumerate(looks, start=1)
    ]


def _text_styles() -> list[str]:
    """Paragraph styles: name, the style it rests on, paragraph properties, character properties, the style after it."""
    banner = _line("top", size=8, space=4, colour="8A5A00") + _line("bottom", size=8, space=4, colour="8A5A00")
    callout = _line("left", size=24, space=10, colour="0072B2")
    beside = _line("left", size=12, space=10)
    small, caption = _run(size=9.5), _run(font=SANS, colour=GREY, size=9)
    title, subtitle = _run(font=SANS, bold=True, colour=INK, size=20), _run(font=SANS, colour=GREY, size=12)
    rows = [
        ("Normal", "", _paragraph(), ""),
        ("Body Text", "Normal", _paragraph(after=7, line=1.22), ""),
        ("First Paragraph", "Body Text", "", "", "Body Text"),
        ("Compact", "Body Text", _paragraph(after=3, line=1.15), ""),
        ("Title", "Normal", _paragraph(keep=True, after=6), title, "Subtitle"),
        ("Subtitle", "Normal", _paragraph(keep=True, after=8), subtitle, "Author"),
        ("Author", "Normal", _paragraph(after=4), _run(font=SANS, size=10.5)),
        ("Date", "Normal", _paragraph(after=4), _run(font=SANS, colour=GREY, size=9.5)),
        ("Abstract Title", "Normal", _paragraph(keep=True, before=14, after=3), _run(font=SANS, bold=True, size=11)),
        ("Abstract", "Normal", _paragraph(borders=beside, after=5, line=1.15, left=12), small),
        (
            "Banner",
            "Normal",
            _paragraph(borders=banner, fill="FFF1CC", before=10, after=14, align="center"),
            _run(font=SANS, bold=True, colour=AMBER, size=10.5),
            "Body Text",
        ),
        (
            "Block Text",
            "Body Text",
            _paragraph(whole=True, borders=callout, fill="F3F7FA", before=4, after=4, line=1.15, left=14),
            "",
        ),
        ("caption", "Normal", _paragraph(after=6, line=1.1), caption, "Body Text"),
        ("Table Caption", "caption", _paragraph(keep=True, whole=True, before=14, after=5, line=1.1), ""),
        ("Image Caption", "caption", _paragraph(whole=True, before=4, after=14, line=1.1), ""),
        ("Figure", "Normal", _paragraph(before=12), ""),
        ("Captioned Figure", "Figure", _paragraph(keep=True, before=12), "", "Image Caption"),
        ("Table Text", "Normal", _paragraph(before=1, after=1), _run(font=SANS, size=9)),
        ("Table Row", "Table Text", _paragraph(keep=True, before=1, after=1), ""),
        ("Bibliography", "Normal", _paragraph(whole=True, after=4, line=1.1, left=20, hanging=20), small),
        ("Definition Term", "Normal", _paragraph(keep=True, before=6), _run(bold=True), "Definition"),
        ("Definition", "Normal", _paragraph(after=4, left=14, line=1.15), ""),
        ("footnote text", "Normal", _paragraph(after=2), _run(size=9)),
        ("Footnote Block Text", "footnote text", _paragraph(after=2, left=14), ""),
        ("Source Code", "Normal", _paragraph(fill="F4F5F6", before=4, after=4), _run(font=MONO, size=8.5)),
        ("TOC Heading", "heading 1", "", "", "Body Text"),
        ("header", "Normal", _paragraph(align="center"), _run(font=SANS, bold=True, colour="8A5A00", size=8)),
        ("footer", "Normal", _paragraph(align="center"), _run(font=SANS, colour=GREY, size=8.5)),
    ]
    return [
        _style("paragraph", name, base=base, follow="".join(follow), paragraph=paragraph, run=run)
        for name, base, paragraph, run, *follow in rows
    ]


def _character_styles() -> list[str]:
    return [
        _style("character", "Default Paragraph Font"),
        _style("character", "Hyperlink", base="Default Paragraph Font", run=_run(colour=BLUE)),
        _style("character", "Verbatim Char", base="Default Paragraph Font", run=_run(font=MONO, size=9)),
        _style("character", "Section Number", base="Default Paragraph Font"),
        _style(
            "character",
            "footnote reference",
            base="Default Paragraph Font",
            run='<w:vertAlign w:val="superscript"/>',
        ),
    ]


def _table_styles() -> list[str]:
    def rule(side: str, size: int) -> str:
        return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="5A646D"/>'

    def margins(side: int, height: int) -> str:
        sizes = {"top": height, "left": side, "bottom": height, "right": side}
        cells = "".join(f'<w:{name} w:w="{size}" w:type="dxa"/>' for name, size in sizes.items())
        return f"<w:tblCellMar>{cells}</w:tblCellMar>"

    plain = f'<w:tblPr><w:tblInd w:w="0" w:type="dxa"/>{margins(108, 0)}</w:tblPr>'
    lined = f"<w:tblPr><w:tblBorders>{rule('top', 8)}{rule('bottom', 8)}</w:tblBorders>{margins(70, 15)}</w:tblPr>"
    head = (
        f'<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>{rule("bottom", 4)}</w:tcBorders>'
        '<w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
    )
    return [
        _style("table", "Normal Table", rest=plain),
        _style("table", "Table", base="Normal Table", rest=lined + head),
    ]


def _styles() -> str:
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{_run(font=SERIF, size=10.5)}"
        '<w:lang w:val="en-GB"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    )
    styles = [*_text_styles(), *_headings(), *_character_styles(), *_table_styles()]
    return f"{XML}<w:styles {NAMESPACES}>{defaults}{''.join(styles)}</w:styles>"


def _field(name: str) -> str:
    kinds = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    code = f'<w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r>'
    return f"{kinds[0]}{code}{kinds[1]}<w:r><w:t>1</w:t></w:r>{kinds[2]}"


def _parts() -> dict[str, str]:
    """The files of the package by name."""
    page = (
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1474" w:right="1361" w:bottom="1361" w:left="1361" '
        'w:header="680" w:footer="624" w:gutter="0"/>'
    )
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId3"/><w:footerReference w:type="default" r:id="rId4"/>'
        f"{page}</w:sectPr>"
    )
    kinds = {"styles": "rId1", "settings": "rId2", "header": "rId3", "footer": "rId4"}
    names = {"styles": "styles.xml", "settings": "settings.xml", "header": "header1.xml", "footer": "footer1.xml"}
    relations = "".join(
        f'<Relationship Id="{number}" Type="{OFFICE}/{kind}" Target="{names[kind]}"/>' for kind, number in kinds.items()
    )
    types = "".join(f'<Override PartName="/word/{names[kind]}" ContentType="{WORD}.{kind}+xml"/>' for kind in names)
    slash = '<w:r><w:t xml:space="preserve"> / </w:t></w:r>'
    return {
        "[Content_Types].xml": (
            f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>{types}</Types>'
        ),
        "_rels/.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/_rels/document.xml.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
        ),
        "word/document.xml": (
            f'{XML}<w:document {NAMESPACES}><w:body><w:p><w:pPr><w:pStyle w:val="BodyText"/></w:pPr><w:r>'
            f"<w:t>Styles of the manuscript.</w:t></w:r></w:p>{section}</w:body></w:document>"
        ),
        "word/settings.xml": (
            f'{XML}<w:settings {NAMESPACES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
            '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" '
            'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>'
        ),
        "word/styles.xml": _styles(),
        "word/header1.xml": (
            f'{XML}<w:hdr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
            f"<w:r><w:t>{HEADER}</w:t></w:r></w:p></w:hdr>"
        ),
        "word/footer1.xml": (
            f'{XML}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
            f"{_field('PAGE')}{slash}{_field('NUMPAGES')}</w:p></w:ftr>"
        ),
    }


def reference_docx() -> bytes:
    """The reference document, the same bytes every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in _parts().items():
            # Stored, not deflated: compressed bytes differ between versions of zlib.
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def write() -> None:
    """Write the reference document into the project."""
    (paths.root() / "manuscript" / "assets" / "reference.docx").write_bytes(reference_docx())
