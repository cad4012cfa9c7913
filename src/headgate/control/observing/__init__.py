"""What became of events, and what would become of them, as people ask for it."""
