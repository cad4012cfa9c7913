"""HTTP in, log out: the collection server."""
