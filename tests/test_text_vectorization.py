"""TextVectorization where a layer row cannot say it: learnt vocabularies, texts of unequal lengths, tuples, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

TEXTS = ["The cat sat; the cat ran.", "a dog", "", "the dog and the cat and a bird", "Bird!"]


def captured(kerascope, model, path, texts):
    """What the layer "words" and the layers behind it give: {layer: array}."""
    model.save(path)
    np.save(path.parent / "texts.npy", np.array(texts)[:, None])
    kerascope("capture", path, path.parent / "texts.npy", "-o", path.parent / "out.npz")
    with np.load(path.parent / "out.npz") as arrays:
        return dict(arrays)


def vectorizer(kit, texts=(), **config):
    words = kit.layers.TextVectorization(**config, name="words")
    if texts:
        words.adapt(list(texts))
    x = kit.Input((1,), dtype="string", name="texts")
    return kit.Model(x, words(x))


def expected(model, texts):
    return np.asarray(model(tf.constant(np.array(texts)[:, None])))


@pytest.mark.parametrize("kit", [keras, tf_keras], ids=["3", "2"])
@pytest.mark.parametrize("mode", ["int", "multi_hot", "count", "tf_idf"])
def test_a_learnt_vocabulary_is_an_asset_of_the_archive(kerascope, tmp_path, kit, mode):
    model = vectorizer(kit, TEXTS, output_mode=mode)
    texts = [*TEXTS, "an unknown cat, and the bird"]
    seen = captured(kerascope, model, tmp_path / "model.keras", texts)["words"]
    np.testing.assert_allclose(seen, expected(model, texts), rtol=1e-6)


@pytest.mark.parametrize("ngrams", [2, (2,), (3, 1), (1, 2)])
def test_ngrams_of_a_tuple_are_of_just_these_lengths(kerascope, tmp_path, ngrams):
    model = vectorizer(keras, TEXTS, ngrams=ngrams)
    seen = captured(kerascope, model, tmp_path / "model.keras", TEXTS)["words"]
    assert (seen == expected(model, TEXTS)).all()


def test_the_text_with_the_most_tokens_counts_in_all_parts_of_a_large_batch(kerascope, tmp_path):
    x = keras.Input((1,), dtype="string", name="texts")
    words = keras.layers.TextVectorization(name="words")
    words.adapt(TEXTS)
    states = keras.layers.GRU(3)(keras.layers.Embedding(12, 4, mask_zero=True)(words(x)))
    model = keras.Model(x, keras.layers.Dense(2, name="last")(states))
    texts = [" ".join(["cat"] * (i % 7) + ["dog"] * (i // 9)) + " end" for i in range(50)]
    seen = captured(kerascope, model, tmp_path / "model.keras", texts)
    assert (seen["words"] == expected(keras.Model(x, words.output), texts)).all()
    np.testing.assert_allclose(seen["last"], expected(model, texts), atol=1e-6)


@keras.saving.register_keras_serializable("tests")
def shouted(texts):
    return tf.strings.upper(texts)


@pytest.mark.parametrize(
    "config, said",
    [
        ({"standardize": shouted}, "is the Python function 'tests>shouted'"),
        ({"split": shouted}, "'split'"),
        ({"ragged": True}, "ragged tensors"),
        ({"output_mode": "count", "sparse": True}, "sparse tensors"),
        ({"output_mode": "one_hot"}, "a ragged tensor"),
    ],
)
def test_what_kerascope_cannot_compute_is_said(kerascope, tmp_path, config, said):
    x = keras.Input((1,), dtype="string", name="texts")
    layer = keras.layers.TextVectorization(vocabulary=["cat"], name="words", **config)
    layer.built = True
    keras.Model(x, layer(x)).save(tmp_path / "model.keras")
    np.save(tmp_path / "texts.npy", np.array([["cat"]]))
    done = kerascope("capture", tmp_path / "model.keras", tmp_path / "texts.npy", "--layer", "words", "-o", tmp_path / "out.npz", check=False)
    assert "layer-unsupported" in done.stderr and said in done.stderr, done.stderr


def test_an_h5_file_has_no_learnt_vocabulary(kerascope, tmp_path):
    vectorizer(keras, TEXTS).save(tmp_path / "model.h5")
    np.save(tmp_path / "texts.npy", np.array([["cat"]]))
    done = kerascope("capture", tmp_path / "model.h5", tmp_path / "texts.npy", "--layer", "words", check=False)
    assert "has no vocabulary" in done.stderr, done.stderr


def test_several_texts_per_sample_are_refused_as_by_keras(kerascope, tmp_path):
    x = keras.Input((2,), dtype="string", name="texts")
    split = keras.layers.TextVectorization(vocabulary=["cat"], split=None, name="words")
    model = keras.Model(x, split(x))
    split._split = "whitespace"  # Keras itself checks it when the model is made
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "texts.npy", np.array([["cat", "dog"]]))
    done = kerascope("capture", tmp_path / "model.keras", tmp_path / "texts.npy", "--layer", "words", check=False)
    assert "shape-mismatch" in done.stderr and "one text per sample" in done.stderr, done.stderr
