"""One feature, one module: its layout, its callbacks, and `register(app)`."""
