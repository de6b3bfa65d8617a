-- Callouts, tabsets and exhibits in the words of each format. Runs after crossref.lua and citeproc.

local html = FORMAT:match("html") ~= nil
local typst = FORMAT:match("typst") ~= nil
local jats = FORMAT:match("jats") ~= nil
local kinds = { note = "Note", tip = "Tip", important = "Important", warning = "Warning", caution = "Caution" }

local function raw(text)
  return pandoc.RawBlock(html and "html" or "typst", text)
end

local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind and kinds[kind] then return kind end
  end
end

local function callout(div, kind)
  local title = pandoc.Inlines({ pandoc.Str(kinds[kind]) })
  local content = div.content
  if div.attributes.title then
    title = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
  elseif content[1] and content[1].t == "Header" then
    title = content[1].content
    content:remove(1)
  end
  if html then
    local attributes = pandoc.Attr(div.identifier, { "callout", "callout-" .. kind }, { role = "note" })
    if div.attributes.collapse == "true" then
      local blocks = pandoc.Blocks({ raw('<details><summary class="callout-title">'), pandoc.Plain(title), raw("</summary>") })
      blocks:extend(content)
      blocks:insert(raw("</details>"))
      return pandoc.Div(blocks, attributes)
    end
    content:insert(1, pandoc.Div({ pandoc.Plain(title) }, pandoc.Attr("", { "callout-title" })))
    return pandoc.Div(content, attributes)
  end
  content:insert(1, pandoc.Para({ pandoc.Strong(title) }))
  if typst then
    content:insert(1, raw("#callout["))
    content:insert(raw("]"))
    return content
  end
  return jats and pandoc.Div(content) or pandoc.BlockQuote(content)
end

local tabsets = 0

local function tabset(div)
  local level
  local panels = pandoc.List({})
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      panels:insert({ title = block.content, content = pandoc.Blocks({}) })
    elseif #panels == 0 then
      error("a panel-tabset must begin with a heading, which names its first tab.")
    else
      panels[#panels].content:insert(block)
    end
  end
  tabsets = tabsets + 1
  local out, tabs = pandoc.Blocks({}), pandoc.Inlines({})
  for number, panel in ipairs(panels) do
    if html then
      local id = "tabset-" .. tabsets .. "-" .. number
      local chosen = number == 1 and 'aria-selected="true"' or 'aria-selected="false" tabindex="-1"'
      tabs:insert(pandoc.RawInline("html", string.format('<button type="button" id="%s-tab" role="tab" aria-controls="%s" %s>', id, id, chosen)))
      tabs:extend(panel.title)
      tabs:insert(pandoc.RawInline("html", "</button>"))
      panel.content:insert(1, pandoc.Div({ pandoc.Plain(panel.title) }, pandoc.Attr("", { "tab-title" })))
      out:insert(pandoc.Div(panel.content, pandoc.Attr(id, { "tab-panel" }, { { "role", "tabpanel" }, { "aria-labelledby", id .. "-tab" } })))
    else
      out:insert(pandoc.Para({ pandoc.Strong(panel.title) }))
      out:extend(panel.content)
    end
  end
  if not html then return out end
  out:insert(1, pandoc.Div({ pandoc.Plain(tabs) }, pandoc.Attr("", { "tab-list" }, { { "role", "tablist" }, { "data-pagefind-ignore", "" } })))
  return pandoc.Div(out, pandoc.Attr("", { "panel-tabset" }))
end

local function plain_widths(block)
  for index, spec in ipairs(block.colspecs) do
    block.colspecs[index] = { spec[1], nil }
  end
  return block
end

local function html_exhibit(div, kind, content, caption)
  local out = pandoc.Blocks({})
  local figcaption = { raw("<figcaption>"), caption.content[1], raw("</figcaption>") }
  out:insert(raw('<figure class="exhibit-figure">'))
  if kind == "tbl" then out:extend(figcaption) end
  out:extend(content)
  if kind == "fig" then out:extend(figcaption) end
  out:insert(raw("</figure>"))
  div.content = out
  return div
end

-- Formats with captions of their own get them; whatever stands beside the table or picture follows it.
local function other_exhibit(div, kind, content, caption)
  local out = pandoc.Blocks({})
  local placed = false
  for _, block in ipairs(content) do
    if not placed and kind == "tbl" and block.t == "Table" then
      block.identifier = div.identifier
      block.caption = { long = caption.content }
      placed = true
      local short = typst and #block.bodies[1].body <= 20
      if short then out:insert(raw("#[#show figure: set block(breakable: false)")) end
      out:insert(block)
      if short then out:insert(raw("]")) end
    elseif placed and typst then
      out:extend({ raw("#note["), block, raw("]") })
    else
      out:insert(block)
    end
  end
  if placed then return out end
  return pandoc.Figure(content, { long = caption.content }, pandoc.Attr(div.identifier))
end

local function exhibit(div)
  local kind = div.attributes["data-kind"]
  div.attributes["data-kind"] = nil
  local content, caption = div.content[1].content, div.content[2]
  if html then
    return html_exhibit(div, kind, content, caption)
  end
  return other_exhibit(div, kind, content, caption)
end

-- "95 %" stays on one line.
local function keep_percent(inlines)
  for index = 3, #inlines do
    local after = inlines[index]
    if after.t == "Str" and after.text:match("^%%") and inlines[index - 1].t == "Space" then
      local before = inlines[index - 2]
      if before.t == "Str" and before.text:match("%d$") then inlines[index - 1] = pandoc.Str("\u{a0}") end
    end
  end
  return inlines
end

function Pandoc(doc)
  return doc:walk({
    Inlines = keep_percent,
    Table = plain_widths,
    Div = function(div)
      local kind = callout_kind(div)
      if kind then return callout(div, kind) end
      if div.classes:includes("panel-tabset") then return tabset(div) end
      if div.classes:includes("exhibit") then return exhibit(div) end
    end,
  })
end
