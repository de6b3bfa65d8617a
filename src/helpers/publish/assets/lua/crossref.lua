-- Numbers sections, figures and tables, and turns @fig-, @tbl- and @sec- into links, as Quarto does.

local nbsp = "\u{a0}"
local words = { fig = "Figure", tbl = "Table", sec = "Section" }
local target = {} -- id -> number
local count = { fig = 0, tbl = 0 }

local function kind_of(id)
  local kind = id:lower():match("^(%a+)%-")
  return kind and words[kind] and kind
end

local function number_exhibit(kind, id)
  count[kind] = count[kind] + 1
  target[id] = tostring(count[kind])
  return pandoc.Inlines({ pandoc.Str(words[kind] .. nbsp .. target[id] .. ":"), pandoc.Space() })
end

local function caption_inlines(blocks)
  return pandoc.utils.blocks_to_inlines(blocks)
end

local function exhibit_div(id, attributes, content, caption)
  local kind = kind_of(id)
  local label = pandoc.Div({ pandoc.Plain(caption) }, pandoc.Attr("", { "exhibit-caption" }))
  attributes["data-kind"] = kind
  return pandoc.Div({ pandoc.Div(content, pandoc.Attr("", { "exhibit-content" })), label },
    pandoc.Attr(id, { "exhibit", "exhibit-" .. kind }, attributes))
end

local function alternative(image)
  local alt = image.attributes["fig-alt"]
  if alt then
    image.attributes["fig-alt"] = nil
    image.caption = pandoc.Inlines({ pandoc.Str(alt) })
  elseif image.attributes.alt == nil then
    image.caption = pandoc.Inlines({})
  end
  return image
end

local function figure(block)
  block = block:walk({ Image = alternative })
  if kind_of(block.identifier) ~= "fig" then
    return block
  end
  local caption = number_exhibit("fig", block.identifier) .. caption_inlines(block.caption.long)
  return exhibit_div(block.identifier, {}, block.content, caption)
end

local function table_block(block)
  if kind_of(block.identifier) ~= "tbl" then
    return block
  end
  local id = block.identifier
  local caption = number_exhibit("tbl", id) .. caption_inlines(block.caption.long)
  block.identifier = ""
  block.caption = { long = {} }
  return exhibit_div(id, {}, { block }, caption)
end

-- ::: {#tbl-x} ... last paragraph is the caption :::
local function captioned_div(div)
  local content = div.content
  local last = content[#content]
  if #content < 2 or last.t ~= "Para" then
    error("::: {#" .. div.identifier .. "} has no caption: its last paragraph must be the caption, after the exhibit.")
  end
  content:remove(#content)
  local kind = kind_of(div.identifier)
  local caption = number_exhibit(kind, div.identifier) .. last.content
  content = content:walk({ Image = alternative })
  return exhibit_div(div.identifier, {}, content, caption)
end

local function number_exhibits(doc)
  return doc:walk({
    traverse = "topdown",
    Figure = function(block) return figure(block), false end,
    Table = function(block) return table_block(block), false end,
    Div = function(div)
      if kind_of(div.identifier) == "fig" or kind_of(div.identifier) == "tbl" then
        return captioned_div(div), false
      end
    end,
    Image = alternative,
  })
end

-- The headings of callouts and tabs are titles of these, not sections.
local function own_headings(div)
  for _, class in ipairs(div.classes) do
    if class == "panel-tabset" or class:match("^callout%-") then
      return div, false
    end
  end
end

local function number_sections(doc)
  local numbered = doc.meta["number-sections"] == true
  if not numbered then
    return doc
  end
  local top = 6
  doc:walk({ traverse = "topdown", Div = own_headings, Header = function(header) top = math.min(top, header.level) end })
  local counters = { 0, 0, 0, 0, 0, 0 }
  return doc:walk({
    traverse = "topdown",
    Div = own_headings,
    Header = function(header)
      if header.classes:includes("unnumbered") then
        return nil
      end
      local depth = header.level - top + 1
      counters[depth] = counters[depth] + 1
      for deeper = depth + 1, 6 do counters[deeper] = 0 end
      local number = table.concat(counters, ".", 1, depth)
      target[header.identifier] = number
      header.attributes["number"] = number
      header.content = pandoc.Inlines({ pandoc.Span(number, pandoc.Attr("", { "header-section-number" })), pandoc.Space() }) .. header.content
      return header
    end,
  })
end

local function reference(cite)
  local known = cite.citations:filter(function(citation) return kind_of(citation.id) ~= nil end)
  if #known == 0 then
    return nil
  end
  local out = pandoc.Inlines({})
  for index, citation in ipairs(cite.citations) do
    local id = citation.id:sub(1, 1):lower() .. citation.id:sub(2)
    local number = target[id]
    if not number then
      error("@" .. citation.id .. " refers to nothing on this page" .. (kind_of(id) == "sec" and ", or its section has no number." or "."))
    end
    local text = number
    if citation.mode ~= "SuppressAuthor" then
      text = words[kind_of(id)] .. nbsp .. number
    end
    if index > 1 then out:extend({ pandoc.Str(","), pandoc.Space() }) end
    out:insert(pandoc.Link(text, "#" .. id, "", pandoc.Attr("", { "xref" })))
  end
  return out
end

function Pandoc(doc)
  doc = number_sections(doc)
  doc = number_exhibits(doc)
  return doc:walk({ Cite = reference })
end
