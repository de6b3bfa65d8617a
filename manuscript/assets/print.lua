-- What Word and the PDF need beyond what Pandoc writes, under both engines. Word: column widths, rows that stay together, captions
-- whose number is a field, and references to them that Word can renumber. Typst: alternative texts. In every format links between sources become links between pages.

local words = { fig = "Figure", tbl = "Table" }
local nbsp = "\u{a0}"

-- Columns: a share of the page for each, as its longest text needs it.
local page_letters, gap = 104, 2.5
local short_table = 18 -- rows that stay on one page

local function letters(cell)
  return utf8.len(pandoc.utils.stringify(cell.contents)) or 0
end

local function longest_word(cell)
  local longest = 0
  for word in pandoc.utils.stringify(cell.contents):gmatch("%S+") do
    longest = math.max(longest, utf8.len(word) or 0)
  end
  return longest
end

-- A row with words in its first cell alone is a title of the rows below it: that cell takes the whole row.
local function title_row(row)
  if #row.cells < 2 or letters(row.cells[1]) == 0 then return false end
  for index = 2, #row.cells do
    if letters(row.cells[index]) > 0 then return false end
  end
  return true
end

local function rows_of(block)
  local rows = pandoc.List({})
  rows:extend(block.head.rows)
  for _, body in ipairs(block.bodies) do rows:extend(body.body) end
  return rows
end

local function join_titles(block)
  for _, row in ipairs(rows_of(block)) do
    if title_row(row) then
      row.cells[1].col_span = #row.cells
      row.cells = pandoc.List({ row.cells[1] })
    end
  end
end

-- Where the page is too narrow, the columns with the longest texts give way, none to less than its longest word.
local function set_widths(block)
  local wanted, least = {}, {}
  for index = 1, #block.colspecs do wanted[index], least[index] = 0, 0 end
  for number, row in ipairs(rows_of(block)) do
    if #row.cells == #block.colspecs then
      local head = number <= #block.head.rows -- bold, and it may take two lines
      for index, cell in ipairs(row.cells) do
        local word = longest_word(cell) * (head and 1.12 or 1) + gap
        least[index] = math.max(least[index], word)
        wanted[index] = math.max(wanted[index], word, (head and letters(cell) * 0.56 or letters(cell)) + gap)
      end
    end
  end
  local function sum() local total = 0; for _, width in ipairs(wanted) do total = total + width end; return total end
  while sum() > page_letters do
    local give
    for index = 1, #wanted do
      if wanted[index] > least[index] and (give == nil or wanted[index] > wanted[give]) then give = index end
    end
    if not give then break end
    wanted[give] = math.max(least[give], wanted[give] - 1)
  end
  local total = math.max(sum(), page_letters)
  for index, spec in ipairs(block.colspecs) do
    block.colspecs[index] = { spec[1], wanted[index] / total }
  end
end

-- Cells have a style of their own; in a short table, and below a title, each row keeps to the next.
local function set_styles(block)
  local rows = rows_of(block)
  for number, row in ipairs(rows) do
    local keep = number < #rows and (#rows <= short_table or number <= 2 or #row.cells < #block.colspecs)
    local style = keep and "Table Row" or "Table Text"
    for _, cell in ipairs(row.cells) do
      if #cell.contents == 0 then
        cell.contents = { pandoc.Para({ pandoc.RawInline("openxml", "<w:r/>") }) } -- as high as its neighbours
      end
      -- Pandoc gives plain text in a table a style of its own, and a paragraph the style that is asked for.
      local paragraphs = pandoc.Blocks(cell.contents):walk({ Plain = function(plain) return pandoc.Para(plain.content) end })
      cell.contents = { pandoc.Div(paragraphs, pandoc.Attr("", {}, { ["custom-style"] = style })) }
    end
  end
end

local function word_table(block)
  join_titles(block)
  set_widths(block)
  set_styles(block)
  return block
end

local function field(code, text, run)
  local function part(inside) return "<w:r>" .. run .. inside .. "</w:r>" end
  return part('<w:fldChar w:fldCharType="begin"/>') .. part('<w:instrText xml:space="preserve"> ' .. code .. " </w:instrText>")
    .. part('<w:fldChar w:fldCharType="separate"/>') .. part("<w:t>" .. text .. "</w:t>") .. part('<w:fldChar w:fldCharType="end"/>')
end

local function place(id)
  return "_Ref_" .. id:gsub("[^%w]", "_"):sub(1, 34) -- Word takes forty letters
end

local bookmarks = 9000 -- above the numbers that Pandoc gives

