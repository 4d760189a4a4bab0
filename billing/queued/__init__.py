"""Plans that are paid and have not begun: seen, cancelled, changed for another, and undone. docs/queue.md."""
