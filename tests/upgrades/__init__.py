"""What earlier versions left behind: recorded once, and started by today's code in `tests/integration/upgrades`."""
