"""The log-mel front end in integer arithmetic, and the reading of audio files."""
