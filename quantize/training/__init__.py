"""Training by recipe: stages dense → gated → qat, resumable, with a checkpoint after every epoch."""
