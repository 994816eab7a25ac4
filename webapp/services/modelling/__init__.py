"""Model versions: sweeps, fits, scoring, and the same model on earlier snapshots."""
