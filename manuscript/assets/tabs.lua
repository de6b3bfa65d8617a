-- Tabs under both engines: the script that opens a closed tab for a link that leads into it, and, on Quarto's pages, each tab's title
-- within its panel, which print shows above it.

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

-- Quarto writes the tabs as inlines between raw tags; what stands between two links' tags is a title.
local function titles(nav)
  local found, current = pandoc.List({}), nil
  for _, inline in ipairs(nav.content) do
    if inline.t == "RawInline" and inline.text:match("^<a ") then
      current = pandoc.Inlines({})
    elseif inline.t == "RawInline" and inline.text:match("^</a>") then
      found:insert(current)
      current = nil
    elseif current then
      current:insert(inline)
    end
  end
  return found
end

local function with_titles(set)
  local nav, panels = set.content[1], set.content[2]
  if not (nav and nav.t == "Plain" and panels and panels.t == "Div" and panels.classes:includes("tab-content")) then
    return set
  end
  for index, title in ipairs(titles(nav)) do
    panels.content[index].content:insert(1, pandoc.Div({ pandoc.Plain(title) }, pandoc.Attr("", { "tab-title" })))
  end
  return set
end

function Pandoc(doc)
  if not FORMAT:match("html") then
    return nil
  end
  local closed = false
  doc = doc:walk({
    Div = function(div)
      if div.classes:includes("panel-tabset") then
        closed = true
        return with_titles(div)
      end
      closed = closed or div.classes:includes("callout")
    end,
  })
  if closed then
    doc.blocks:insert(site.script(doc, "manuscript/assets/tabs.js"))
  end
  return doc
end
