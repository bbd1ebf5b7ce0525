"""What operators of a family share: checks, lowerings and declarations that differ in a few values."""
