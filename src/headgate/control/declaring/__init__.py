"""What a workspace is to hold: said in a file or by a call, compared, and brought about."""
