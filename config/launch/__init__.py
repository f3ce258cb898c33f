"""What runs before the virtual environment exists. Standard library only, started as a script by the Makefile."""
