"""Tests of the collection server's parts."""
