"""Customers as people read them: the grid, one customer, files of them."""
