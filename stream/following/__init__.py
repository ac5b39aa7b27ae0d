"""What is known of a camera over time."""
