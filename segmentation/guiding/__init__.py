"""An outcome as a guide to features and numbers of segments, with a lift that is taken out of fold."""
