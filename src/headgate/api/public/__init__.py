"""Segment's Public API, as its clients and its Terraform provider speak it."""
