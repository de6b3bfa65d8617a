-- Three services, under both engines: a line below each exhibit that leads to its code, its data, its pictures and its sections of the
-- plan, and a scrolling frame around each table in HTML; and PNG pictures where SVG cannot be shown.
-- An exhibit is known by its label; results/summary/exhibits.json says where its files are and where it is planned.

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

local function is_file(path)
  local handle = io.open(path, "r")
  if handle then handle:close() end
  return handle ~= nil
end

local exhibits = pandoc.json.decode(site.read("results/summary/exhibits.json", "nothing says where the exhibits come from"), false)
local offset = "."
local source = ""
local folds = false

local function link(text, target, attributes)
  return pandoc.Link(text, offset .. "/" .. target, "", pandoc.Attr("", {}, attributes or {}))
end

-- Code of an exhibit of the overview is the file that draws it. That of every other is its cell: on the notebook's page the line below
-- the exhibit is the anchor, from which exhibits.js finds the fold of the cell.
local function code(exhibit, anchor)
  if exhibit.code then
    return link("Code", exhibit.code), ""
  end
  local notebook = exhibit.page:gsub("%.html$", ".ipynb")
  if source == notebook then
    folds = true
    return pandoc.Link("Code", "#" .. anchor), anchor
  end
  return link("Code", exhibit.page .. "#" .. anchor), ""
end

local function ways_on(label)
  local exhibit = exhibits[label]
  local to_code, anchor = code(exhibit, "code-" .. label)
  local parts = pandoc.List({ to_code })
  for _, format in ipairs({ { "csv", "Data (CSV)" }, { "svg", "SVG" }, { "png", "PNG" } }) do
    local file = exhibit.folder .. "/" .. label .. "." .. format[1]
    if is_file(pandoc.path.join({ root, file })) then
      parts:insert(link(format[2], file, { download = "" }))
    end
  end
  local inlines = pandoc.List({})
  for _, part in ipairs(parts) do
    inlines:extend({ part, pandoc.Space() })
  end
  if #exhibit.sap > 0 then
    inlines:insert(pandoc.Str("Plan"))
    for _, section in ipairs(exhibit.sap) do
      inlines:extend({ pandoc.Space(), link(section, "manuscript/sap.html#sap-" .. section) })
    end
  else
    inlines:remove(#inlines)
  end
  return pandoc.Div({ pandoc.Plain(inlines) }, pandoc.Attr(anchor, { "exhibit-downloads" }))
end

-- A picture written from a notebook is named after the notebook and the label; the results hold the same picture as PNG.
local function as_png(image)
  local label = image.src:match("%.svg$") and image.src:match("(fig%-[%w%-]-)%-output%-%d+%.svg$")
  if label and exhibits[label] then
    local png = exhibits[label].folder .. "/" .. label .. ".png"
    if is_file(pandoc.path.join({ root, png })) then
      image.src = offset .. "/" .. png
      return image
    end
  end
end

local function in_frame(block)
  local frame = pandoc.Attr("", { "table-wrap" }, { { "tabindex", "0" }, { "role", "group" }, { "aria-label", "Table" } })
  return pandoc.Div({ block }, frame)
end

function Pandoc(doc)
  offset, source = site.offset(doc), site.source(doc)
  if not FORMAT:match("html") then
    return doc:walk({ Image = as_png })
  end
  doc = doc:walk({
    Table = in_frame,
    Div = function(div)
      if (div.identifier:match("^fig%-") or div.identifier:match("^tbl%-")) and exhibits[div.identifier] then
        div.content:insert(ways_on(div.identifier))
        return div
      end
    end,
  })
  if folds then
    doc.blocks:insert(site.script(doc, "manuscript/assets/exhibits.js"))
  end
  return doc
end
