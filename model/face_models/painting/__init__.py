"""People painted by code: the color model of a face model without colors of its own."""
