"""Which algorithm and how many segments: figures beside what shuffled columns give, stability, and a verdict in words."""
