"""Programs that use the library do what the program does: in C++ its pictures and numbers, in C its runs; Python, too."""

import re
import zipfile

import h5py
import keras
import kerascope as ks
import numpy as np
from compiled import ROOT, run_c, run_cpp

DEMO = ROOT / "src/cli/demo"


def other_things(folder):
    """Tokens with a class token, a picture in colour, lines over time, and a nested model."""
    layers, rng = keras.layers, np.random.default_rng(5)
    a, b, c = keras.Input((17, 12), name="a"), keras.Input((16, 16, 3), name="b"), keras.Input((90, 2), name="c")
    inner = keras.Sequential([keras.Input((16, 16, 3)), layers.ReLU()], name="deep")
    outputs = [layers.ReLU(name="tokens")(a), layers.Activation("sigmoid", name="rgb")(b), layers.ReLU(name="lines")(c)]
    keras.Model([a, b, c], [*outputs, inner(b)]).save(folder / "other.keras")
    arrays = {x.name: rng.normal(size=(1, *x.shape[1:])).astype("float32") for x in (a, b, c)}
    np.savez(folder / "in.npz", **arrays)
    (folder / "names.txt").write_text("a\nb\n")
    return folder / "other.keras"


def test_the_library_draws_what_the_program_draws(kerascope, tmp_path):
    model = DEMO / "digits.keras"
    done = kerascope("show", model, DEMO / "digit.png", "-o", tmp_path / "overview.png")
    kerascope("show", model, "--kernels", "conv2", "-o", tmp_path / "kernel.png", "--quiet")
    other = other_things(tmp_path)
    numbers = ("show", other, tmp_path / "in.npz", "--quiet", "-o")
    kerascope(*numbers, tmp_path / "tokens.png", "-l", "tokens")
    kerascope(*numbers, tmp_path / "rgb.png", "-l", "rgb", "--rgb")
    kerascope(*numbers, tmp_path / "lines.png", "-l", "lines")
    kerascope(*numbers, tmp_path / "classes.png", "-l", "rgb", "--classes", "--labels", "names.txt", cwd=tmp_path)
    kerascope(*numbers, tmp_path / "depth.png", "--depth", 1)
    predicted = re.search(r"^predicts +(.*)$", done.stdout, flags=re.MULTILINE)[1]
    run_cpp(
        tmp_path,
        f"""
#include <kerascope/kerascope.h>
namespace ks = kerascope;
int main() {{
  const ks::Model model = ks::load("digits.keras");
  const ks::Inputs inputs = ks::read_inputs({{"digit.png"}}, model);
  const ks::Activations seen = model.run(inputs);
  const std::vector<std::string> lines = {{
      "Keras " + model.keras_version() + ", Keras archive, " + std::to_string(seen.size()) + " rows",
      "input " + inputs.done[0], "predicts {predicted}"}};
  ks::write_png("overview_too.png", ks::overview(seen, {{.title = "digits.keras", .lines = lines}}));
  ks::write_png("kernel_too.png", ks::kernel_picture(model.layer("conv2")));
  const ks::Model other = ks::load("other.keras");
  const ks::Inputs numbers = ks::read_inputs({{"in.npz"}}, other);
  const ks::Activations all = other.run(numbers);
  ks::write_png("tokens_too.png", ks::grid(all["tokens"]));
  ks::write_png("rgb_too.png", ks::grid(all["rgb"], {{.in_color = true}}));
  ks::write_png("lines_too.png", ks::grid(all["lines"]));
  ks::write_png("classes_too.png", ks::class_map(all["rgb"].tensor.item(0), all["rgb"].axes, {{.names = {{"a", "b"}}}}).grid);
  std::vector<std::string> about = {{"Keras " + other.keras_version() + ", Keras archive, 7 rows"}};
  for (const std::string& line : numbers.done) about.push_back("input " + line);
  ks::write_png("depth_too.png", ks::overview(all, {{.title = "other.keras", .lines = about, .depth = 1,
                                                    .outputs = {{"tokens", "rgb", "lines", "deep"}}}}));
}}
""",
    )
    for name in ("overview", "kernel", "tokens", "rgb", "lines", "classes", "depth"):
        assert (tmp_path / f"{name}.png").read_bytes() == (tmp_path / f"{name}_too.png").read_bytes(), name


# The same request to the program, in C++ and in Python.
REQUESTS = [
    ([], "", {}),
    (["--threads", "1"], ".call = {.threads = 1}", {"threads": 1}),
    (["--threads", "2", "--exact"], ".call = {.exact = true, .threads = 2}", {"threads": 2, "exact": True}),
    (["--phase", "training", "--seed", "7"], ".call = {.phase = ks::Phase::kTraining, .seed = 7}",
     {"phase": "training", "seed": 7}),
    (["--phase", "training", "--seed", "off", "--threads", "1", "-l", "type:Conv2D,relu/pre_activation"],
     '.taps = {"type:Conv2D,relu/pre_activation"}, .call = {.phase = ks::Phase::kTraining, .seed = {}, .threads = 1}',
     {"phase": "training", "seed": None, "threads": 1, "taps": ["type:Conv2D,relu/pre_activation"]}),
    (["--memory", "8MB", "-l", "answer"], '.taps = {"answer"}, .most_memory = 8000000', {"memory": 8000000, "taps": "answer"}),
]


def bits(seen):
    """In order; files may hold the same arrays in another order of bytes, since the program writes each as it is ready."""
    return [(name, seen[name].dtype, seen[name].shape, seen[name].tobytes()) for name in seen]


