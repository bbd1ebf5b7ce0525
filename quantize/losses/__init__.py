"""Training losses: CTC for the task, and the price of compute."""
