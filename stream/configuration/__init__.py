"""What can be set, from the command line or a file."""
