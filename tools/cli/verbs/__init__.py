"""One module a verb. Each has ``register(app)``, which adds its command or command group to the Typer app."""
