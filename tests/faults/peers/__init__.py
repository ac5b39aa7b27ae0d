"""Real peers for streams that fail: servers, a line that breaks on demand, and clips made from a seed."""
