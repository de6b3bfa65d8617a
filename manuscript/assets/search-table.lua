-- Tables in a block of class stacked, and those that readers search, in a block of class search-table, under both engines.
-- Each cell learns its column's heading, so that a row can stand as a card where the page is narrow; roles keep it a table for
-- readers who listen. The script that filters the rows is asked for on pages with such a block alone; without it the table is whole.

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

local function as_table(block)
  local names = {}
  block.attributes.role = "table"
  block.head.attributes.role = "rowgroup"
  for _, row in ipairs(block.head.rows) do
    row.attributes.role = "row"
    for index, cell in ipairs(row.cells) do
      names[index] = pandoc.utils.stringify(cell.contents)
      cell.attributes.role = "columnheader"
    end
  end
  for _, body in ipairs(block.bodies) do
    body.row_head_columns = 1
    body.attr = pandoc.Attr("", {}, { role = "rowgroup" })
    for _, row in ipairs(body.body) do
      row.attributes.role = "row"
      for index, cell in ipairs(row.cells) do
        cell.attributes.role = index == 1 and "rowheader" or "cell"
        cell.attributes["data-label"] = names[index]
      end
    end
  end
  return block
end

function Pandoc(doc)
  if not FORMAT:match("html") then
    return nil
  end
  local found = false
  doc = doc:walk({
    Div = function(div)
      local searched = div.classes:includes("search-table")
      found = found or searched
      if searched or div.classes:includes("stacked") then
        return div:walk({ Table = as_table })
      end
    end,
  })
  if found then
    doc.blocks:insert(site.script(doc, "manuscript/assets/search-table.js"))
  end
  return doc
end
