-- Figures on HTML pages, under both engines: their size, so that nothing moves when they arrive, the picture for a phone, and the text
-- first: a browser draws a picture only when it comes near the window.
-- A figure is known by its label; its files lie in results/<endpoint>/exhibits/<label>.svg and <label>-narrow.svg.

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)
local offset = "."

-- Width and height in CSS pixels from the head of an SVG that gives them in points; nothing where there is no such file.
local function size(path)
  local handle = io.open(pandoc.path.join({ root, path }), "r")
  if not handle then return end
  local head = handle:read(2000) or ""
  handle:close()
  local width, height = head:match('<svg[^>]- width="([%d.]+)pt"'), head:match('<svg[^>]- height="([%d.]+)pt"')
  if width and height then
    return tostring(math.floor(width * 4 / 3 + 0.5)), tostring(math.floor(height * 4 / 3 + 0.5))
  end
end

local function folder_of(label)
  for _, endpoint in ipairs(pandoc.system.list_directory(pandoc.path.join({ root, "results" }))) do
    local folder = "results/" .. endpoint .. "/exhibits/"
    if size(folder .. label .. ".svg") then return folder end
  end
end

local function sized(image)
  local label = image.src:match("(fig%-[%w%-]-)%-output%-%d+%.svg$") or image.src:match("(fig%-[%w%-]+)%.svg$")
  local folder = label and folder_of(label)
  if not folder then return end
  image.attributes.width, image.attributes.height = size(folder .. label .. ".svg")
  image.attributes.loading = "lazy"
  local narrow = folder .. label .. "-narrow.svg"
  local width, height = size(narrow)
  if not width then return image end
  local source = string.format('<source media="(max-width: 40rem)" srcset="%s/%s" width="%s" height="%s">', offset, narrow, width, height)
  return { pandoc.RawInline("html", "<picture>" .. source), image, pandoc.RawInline("html", "</picture>") }
end

function Pandoc(doc)
  if not FORMAT:match("html") then return nil end
  offset = site.offset(doc)
  return doc:walk({ Image = sized })
end
