-- Hands the banner to the page template, which shows it above the navigation and below nothing else.

function Pandoc(doc)
  for index, block in ipairs(doc.blocks) do
    if block.t == "Div" and block.classes:includes("kypho-banner") then
      doc.meta.banner = pandoc.MetaBlocks({ block })
      doc.blocks:remove(index)
      break
    end
  end
  return doc
end
