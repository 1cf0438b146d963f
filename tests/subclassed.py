"""A layer of a user's own that holds layers of Keras: a part of models that have no graph."""

from keras import layers


class Block(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.attention = layers.MultiHeadAttention(2, 4, name="attention")
        self.norm = layers.LayerNormalization(name="norm")

    def call(self, x):
        return self.norm(x + self.attention(x, x))
