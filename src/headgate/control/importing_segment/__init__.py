"""Makes a declaration of what a Segment workspace holds, and tells what could not come along.

`reader` asks Segment's Public API, over the client that it is given; everything else is pure:
`workspace` is what was read, `imported` the declaration and the report that come of it.
"""
