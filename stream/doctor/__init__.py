"""What keeps a box from watching well, found before it matters, and what to do about it."""
