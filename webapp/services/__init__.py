"""Queries and decisions. A service takes the session and the actor, flushes, never commits, and answers with frozen values."""
