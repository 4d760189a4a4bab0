"""What a test or a curious person may make happen at the gateway, at the banks, and on the way here."""
