"""A local test server for the author of a destination, with a page to try it on."""
