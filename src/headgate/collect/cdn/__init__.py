"""What browsers ask a CDN for: files, and the settings of a source."""
