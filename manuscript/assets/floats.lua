-- Quarto's exhibits and callouts as plain Pandoc blocks, for Word, PDF and JATS, so that both engines hand the same text to the
-- writers. Quarto's own way puts each exhibit into a table of layout. The embedded engine has no such nodes; HTML passes through.

if FORMAT:match("html") then
  return {}
end

local nbsp = "\u{a0}"
local words = { fig = "Figure", tbl = "Table" }
local kinds = { note = "Note", tip = "Tip", important = "Important", warning = "Warning", caution = "Caution" }

local function blocks(content)
  local kind = pandoc.utils.type(content)
  if kind == "Block" then return pandoc.Blocks({ content }) end
  if kind == "Inlines" then return pandoc.Blocks({ pandoc.Plain(content) }) end
  return pandoc.Blocks(content or {})
end

-- Blocks out of the divs that Quarto puts around a cell and its output.
local function unwrapped(content)
  local out = pandoc.Blocks({})
  for _, block in ipairs(content) do
    if block.t == "Div" then out:extend(unwrapped(block.content)) else out:insert(block) end
  end
  return out
end

-- The alternative text where the writers look for it.
local function spoken(content, text)
  return content:walk({
    Image = function(image)
      local alt = image.attributes["fig-alt"] or text
      image.attributes["fig-alt"] = nil
      if alt then image.caption = pandoc.Inlines({ pandoc.Str(alt) }) end
      return image
    end,
  })
end

local function float(node)
  local kind = node.identifier:match("^(%a+)%-")
  if not words[kind] or not node.order then
    return nil
  end
  local label = pandoc.Inlines({ pandoc.Str(words[kind] .. nbsp .. node.order.order .. ":"), pandoc.Space() })
  local caption = label .. pandoc.utils.blocks_to_inlines(blocks(node.caption_long))
  local out, placed = pandoc.Blocks({}), false
  local content = spoken(unwrapped(blocks(node.content)), node.attributes["fig-alt"])
  for _, block in ipairs(content) do
    if kind == "tbl" and block.t == "Table" and not placed then
      block.identifier = node.identifier
      block.caption = { long = { pandoc.Plain(caption) } }
      placed = true
    end
    out:insert(block)
  end
  if placed then return out end
  return pandoc.Figure(content, { long = { pandoc.Plain(caption) } }, pandoc.Attr(node.identifier))
end

local function callout(node)
  local title = node.title and pandoc.utils.blocks_to_inlines(blocks(node.title)) or pandoc.Inlines({})
  if #title == 0 then title = pandoc.Inlines({ pandoc.Str(kinds[node.type] or "Note") }) end
  local content = blocks(node.content)
  content:insert(1, pandoc.Para({ pandoc.Strong(title) }))
  if FORMAT:match("typst") then
    content:insert(1, pandoc.RawBlock("typst", "#callout["))
    content:insert(pandoc.RawBlock("typst", "]"))
    return content
  end
  return FORMAT:match("jats") and pandoc.Div(content) or pandoc.BlockQuote(content)
end

return { { FloatRefTarget = float, Callout = callout } }
