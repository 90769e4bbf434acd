"""What each model takes, costs and is called, and whether an order fits it."""
