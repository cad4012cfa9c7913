"""What tests need to run a whole Headgate, to receive what it sends, and to judge the result."""
