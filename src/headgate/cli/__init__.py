"""The program `headgate`: every command, each thin over what it calls."""
