"""What stops a backup or a restore, in one line for whoever sits at the terminal."""


class BackupRefused(Exception):
    """Cannot go on, and nothing was kept. The text says why and what to do."""
