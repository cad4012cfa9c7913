"""Segment's older Config API, at `/v1beta`: resources by the names that their paths are."""
