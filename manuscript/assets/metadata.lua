-- What machines read in the head of a page, under both engines: description, address, link previews, schema.org, and the tags by
-- which reference managers know the manuscript.
-- Facts come from _quarto.yml (address, name, picture), CITATION.cff (authors, licences, registration) and
-- results/summary/provenance.json (the status of the data, which stands in every title that travels without its page).

local stringify = pandoc.utils.stringify

local root = quarto and quarto.project and quarto.project.directory
  or pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "..", ".." })
local project = dofile(pandoc.path.join({ root, "manuscript", "assets", "site.lua" }))(root)

-- Pandoc reads YAML as the metadata of an empty document.
local function yaml(name)
  return pandoc.read("---\n" .. project.read(name, "the heads of the pages cannot be written") .. "\n---\n", "commonmark+yaml_metadata_block").meta
end

local website = yaml("_quarto.yml").website
local citation = yaml("CITATION.cff")
local record, banner = project.provenance(), project.banner()

local site = stringify(website["site-url"]):gsub("/$", "")
local name = stringify(website.title)
local about_site = stringify(website.description)

local function address(path) return site .. "/" .. path end

local function escaped(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

local function squeezed(value)
  if pandoc.utils.type(value) == "Blocks" then value = pandoc.utils.blocks_to_inlines(value, { pandoc.Space() }) end
  return (stringify(value):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- A text with the status of the data behind it, for places that stand alone.
local function marked(text) return banner and text .. " [" .. banner .. "]" or text end

local function authors(list)
  local found = pandoc.List({})
  for _, author in ipairs(list) do
    found:insert(squeezed(author.name or author))
  end
  return found
end

local function keywords(list)
  local found = pandoc.List({})
  for _, word in ipairs(list or {}) do found:insert(squeezed(word)) end
  return found
end

local encodings = {
  docx = { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
  typst = { ".pdf", "application/pdf" },
  jats = { ".xml", "application/jats+xml" },
}

-- The files that a page is published as besides HTML: format -> address, and the names of the formats in their order.
local function other_formats(page)
  local front = project.read(page.source, "its formats are not known"):match("^%-%-%-\n(.-\n)%-%-%-")
  local given = front and pandoc.read("---\n" .. front .. "---\n", "commonmark+yaml_metadata_block").meta.format
  local found, names = {}, pandoc.List({})
  for format in pairs(type(given) == "table" and given or {}) do
    if encodings[format] then
      found[format] = address(page.source:gsub("%.%w+$", "") .. encodings[format][1])
      names:insert(format)
    end
  end
  names:sort()
  return found, names
end

local entity = dofile(pandoc.path.join({ root, "manuscript", "assets", "schema.lua" }))({
  name = name, about = about_site, image = stringify(website.image), banner = banner,
  citation = citation, record = record, address = address, marked = marked, squeezed = squeezed,
  authors = authors, keywords = keywords, encodings = encodings, other_formats = other_formats,
})

local function meta_tag(kind, key, value)
  return string.format('<meta %s="%s" content="%s">', kind, key, escaped(value))
end

local function highwire(page, meta)
  local files = other_formats(page)
  local tags = pandoc.List({ meta_tag("name", "citation_title", marked(page.title)) })
  for _, author in ipairs(authors(meta.author or citation.authors)) do
    tags:insert(meta_tag("name", "citation_author", author))
  end
  for _, word in ipairs(keywords(meta.keywords)) do tags:insert(meta_tag("name", "citation_keywords", word)) end
  if citation["date-released"] then
    local day = stringify(citation["date-released"]):gsub("-", "/")
    tags:insert(meta_tag("name", "citation_publication_date", day))
  end
  tags:insert(meta_tag("name", "citation_language", "en"))
  tags:insert(meta_tag("name", "citation_fulltext_html_url", address(page.path)))
  if files.typst then tags:insert(meta_tag("name", "citation_pdf_url", files.typst)) end
  if files.jats then tags:insert(meta_tag("name", "citation_xml_url", files.jats)) end
  return tags
end

-- A page of ours as the tags need it.
local function described(doc)
  local meta, source = doc.meta, project.source(doc)
  local path = source:gsub("%.%w+$", ".html")
  local title = squeezed(meta.title or name)
  local said = about_site
  if meta.description then
    said = squeezed(meta.description)
  elseif meta.subtitle and title ~= name then
    said = squeezed(meta.subtitle) .. ". " .. about_site
  end
  return {
    source = source,
    path = path,
    title = title,
    description = said,
    heading = title == name and title .. ": " .. squeezed(meta.subtitle or about_site) or title .. " – " .. name,
  }
end

local function head(page, meta)
  local words = marked(page.description)
  local image = address(stringify(website.image))
  local picture = "The name and the question of the trial beside vertebrae seen from the side"
  if banner then picture = picture .. ", and below them: " .. banner end
  local tags = pandoc.List({
    string.format('<link rel="canonical" href="%s">', escaped(address(page.path))),
    meta_tag("property", "og:type", page.path == "manuscript/index.html" and "article" or "website"),
    meta_tag("property", "og:site_name", name),
    meta_tag("property", "og:locale", "en_GB"),
    meta_tag("property", "og:title", page.heading),
    meta_tag("property", "og:description", words),
    meta_tag("property", "og:url", address(page.path)),
    meta_tag("property", "og:image", image),
    meta_tag("property", "og:image:width", "1200"),
    meta_tag("property", "og:image:height", "630"),
    meta_tag("property", "og:image:alt", picture),
    meta_tag("name", "twitter:card", "summary_large_image"),
    meta_tag("name", "twitter:title", page.heading),
    meta_tag("name", "twitter:description", words),
    meta_tag("name", "twitter:image", image),
    meta_tag("name", "twitter:image:alt", picture),
  })
  -- Quarto writes the description itself where front matter has one.
  if not (quarto and meta.description) then tags:insert(1, meta_tag("name", "description", words)) end
  if page.path == "404.html" then tags:insert(meta_tag("name", "robots", "noindex")) end
  if page.path == "manuscript/index.html" then tags:extend(highwire(page, meta)) end
  local graph = entity(page, meta)
  if graph then
    local json = pandoc.json.encode(graph):gsub("<", "\\u003c")
    tags:insert('<script type="application/ld+json">' .. json .. "</script>")
  end
  return table.concat(tags, "\n")
end

function Pandoc(doc)
  if not FORMAT:match("html") then
    return nil
  end
  local text = head(described(doc), doc.meta)
  if quarto and quarto.doc and quarto.doc.include_text then
    quarto.doc.include_text("in-header", text)
    return nil
  end
  local list = pandoc.List(doc.meta["header-includes"] or {})
  list:insert(pandoc.MetaBlocks({ pandoc.RawBlock("html", text) }))
  doc.meta["header-includes"] = list
  return doc
end
