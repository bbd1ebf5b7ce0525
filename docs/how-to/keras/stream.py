import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("example")
class LastFrames(keras.layers.Layer):
    """[1, new, C] → the last ``frames`` rows, [1, frames, C]; the older ones are state."""

    def __init__(self, frames, **kwargs):
        super().__init__(**kwargs)
        self.frames = frames

    def build(self, shape):
        kept = (1, self.frames - shape[1], shape[2])
        self.past = self.add_weight(name="past", shape=kept, initializer="zeros", trainable=False)

    def call(self, x):
        window = tf.concat([self.past, x], axis=1)
        self.past.assign(window[:, x.shape[1] :, :])
        return window

    def get_config(self):
        return super().get_config() | {"frames": self.frames}
