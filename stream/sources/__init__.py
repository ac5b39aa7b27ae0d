"""Where frames come from: cameras, recordings and pictures, and what keeps them open."""
