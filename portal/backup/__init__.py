"""The database into one file and back: backups, their check, and what a restored portal must ask again. See docs/backup.md."""
