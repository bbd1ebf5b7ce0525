"""Float models of other frameworks → int8 .tflite. Each framework is an optional extra."""
