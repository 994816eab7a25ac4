"""Who signs in: accounts, sessions, teams and their members, tokens, and the log of what they did."""
