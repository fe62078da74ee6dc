"""Image files that users really have: their kinds, their colors, and what is wrong with them."""
