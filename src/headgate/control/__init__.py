"""What people may do: one use case at a time, whoever asks for it."""
