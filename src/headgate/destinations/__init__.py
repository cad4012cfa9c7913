"""The catalogue of destinations: one folder each, found by `headgate.catalog`, never listed."""
