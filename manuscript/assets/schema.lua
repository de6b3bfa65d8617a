-- What a page is in the words of schema.org: the home page a WebSite, the manuscript a ScholarlyArticle, a page with tables to
-- download a Dataset. metadata.lua calls this with the facts of the project and writes what comes back as JSON-LD.

local stringify = pandoc.utils.stringify

return function(facts)
  local function licence(kind)
    for _, entry in ipairs(facts.citation.references or {}) do
      if stringify(entry.type) == kind then
        return "https://spdx.org/licenses/" .. stringify(entry.license) .. ".html"
      end
    end
  end

  local function organisations(names)
    return names:map(function(author) return { ["@type"] = "Organization", name = author } end)
  end

  local function trial()
    for _, entry in ipairs(facts.citation.identifiers or {}) do
      local number = stringify(entry.value)
      if number:match("^NCT%d+$") then
        return {
          ["@type"] = "MedicalTrial", name = facts.name, identifier = number,
          url = "https://clinicaltrials.gov/study/" .. number,
        }
      end
    end
  end

  local function website_entity()
    return { ["@type"] = "WebSite", name = facts.name, url = facts.address("index.html"), description = facts.marked(facts.about) }
  end

  -- What can be downloaded from a page, as a data set. The patients' data themselves are not on the site.
  local datasets = {
    ["manuscript/codebook.html"] = {
      title = "codebook",
      description = "Declaration of the tables, variables, units, ranges and codes of the trial's data export",
      files = { "results/summary/codebook.csv", "results/summary/redcap-dictionary.csv" },
    },
    ["manuscript/results.html"] = {
      title = "results",
      description = "Every number that the analyses give, one record a number, with analysis, population, visit, unit and method",
      files = { "results/summary/results.csv" },
    },
  }

  local function dataset(about)
    local entity = {
      ["@type"] = "Dataset",
      name = facts.marked(facts.name .. ": " .. about.title),
      description = facts.marked(about.description),
      identifier = facts.record.checksum and "sha256:" .. facts.record.checksum,
      creator = organisations(facts.authors(facts.citation.authors)),
      keywords = facts.keywords(facts.citation.keywords),
      isAccessibleForFree = true,
      distribution = pandoc.List({}),
    }
    -- A real export is under no licence of ours.
    if facts.record.synthetic then entity.license = licence("data") end
    for _, path in ipairs(about.files) do
      entity.distribution:insert({ ["@type"] = "DataDownload", contentUrl = facts.address(path), encodingFormat = "text/csv" })
    end
    return entity
  end

  local function article(page, meta)
    local files, formats = facts.other_formats(page)
    local objects = formats:map(function(format)
      return { ["@type"] = "MediaObject", contentUrl = files[format], encodingFormat = facts.encodings[format][2] }
    end)
    return {
      ["@type"] = "ScholarlyArticle",
      headline = facts.marked(page.title),
      name = facts.marked(page.title),
      abstract = meta.abstract and facts.marked(facts.squeezed(meta.abstract)) or nil,
      author = organisations(facts.authors(meta.author or facts.citation.authors)),
      keywords = facts.keywords(meta.keywords),
      license = licence("article"),
      image = facts.address(facts.image),
      encoding = objects,
      isPartOf = website_entity(),
    }
  end

  local function entity(page, meta)
    local found
    if page.path == "index.html" then
      found = website_entity()
      found.license = licence("article")
      found.image = facts.address(facts.image)
    elseif page.path == "manuscript/index.html" then
      found = article(page, meta)
    elseif datasets[page.path] then
      found = dataset(datasets[page.path])
    end
    if not found then return end
    found["@context"] = "https://schema.org"
    found.url = facts.address(page.path)
    found.inLanguage = "en"
    found.about = trial()
    found.version = stringify(facts.citation.version)
    found.creativeWorkStatus = facts.banner
    return found
  end

  return entity
end
