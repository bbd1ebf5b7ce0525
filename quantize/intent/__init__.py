"""Speech to intent: a grammar as data, compiled to an automaton and decoded on the logits in integers."""
