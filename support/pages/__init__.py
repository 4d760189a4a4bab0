"""What the pages of help say."""
