"""What acts in the training phase only: shares, scales and shapes of the noise, beside what Keras's own layers give."""

import math

import keras
import numpy as np
import pytest

COUNT = 300
layers = keras.layers


@pytest.fixture
def run(kerascope, tmp_path):
    """(before, after, Keras's after) of a layer on random numbers of that shape."""

    def run(layer, *shape, mean=0.0, more=()):
        keras.utils.set_random_seed(1)
        layer = type(layer).from_config(layer.get_config() | {"name": "noise"})
        model = keras.Sequential([keras.Input(shape, name="numbers"), layer])
        model.save(tmp_path / "model.keras")
        before = np.random.default_rng(2).normal(mean, 1, (COUNT, *shape)).astype("float32")
        np.save(tmp_path / "numbers.npy", before)
        kerascope(
            "capture", tmp_path / "model.keras", tmp_path / "numbers.npy", "-o", tmp_path / "x.npz",
            "--phase", "training", *more
        )  # fmt: skip
        return before, np.load(tmp_path / "x.npz")["noise"], np.asarray(layer(before, training=True))

    return run


@pytest.mark.parametrize(
    "layer, shape, map_axes",
    [
        (layers.SpatialDropout1D(0.3), (7, 20), (1,)),
        (layers.SpatialDropout2D(0.3), (4, 3, 20), (1, 2)),
        (layers.SpatialDropout2D(0.3, data_format="channels_first"), (20, 4, 3), (2, 3)),
        (layers.SpatialDropout3D(0.3), (3, 2, 4, 20), (1, 2, 3)),
        (layers.SpatialDropout3D(0.3, data_format="channels_first"), (20, 3, 2, 4), (2, 3, 4)),
        (layers.Dropout(0.3, noise_shape=(None, 1, 20)), (5, 20), (1,)),
    ],
    ids=lambda value: getattr(value, "name", None) or (None if isinstance(value, tuple) else str(value)),
)
def test_whole_maps_are_dropped_and_the_others_scaled(run, layer, shape, map_axes):
    before, after, _ = run(layer, *shape)
    dropped = (after == 0).all(map_axes)
    np.testing.assert_array_equal(dropped, (after == 0).any(map_axes))
    scaled = np.where(np.expand_dims(dropped, map_axes), 0, before / (1 - layer.rate))
    np.testing.assert_allclose(after, scaled, rtol=1e-5)
    assert dropped.shape == (COUNT, 20)
    deviation = math.sqrt(layer.rate * (1 - layer.rate) / dropped.size)
    assert abs(dropped.mean() - layer.rate) < 5 * deviation
    # Samples and channels are dropped one by one.
    for axis in (0, 1):
        assert np.abs(dropped.mean(axis) - layer.rate).max() < 6 * deviation * math.sqrt(dropped.size / dropped.shape[axis])


@pytest.mark.parametrize("layer", [layers.GaussianNoise(0.5), layers.GaussianDropout(0.2)], ids=lambda layer: layer.name)
def test_gaussian_noise_has_keras_mean_and_deviation(run, layer):
    before, after, truth = run(layer, 40, 10, mean=3)
    for noise in (lambda y: y - before, lambda y: y / before):
        away_from_zero = np.abs(before) > 0.5
        seen, keras_has = noise(after)[away_from_zero], noise(truth)[away_from_zero]
        few = 6 * keras_has.std() / math.sqrt(keras_has.size)
        assert abs(seen.mean() - keras_has.mean()) < 2 * few
        assert abs(seen.std() - keras_has.std()) < 0.02 * keras_has.std()


def test_alpha_dropout_keeps_mean_and_variance_and_drops_to_one_number(run):
    before, after, truth = run(layers.AlphaDropout(0.3), 40, 10)
    lowest, times = np.unique(truth.round(4), return_counts=True)
    limit = lowest[times.argmax()]
    dropped = np.abs(after - limit) < 2e-4
    assert abs(dropped.mean() - 0.3) < 0.01
    ratio, shift = np.polyfit(before[~dropped], after[~dropped], 1)
    kept = np.abs(truth - limit) > 2e-4
    np.testing.assert_allclose((ratio, shift), np.polyfit(before[kept], truth[kept], 1), rtol=1e-4)
    assert abs(after.mean()) < 0.02 and abs(after.std() - 1) < 0.02


@pytest.mark.parametrize(
    "layer",
    [layers.SpatialDropout1D(0.3), layers.GaussianNoise(0.5), layers.GaussianDropout(0.2), layers.AlphaDropout(0.3)],
    ids=lambda layer: layer.name,
)
def test_seed_off_keeps_still_and_a_seed_repeats(run, layer):
    before, still, _ = run(layer, 6, 5, more=("--seed", "off"))
    np.testing.assert_array_equal(still, before)
    first, again, other = (run(layer, 6, 5, more=("--seed", seed))[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
