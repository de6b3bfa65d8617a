"""What search engines are told: the addresses of the pages, alike for both engines and from build to build."""

from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from helpers.files import write_text
from helpers.publish.sources import Project


def addresses(project: Project) -> list[str]:
    """The full address of every page that can be looked for, in the order of the render list."""
    return [f"{project.site_url}/{quote(str(page.output))}" for page in project.pages if not page.is_error_page]


def write_sitemap(project: Project, site: Path) -> None:
    """Write `sitemap.xml` and the `robots.txt` that names it; without dates, which would be those of the machine."""
    entries = "\n".join(f"  <url><loc>{escape(address)}</loc></url>" for address in addresses(project))
    write_text(
        site / "sitemap.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}\n</urlset>\n',
    )
    write_text(site / "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {project.site_url}/sitemap.xml\n")
