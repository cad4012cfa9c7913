"""The composition root: settings to log, store, ledger and roles; nothing else constructs them."""
