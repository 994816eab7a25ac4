"""One customer: why they are where they are, and whether the model knows anybody like them."""
