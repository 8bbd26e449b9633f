"""The measurements quoted in the documentation, each made by one command."""
