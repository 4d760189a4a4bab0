"""Every way back: what goes back and how it is counted, requests, refunds, disputes, withdrawal."""
