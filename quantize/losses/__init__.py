"""Training losses: CTC or transducer for the task, and the price of compute."""
