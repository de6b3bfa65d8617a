-- Puts the status of the data before everything else, in every format, under both engines.
-- What it says comes from results/summary/provenance.json, which the data stages wrote; nothing in a page's front matter is consulted.

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

local function docx_banner(text)
  return pandoc.Div({ pandoc.Para({ pandoc.Str(text) }) }, pandoc.Attr("", {}, { ["custom-style"] = "Banner" }))
end

local function typst_banner(text)
  return pandoc.RawBlock("typst",
    '#block(width: 100%, fill: rgb("#fff1cc"), stroke: (y: 0.8pt + rgb("#8a5a00")), inset: 7pt)'
    .. '[#align(center)[#text(fill: rgb("#5c3c00"), weight: "bold")[' .. text .. ']]]<kypho-banner>')
end

-- The running header of the PDF: a set rule before the template's own, which leaves the header alone.
local function typst_header(meta, text)
  local rule = '#set page(header: align(center, text(size: 8pt, weight: "bold", fill: rgb("#8a5a00"))[' .. text .. ']))'
  local includes = meta["header-includes"]
  local list = pandoc.List({})
  if includes then
    if pandoc.utils.type(includes) == "List" then list:extend(includes) else list:insert(includes) end
  end
  list:insert(pandoc.MetaBlocks({ pandoc.RawBlock("typst", rule) }))
  meta["header-includes"] = pandoc.MetaList(list)
end

function Pandoc(doc)
  local text = site.banner()
  if not text then
    return nil
  end
  local block
  doc.meta["kypho-banner"] = pandoc.MetaString(text) -- for templates: the PDF's has a better place for it than the text
  if FORMAT:match("html") then
    block = pandoc.Div({ pandoc.Para({ pandoc.Str(text) }) }, pandoc.Attr("", { "kypho-banner" }, { { "role", "region" }, { "aria-label", "Status of the data" } }))
  elseif FORMAT:match("docx") then
    block = docx_banner(text)
  elseif FORMAT:match("typst") then
    typst_header(doc.meta, text)
    block = typst_banner(text)
  else
    block = pandoc.Para({ pandoc.Strong({ pandoc.Str(text) }) })
  end
  doc.blocks:insert(1, block)
  return doc
end
