-- Three services, under both engines: a line below each exhibit that leads to its code, its data, its pictures and its sections of the
-- plan, and a scrolling frame around each table in HTML; and PNG pictures where SVG cannot be shown.
-- An exhibit is known by its label; results/summary/exhibits.json says where its files are and where it is planned.

local function project_root()
  if quarto and quarto.project and quarto.project.directory then
    return quarto.project.directory
  end
  return pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
end

local root = project_root()

local function is_file(path)
  local handle = io.open(path, "r")
  if handle then handle:close() end
  return handle ~= nil
end

local function index()
  local handle = io.open(pandoc.path.join({ root, "results", "summary", "exhibits.json" }), "r")
  if not handle then
    error("results/summary/exhibits.json is missing, so that nothing says where the exhibits come from. Run the pipeline (make repro) before publishing.")
  end
  local found = pandoc.json.decode(handle:read("a"), false)
  handle:close()
  return found
end

local exhibits = index()
local offset = "."
local source = ""
local folds = false

local function link(text, target, attributes)
  return pandoc.Link(text, offset .. "/" .. target, "", pandoc.Attr("", {}, attributes or {}))
end

-- Code of an exhibit of the overview is the file that draws it; that of every other is its cell, whose fold exhibits.js opens.
local function code(exhibit, label)
  if exhibit.code then
    return link("Code", exhibit.code)
  end
  local cell = "#cell-" .. label
  local notebook = exhibit.page:gsub("%.html$", ".ipynb")
  if source:sub(-#notebook) == notebook then
    folds = true
    return pandoc.Link("Code", cell)
  end
  return link("Code", exhibit.page .. cell)
end

local function ways_on(label)
  local exhibit = exhibits[label]
  local parts = pandoc.List({ code(exhibit, label) })
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
  return pandoc.Div({ pandoc.Plain(inlines) }, pandoc.Attr("", { "exhibit-downloads" }))
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
  if quarto and quarto.project and quarto.project.offset then
    offset = quarto.project.offset
    source = quarto.doc.input_file or ""
  elseif doc.meta["kypho-offset"] then
    offset = pandoc.utils.stringify(doc.meta["kypho-offset"])
    source = pandoc.utils.stringify(doc.meta["kypho-source"])
  end
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
    doc.blocks:insert(pandoc.RawBlock("html", '<script src="' .. offset .. '/manuscript/assets/exhibits.js" defer></script>'))
  end
  return doc
end
