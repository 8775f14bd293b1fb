"""Everything a person sees: Textual apps, flows, one file per step. Imports `kiosk`, never the other way."""
