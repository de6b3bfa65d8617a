-- Three services, under both engines: a line of downloads below each exhibit and a scrolling frame around each table in HTML, and PNG
-- pictures where SVG cannot be shown.
-- An exhibit is known by its label; its files lie in results/<endpoint>/exhibits/<label>.{csv,svg,png}.

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

-- label -> endpoint, for every exhibit the results hold
local function inventory()
  local found = {}
  local ok, endpoints = pcall(pandoc.system.list_directory, pandoc.path.join({ root, "results" }))
  if not ok then return found end
  for _, endpoint in ipairs(endpoints) do
    local listed, names = pcall(pandoc.system.list_directory, pandoc.path.join({ root, "results", endpoint, "exhibits" }))
    if listed then
      for _, name in ipairs(names) do
        local label = name:match("^(.+)%.csv$") or name:match("^(.+)%.png$")
        if label then found[label] = endpoint end
      end
    end
  end
  return found
end

local endpoints = inventory()
local offset = "."
local source = ""

local function downloads(label)
  local folder = "results/" .. endpoints[label] .. "/exhibits/" .. label
  local inlines = pandoc.List({ pandoc.Str("Download:") })
  for _, format in ipairs({ { "csv", "CSV" }, { "svg", "SVG" }, { "png", "PNG" } }) do
    if is_file(pandoc.path.join({ root, folder .. "." .. format[1] })) then
      local link = pandoc.Link(format[2], offset .. "/" .. folder .. "." .. format[1], "", pandoc.Attr("", {}, { download = "" }))
      inlines:extend({ pandoc.Space(), link })
    end
  end
  local page = "results/" .. endpoints[label] .. "/notebook"
  local here = source:sub(-#page - 6) == page .. ".ipynb"
  if not here and is_file(pandoc.path.join({ root, page .. ".ipynb" })) then
    inlines:extend({ pandoc.Space(), pandoc.Link("Code", offset .. "/" .. page .. ".html#" .. label) })
  end
  return pandoc.Div({ pandoc.Plain(inlines) }, pandoc.Attr("", { "exhibit-downloads" }))
end

-- A picture written from a notebook is named after the notebook and the label; the results hold the same picture as PNG.
local function as_png(image)
  local label = image.src:match("%.svg$") and image.src:match("(fig%-[%w%-]-)%-output%-%d+%.svg$")
  if label and endpoints[label] then
    local png = pandoc.path.join({ "results", endpoints[label], "exhibits", label .. ".png" })
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
  return doc:walk({
    Table = in_frame,
    Div = function(div)
      if (div.identifier:match("^fig%-") or div.identifier:match("^tbl%-")) and endpoints[div.identifier] then
        div.content:insert(downloads(div.identifier))
        return div
      end
    end,
  })
end
