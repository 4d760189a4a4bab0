"""Receipts and credit notes: numbered without gaps, frozen, drawn as PDF by the worker, sent by e-mail."""
