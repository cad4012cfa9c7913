"""The APIs of the control plane: thin over `control`, which decides."""
