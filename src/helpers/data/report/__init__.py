"""What `kypho check-data` found, for people: text for a terminal, CSV for a spreadsheet, one HTML page.

Strings of an export are hostile here: escaped in HTML, neutralised in CSV, without control characters in text.
"""

from helpers.data.report.page import to_html
from helpers.data.report.spreadsheet import to_csv
from helpers.data.report.terminal import text

__all__ = ["text", "to_csv", "to_html"]
