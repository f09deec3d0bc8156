"""Draws invoices of firms that do not exist. `make_samples.py` beside this package is the way in."""
