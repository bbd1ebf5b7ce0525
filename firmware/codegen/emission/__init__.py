"""Program → C text: one small class or function a piece of the output."""
