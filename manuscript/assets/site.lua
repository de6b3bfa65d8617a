-- What several filters ask of the project, under both engines: its files, the place of a page in the site, the status of the data.
-- Called with the project's root.

return function(root)
  local site = {}

  -- The text of a file of the project; `why` says what needs it.
  function site.read(name, why)
    local handle = io.open(pandoc.path.join({ root, name }), "r")
    if not handle then error(name .. " is missing, so " .. why .. ". Run the pipeline (make repro) before publishing.") end
    local text = handle:read("a")
    handle:close()
    return text
  end

  -- The way from a page to the site's root.
  function site.offset(doc)
    if quarto and quarto.project and quarto.project.offset then return quarto.project.offset end
    return doc.meta["kypho-offset"] and pandoc.utils.stringify(doc.meta["kypho-offset"]) or "."
  end

  -- The source of a page, from the root on.
  function site.source(doc)
    if quarto and quarto.doc and quarto.doc.input_file then
      return (quarto.doc.input_file:gsub("\\", "/"):sub(#root + 2))
    end
    return doc.meta["kypho-source"] and pandoc.utils.stringify(doc.meta["kypho-source"]) or ""
  end

  -- A script of the site, for the end of a page.
  function site.script(doc, name)
    return pandoc.RawBlock("html", '<script src="' .. site.offset(doc) .. "/" .. name .. '" defer></script>')
  end

  -- Which data ran, as the data stages recorded it.
  function site.provenance()
    local record = pandoc.json.decode(site.read("results/summary/provenance.json", "nothing says which data ran"), false)
    if type(record) ~= "table" or type(record.synthetic) ~= "boolean" then
      error("results/summary/provenance.json does not say whether the data are synthetic. Run the pipeline (make repro) again.")
    end
    return record
  end

  -- The words that have to stand on every page and in every file, if any.
  function site.banner()
    local record = site.provenance()
    if type(record.banner) == "string" and record.banner ~= "" then return record.banner end
    if record.synthetic then return "SYNTHETIC DATA, NOT TRIAL RESULTS" end
    if record.blinded then return "BLINDED, TREATMENT ARMS PERMUTED" end
  end

  return site
end
