"""Campaigns and the segments that they are planned for."""
