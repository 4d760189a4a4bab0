"""What shops, USSD and machines of the operator sell, handed in one by one."""
