"""The SIMs and eSIMs of a line: seen, blocked, swapped, ordered; and taking its number to another operator. docs/devices.md."""
