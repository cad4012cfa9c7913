"""The vocabulary: the six calls, reading them from untrusted bytes, and realistic samples."""
