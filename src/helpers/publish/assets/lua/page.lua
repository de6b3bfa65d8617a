-- Hands the banner to the page template, which shows it above the navigation and below nothing else.
-- On the page for missing addresses, which stands at any depth, links begin at the site's root.

function Pandoc(doc)
  for index, block in ipairs(doc.blocks) do
    if block.t == "Div" and block.classes:includes("kypho-banner") then
      doc.meta.banner = pandoc.MetaBlocks({ block })
      doc.blocks:remove(index)
      break
    end
  end
  if doc.meta["kypho-error-page"] then
    local offset = pandoc.utils.stringify(doc.meta["kypho-offset"])
    return doc:walk({
      Link = function(link)
        if not link.target:match("^[#/]") and not link.target:match("^%a[%w+.-]*:") then
          link.target = offset .. "/" .. link.target
          return link
        end
      end,
    })
  end
  return doc
end