-- "Table 1: ..." with the number as Word counts it, in a bookmark that references name.
local function numbered(blocks, id)
  local kind = id:match("^(%a+)%-")
  local first = blocks[1] and blocks[1].content and blocks[1].content[1]
  if not first or first.t ~= "Str" then return end
  local number, rest = first.text:match("^" .. words[kind] .. nbsp .. "(%d+)(.*)$")
  if not number then return end
  bookmarks = bookmarks + 1
  local run = '<w:r><w:t xml:space="preserve">' .. words[kind] .. nbsp .. "</w:t></w:r>"
  blocks[1].content[1] = pandoc.RawInline("openxml", '<w:bookmarkStart w:id="' .. bookmarks .. '" w:name="' .. place(id) .. '"/>'
    .. run .. field("SEQ " .. words[kind] .. " \\* ARABIC", number, "") .. '<w:bookmarkEnd w:id="' .. bookmarks .. '"/>'
    .. '<w:r><w:t xml:space="preserve">' .. rest .. " </w:t></w:r>")
  if blocks[1].content[2] and blocks[1].content[2].t == "Space" then blocks[1].content:remove(2) end
  return true
end

-- A table ends where its last line is drawn; what follows wants some air.
local after_table = '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="200" w:lineRule="exact"/></w:pPr></w:p>'

local function word(doc)
  local known = {}
  local function caption(block)
    if block.identifier:match("^fig%-") or block.identifier:match("^tbl%-") then
      local long = block.caption.long
      known[block.identifier] = numbered(long, block.identifier)
      block.caption = { long = long }
    end
    return block
  end
  doc = doc:walk({
    Table = function(block) return { caption(word_table(block)), pandoc.RawBlock("openxml", after_table) } end,
    Figure = caption,
  })
  return doc:walk({
    Link = function(link)
      local id = link.target:match("^#(.+)$")
      local text = pandoc.utils.stringify(link)
      -- The bookmark holds word and number; a reference to the number alone stays a plain link.
      if id and known[id] and text:match("^%a+" .. nbsp .. "%d+$") then
        return pandoc.RawInline("openxml", field("REF " .. place(id) .. " \\h", text, '<w:rPr><w:rStyle w:val="Hyperlink"/></w:rPr>'))
      end
    end,
  })
end

-- Typst finds the widths by itself, and better than a share of the page that the source's dashes happen to give.
local function typst_table(block)
  block.classes = block.classes:filter(function(class) return class ~= "typst:no-figure" end) -- Quarto's; it drops the caption
  join_titles(block)
  for index, spec in ipairs(block.colspecs) do
    block.colspecs[index] = { spec[1], nil }
  end
  return block
end

-- Pandoc's Typst writer leaves the alternative text out; a reader of the PDF by ear needs it.
local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

local function typst_image(image)
  local alt = image.attributes["fig-alt"] or image.attributes.alt or pandoc.utils.stringify(image.caption)
  local arguments = quoted(image.src) .. ", alt: " .. quoted(alt)
  local width = image.attributes.width
  if width and width:match("^[%d.]+[%%%a]+$") then
    arguments = arguments .. ", width: " .. width
  end
  return pandoc.RawInline("typst", "#image(" .. arguments .. ")")
end

-- "Table 1:" stands out from the caption.
local function strong_label(block)
  local kind = words[block.identifier:match("^(%a+)%-") or ""]
  local long = block.caption.long
  local first = kind and long[1] and long[1].content[1]
  if first and first.t == "Str" and first.text:match("^" .. kind .. nbsp) then
    long[1].content[1] = pandoc.Strong({ first })
    block.caption = { long = long }
  end
  return block
end

-- A formula is read out as it was written.
local function typst_math(math)
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst"):gsub("%s+$", "")
  return pandoc.RawInline("typst", "#formula(" .. quoted(math.text) .. ")[" .. body .. "]")
end

-- Quarto leaves the number of an exhibit to Typst; here it stands in the caption, and the template's `exhibit` is told it.
local function typst_reference(numbers)
  return function(raw)
    local id = raw.format == "typst" and raw.text:match("^#ref%(<([%w-]+)>, supplement: %[$")
    if id and numbers[id] then
      raw.text = "#exhibit(<" .. id .. ">, [" .. numbers[id] .. "], supplement: ["
      return raw
    end
  end
end

local function typst(doc)
  local numbers = {}
  local function exhibit(block)
    local first = block.caption.long[1] and block.caption.long[1].content[1]
    if first and first.t == "Str" then
      numbers[block.identifier] = first.text:match("^%a+" .. nbsp .. "(%d+):$")
    end
    return strong_label(block)
  end
  doc = doc:walk({ Table = function(block) return exhibit(typst_table(block)) end, Figure = exhibit })
  return doc:walk({ Image = typst_image, Math = typst_math, RawInline = typst_reference(numbers) })
end

-- A link to another source leads to its page. Quarto sees to that in HTML alone, and has done so before.
local function page_link(link)
  local path, anchor = link.target:match("^([^#]*)(#?.*)$")
  if not path:match("^%a[%w+.-]*:") then
    link.target = path:gsub("%.qmd$", ".html"):gsub("%.ipynb$", ".html") .. anchor
    return link
  end
end

function Pandoc(doc)
  doc = doc:walk({ Link = page_link })
  if FORMAT:match("docx") then
    return word(doc)
  elseif FORMAT:match("typst") then
    return typst(doc)
  end
  return doc
end
