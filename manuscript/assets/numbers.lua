-- Numbers that can be followed, under both engines. In the sources a number from the results is a span with the key of its record,
-- [−1.6°]{r=angle.kyphotic...}: `collect` writes such spans. In HTML it becomes a link to that record on the page of all results,
-- and carries what numbers.js shows beside it; in every other format, in headings, links and pictures it is its words alone.
-- The block of class results-explorer on the page of all results gets its data and its script here; what it holds is for readers
-- without scripts.

local html = FORMAT:match("html") ~= nil
local offset = "."
local commit = ""

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local site = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

local function words_alone(element)
  return element:walk({
    Span = function(span)
      if span.attributes.r then return span.content end
    end,
  })
end

local function keys_of(doc)
  local keys, any = {}, false
  doc:walk({
    Span = function(span)
      if span.attributes.r then keys[span.attributes.r], any = true, true end
    end,
  })
  return keys, any
end

-- The entries of the keys wanted; the index holds one number a line, so that the others are not read.
local function entries(keys)
  local found = {}
  for line in site.read("results/summary/numbers.json", "no number can be followed"):gmatch("[^\n]+") do
    local key = line:match('^"([^"]+)": ')
    if key and keys[key] then
      found[key] = pandoc.json.decode((line:sub(#key + 5):gsub(",$", "")), false)
    end
  end
  return found
end

local function exact(value)
  return math.type(value) and string.format("%.12g", value) or nil
end

local function value_of(entry)
  if entry.method:match(":hidden$") then
    return "not shown, to protect patients"
  end
  local value = exact(entry.value)
  if type(entry.value) == "table" then
    local lower, upper = exact(entry.value[1]), exact(entry.value[2])
    value = lower and upper and lower .. " to " .. upper
  end
  return value and value .. " (" .. entry.unit .. ")" or "not estimable"
end

-- What is said beside a number, a line each: what it is, then name and text.
local function note(entry)
  local rows = pandoc.List(entry.rows):map(exact)
  local row = "results/" .. entry.endpoint .. "/results.json, row " .. table.concat(rows, " and ")
  local lines = {
    entry.what,
    "Value: " .. value_of(entry),
    "Method: " .. entry.method,
    "Analysis set: " .. entry.set .. " (" .. entry.population .. ")",
    "Plan: " .. entry.sap .. " " .. entry.title,
  }
  if entry.exhibits[1] then
    table.insert(lines, "Notebook cell: " .. entry.exhibits[1])
  end
  table.insert(lines, "Record: " .. row)
  if commit ~= "" then
    table.insert(lines, "Commit: " .. commit)
  end
  return table.concat(lines, "\n")
end

local function linked(doc)
  local keys, any = keys_of(doc)
  if not any then return doc, false end
  local index = entries(keys)
  return doc:walk({
    traverse = "topdown",
    Header = function(header) return words_alone(header), false end,
    Link = function(link) return words_alone(link), false end,
    Image = function(image) return words_alone(image), false end,
    Span = function(span)
      local key = span.attributes.r
      if not key then return nil end
      if not index[key] then
        error("[" .. pandoc.utils.stringify(span) .. "]{r=" .. key .. "} leads to no result: results/summary/numbers.json does not have it. "
          .. "Run the pipeline (make repro) before publishing.")
      end
      local attributes = pandoc.Attr("", { "num" }, { ["data-note"] = note(index[key]) })
      return pandoc.Link(span.content, offset .. "/manuscript/results.html#" .. key, "", attributes), false
    end,
  }), true
end

local function with_explorer(doc)
  local found = false
  doc = doc:walk({
    Div = function(div)
      if div.classes:includes("results-explorer") then
        found = true
        div.attributes["data-commit"] = commit
        div.content:insert(1, pandoc.RawBlock("html", "<noscript>"))
        div.content:insert(pandoc.RawBlock("html", "</noscript>"))
        return div
      end
    end,
  })
  if found then
    doc.blocks:insert(site.script(doc, "results/summary/results.js"))
    doc.blocks:insert(site.script(doc, "manuscript/assets/explorer.js"))
  end
  return doc
end

function Pandoc(doc)
  for _, name in ipairs({ "title", "subtitle", "description", "keywords" }) do
    if doc.meta[name] then doc.meta[name] = words_alone(pandoc.Pandoc({}, { value = doc.meta[name] })).meta.value end
  end
  if not html then
    return words_alone(doc)
  end
  offset = site.offset(doc)
  commit = quarto and os.getenv("KYPHO_COMMIT") or pandoc.utils.stringify(doc.meta["kypho-commit"] or "")
  local any
  doc, any = linked(doc)
  if any then
    doc.blocks:insert(site.script(doc, "manuscript/assets/numbers.js"))
  end
  return with_explorer(doc)
end
