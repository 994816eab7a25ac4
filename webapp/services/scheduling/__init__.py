"""Work that comes again: cron expressions, schedules, and their ticks."""
