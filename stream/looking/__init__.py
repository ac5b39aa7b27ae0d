"""How frames are looked at: which parts, in which order, and what the network says of them."""
