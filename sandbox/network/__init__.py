"""The operator's network: people use their phones, and its mediation system tells the portal."""
