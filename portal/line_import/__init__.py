"""An operator's stock of lines, read from a file and loaded once. docs/import-lines.md names the columns."""
