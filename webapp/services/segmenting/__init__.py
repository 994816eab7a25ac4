"""Segments as people read them: overview, one segment, its looks, notes and history, and those of some customers."""
