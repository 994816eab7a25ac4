"""Datasets, imports and the snapshots that they leave."""
