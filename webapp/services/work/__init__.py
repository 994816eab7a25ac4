"""Jobs: asked for, leased to a worker, ended."""
