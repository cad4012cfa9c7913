"""`python -m headgate` is the program `headgate`."""

from headgate.cli.main import main

main()
