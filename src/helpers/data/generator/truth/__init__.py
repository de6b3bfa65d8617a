"""What the export was drawn from, as `truth.json` lays it beside the export."""
