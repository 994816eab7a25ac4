"""What all pages share: shell, components, theme."""
