"""The payers' banks: who was told to transfer money, and buttons that do."""
