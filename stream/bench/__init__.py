"""`rivereye bench`: what this machine carries."""
