"""Customers before anybody groups them: distributions, associations, RFM."""
