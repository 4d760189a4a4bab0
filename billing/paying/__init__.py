"""From an order to its money: ways to pay, attempts, the gateway's page, bank transfers, credit."""
