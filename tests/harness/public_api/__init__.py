"""A judge of answers by the contract of Segment's Public API, alone or as a relay before them."""
