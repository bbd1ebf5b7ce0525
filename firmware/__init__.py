"""C sources of the device side, and the code generator that writes the model's part of them."""
