"""Which customers may be asked for, and how exactly the answer may be told to whom."""
