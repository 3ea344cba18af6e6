"""`python -m stagedoor`."""

from stagedoor.cli.app import main

main()