def test_program_cpp_and_python_give_the_same_bits(kerascope, tmp_path):
    layers = keras.layers
    keras.utils.set_random_seed(8)
    x = inputs = keras.Input((40, 44, 3))
    x = layers.BatchNormalization()(layers.Conv2D(32, 3, padding="same", activation="relu", name="relu")(x))
    x = layers.Conv2D(64, 3, strides=2)(layers.DepthwiseConv2D(5)(layers.SpatialDropout2D(0.3)(x)))
    x = layers.Reshape((15, -1))(layers.GaussianNoise(0.1)(layers.Conv2D(64, 3)(x)))
    x = layers.LSTM(20, return_sequences=True)(x)
    x = layers.Flatten()(layers.MultiHeadAttention(2, 8)(x, x))
    keras.Model(inputs, layers.Dense(10, name="answer")(x)).save(tmp_path / "net.keras")
    batch = np.random.default_rng(8).normal(size=(5, 40, 44, 3)).astype("float32")
    np.save(tmp_path / "batch.npy", batch)
    runs = [f'ks::write_npz("cpp{i}.npz", model.run(batch, {{{cpp}}}));' for i, (_, cpp, _) in enumerate(REQUESTS)]
    run_cpp(
        tmp_path,
        f"""
#include <kerascope/kerascope.h>
namespace ks = kerascope;
int main() {{
  const ks::Model model = ks::load("net.keras");
  const ks::Tensor batch = ks::read_npy("batch.npy");
  {" ".join(runs)}
}}
""",
    )
    model = ks.load(tmp_path / "net.keras")
    for i, (words, _, options) in enumerate(REQUESTS):
        kerascope("capture", tmp_path / "net.keras", tmp_path / "batch.npy", *words, "-o", tmp_path / "program.npz", "--quiet")
        program = bits(np.load(tmp_path / "program.npz"))
        assert program == bits(np.load(tmp_path / f"cpp{i}.npz")), words
        assert program == bits(model.run(batch, **options)), words


def test_a_run_that_fails_while_it_reads_weights_fails_again(tmp_path):
    layers = [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    keras.Sequential(layers).save(tmp_path / "sound.keras")
    with zipfile.ZipFile(tmp_path / "sound.keras") as sound, zipfile.ZipFile(tmp_path / "net.keras", "w") as net:
        sound.extract("model.weights.h5", tmp_path)
        with h5py.File(tmp_path / "model.weights.h5", "a") as weights:
            own = weights["layers/batch_normalization/vars"]
            del own["2"]
            own["2"] = np.array([b"a", b"b"])
        net.writestr("config.json", sound.read("config.json"))
        net.writestr("metadata.json", sound.read("metadata.json"))
        net.write(tmp_path / "model.weights.h5", "model.weights.h5")
    said = run_cpp(
        tmp_path,
        """
#include <kerascope/kerascope.h>
#include <iostream>
namespace ks = kerascope;
int main() {
  const ks::Model model = ks::load("net.keras");
  for (int i = 0; i < 2; ++i) try {
      std::cout << model.predict(ks::Tensor::of({1, 3}, std::vector<float>{1, 2, 3}))[0].data()[0];
    } catch (const ks::Error& error) {
      std::cout << error.code() << ' ';
    }
}
""",
    )
    assert said == "weight-type weight-type "


def test_the_c_interface_runs_files_loads_weights_and_tells_what_it_skipped(tmp_path):
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="net")
    (tmp_path / "net.json").write_text(net.to_json())
    np.save(tmp_path / "input.npy", np.zeros((1, 3), "float32"))
    said = run_c(
        tmp_path,
        r"""
#include <kerascope/kerascope_c.h>
#include <stdio.h>
int main(void) {
  kerascope_model* model = kerascope_open("digits.keras");
  const char* files[] = {"digit.png"};
  const kerascope_run_options options = {.taps = "digit"};
  kerascope_activations* seen = kerascope_run_files(model, files, 1, &options);
  kerascope_tensor digit;
  int best = 0;
  if (kerascope_find(seen, "digit", &digit) != 0) return 1;
  for (int i = 0; i < 10; ++i) best = digit.data[i] > digit.data[best] ? i : best;
  printf("%d, skipped %s\n", best, kerascope_skipped(seen, 0) ? "some" : "none");
  kerascope_free_activations(seen);
  printf("%d layers\n", kerascope_load_weights(model, "digits.keras", 1));
  files[0] = "nowhere.png";
  printf("%s\n", kerascope_run_files(model, files, 1, NULL) ? "ran" : kerascope_last_error_code());
  printf("%s\n", kerascope_run_files(model, NULL, 1, NULL) ? "ran" : kerascope_last_error_code());
  printf("%d %s\n", kerascope_load_weights(model, NULL, 0), kerascope_last_error_code());
  printf("%d %s\n", kerascope_load_weights(model, "digit.png", 0), kerascope_last_error_code());
  kerascope_free_model(model);

  model = kerascope_open("net.json");
  files[0] = "input.npy";
  seen = kerascope_run_files(model, files, 1, NULL);
  for (int i = 0; kerascope_skipped(seen, i); ++i) {
    printf("%s", kerascope_skipped(seen, i));
    printf(" %d %s\n", kerascope_find(seen, kerascope_skipped(seen, i), &digit), kerascope_last_error_code());
  }
  kerascope_free_activations(seen);
  kerascope_free_model(model);
  return 0;
}
""",
    )
    digit, *rest = said.splitlines()
    assert digit == "3, skipped none"
    assert rest == [
        "5 layers",
        "file-missing",
        "pointer-null",
        "-1 pointer-null",
        "-1 weights-missing",
        "dense -1 weight-missing",
    ]
