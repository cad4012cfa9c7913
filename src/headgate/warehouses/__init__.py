"""The warehouses of the catalogue: one folder each, which `headgate.catalog` finds."""
