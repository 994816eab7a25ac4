"""SmartCart Segments: the web application around the `segmentation` library."""
