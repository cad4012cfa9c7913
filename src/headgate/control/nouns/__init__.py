"""What people may do, one module for each noun: every function is a use case of an actor's work."""
