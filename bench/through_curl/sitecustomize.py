"""Has a Headgate that starts with this folder in PYTHONPATH send plain http through libcurl, too.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from headgate.deliver import transport

transport._PLAIN = "none://"  # noqa: SLF001 - what is compared is exactly this choice
