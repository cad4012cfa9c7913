"""Commands for those who write destinations: `headgate destination …`."""
