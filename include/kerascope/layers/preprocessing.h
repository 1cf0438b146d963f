// keras.layers: preprocessing of numbers, pictures, texts and sound.
#pragma once

#include <variant>

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = x * scale + offset; scale and offset are one number, or one per entry of the last axis. (...) -> (...)
///
///     const auto unit = ks::layer(kl::Rescaling{.scale = {1.0f / 255}});
struct Rescaling {
  std::vector<float> scale = {1};  ///< required by Keras
  std::vector<float> offset = {0};
};

/// y = (x - mean) / max(sqrt(variance), 1e-7) along the axes; with `invert`, the inverse. Mean and variance are in the
/// config, or, after Keras's `adapt`, weights: mean, variance and count. (...) -> (...)
struct Normalization {
  std::vector<std::int64_t> axis = {-1};  ///< axes with separate statistics; empty: the same for all (Keras's None)
  std::vector<float> mean;                ///< one number, or one per entry along the axes; empty: a weight
  std::vector<float> variance;            ///< as many numbers as `mean`
  bool invert = false;
};

/// Resizes pictures. (N, H, W, C) -> (N, height, width, C)
///
///     const auto small = ks::layer(kl::Resizing{.height = 32, .width = 32, .crop_to_aspect_ratio = true});
struct Resizing {
  std::int64_t height = 0, width = 0;                      ///< required, in pixels
  Interpolation interpolation = Interpolation::kBilinear;  ///< kArea, kGaussian, kMitchellCubic: Keras 2 only
  bool crop_to_aspect_ratio = false;  ///< resizes only the largest central part with these proportions
  bool pad_to_aspect_ratio = false;   ///< pads the picture to these proportions before resizing
  float fill_value = 0;               ///< the padding's value
  bool antialias = false;             ///< when shrinking, every pixel of the picture counts
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// The centre of pictures. From a smaller picture: the largest central part with these proportions, resized.
/// (N, H, W, C) -> (N, height, width, C)
struct CenterCrop {
  std::int64_t height = 0, width = 0;  ///< required, in pixels
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Stretches each channel of each picture linearly to the whole range: its smallest and largest numbers become the
/// range's ends. In either phase. (N, H, W, C) -> (N, H, W, C)
struct AutoContrast {
  std::vector<float> value_range = {0, 255};
};

/// Equalizes the histogram of each channel, separately per tile of a grid laid over the picture. In either phase. (N,
/// H, W, C) -> (N, H, W, C)
struct ContrastLimitedAdaptiveHistogramEqualization {
  std::vector<float> value_range = {0, 255};
  float clip_limit = 4;                 ///< limit of a number's frequency, as a multiple of the mean frequency; 0: none
  Size<2> tile_grid_size = each<2>(8);  ///< tiles down and across
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// How CategoryEncoding encodes numbers.
enum class CategoryMode {
  kOneHot,    ///< one vector per number: (N, 1) -> (N, num_tokens), (N, T) -> (N, T, num_tokens)
  kMultiHot,  ///< 1 for each number that occurs: (N, T) -> (N, num_tokens)
  kCount,     ///< how often each number occurs, or the sum of its weights in a second input
};

/// Encodes whole numbers from 0 to num_tokens - 1 as vectors of zeros and ones. Other numbers are ignored.
///
///     const auto words = ks::layer(kl::CategoryEncoding{.num_tokens = 1000});
struct CategoryEncoding {
  std::int64_t num_tokens = 0;  ///< required
  CategoryMode output_mode = CategoryMode::kMultiHot;
};

/// What StringLookup and IntegerLookup make of each token's number.
enum class LookupMode {
  kInt,       ///< the number itself
  kOneHot,    ///< as in CategoryMode
  kMultiHot,  ///< as in CategoryMode
  kCount,     ///< how often each token occurs
  kTfIdf,     ///< the same times the token's idf_weights
};

/// The number of each token, which is a text. (...) of strings -> (...). The first numbers are those of the mask token
/// (0; kInt only) and of tokens that the vocabulary does not hold; then come those of the vocabulary. With `invert`,
/// whole numbers -> tokens.
///
///     const auto ids = ks::layer(kl::StringLookup{.vocabulary = {"cat", "dog"}});
struct StringLookup {
  std::optional<std::int64_t> max_tokens;  ///< at most so many numbers
  std::int64_t num_oov_indices = 1;        ///< how many numbers other tokens share; 0: a run throws for these
  std::optional<std::string> mask_token;
  std::string oov_token = "[UNK]";
  std::vector<std::string> vocabulary;  ///< required here; after Keras's `adapt`, an asset of the archive
  std::vector<float> idf_weights;       ///< kTfIdf: one per token; empty: a weight
  bool invert = false;
  LookupMode output_mode = LookupMode::kInt;
  bool pad_to_max_tokens = false;  ///< vectors have max_tokens places
};

/// The same for tokens that are whole numbers, with a vocabulary of such.
struct IntegerLookup {
  /// Which of several numbers another token gets.
  enum class OovMethod { kFloormod, kFarmhash };
  std::optional<std::int64_t> max_tokens;
  std::int64_t num_oov_indices = 1;
  std::optional<std::int64_t> mask_token;
  std::int64_t oov_token = -1;
  std::vector<std::int64_t> vocabulary;
  std::vector<float> idf_weights;
  bool invert = false;
  LookupMode output_mode = LookupMode::kInt;
  bool pad_to_max_tokens = false;
  OovMethod oov_method = OovMethod::kFloormod;
};

/// The number of each number's bin: how many boundaries are not above it. (...) -> (...), or vectors as
/// CategoryEncoding makes them.
///
///     const auto bins = ks::layer(kl::Discretization{.bin_boundaries = {0, 10, 100}});
struct Discretization {
  /// How the bins are written: their numbers, or vectors as in CategoryMode.
  enum class Mode { kInt, kOneHot, kMultiHot, kCount };
  std::vector<float> bin_boundaries;     ///< ascending; required here: Keras's `adapt` learns them
  std::optional<std::int64_t> num_bins;  ///< what `adapt` was asked for
  Mode output_mode = Mode::kInt;
};

/// Hashes texts, or whole numbers as decimal texts, to one of num_bins numbers: FarmHash, or SipHash with a salt. (...)
/// -> (...), or vectors as CategoryEncoding makes them.
struct Hashing {
  std::int64_t num_bins = 0;                                          ///< required
  std::optional<std::variant<std::int64_t, std::string>> mask_value;  ///< a number or text that alone is mapped to 0
  std::vector<std::int64_t> salt;                                     ///< one or two numbers; empty: none
  Discretization::Mode output_mode = Discretization::Mode::kInt;
};

/// Hashes the combination of two or more inputs, texts or whole numbers. (N) or (N, 1) each -> the same shape, or
/// vectors.
struct HashedCrossing {
  enum class Mode { kInt, kOneHot };
  std::int64_t num_bins = 0;  ///< required
  Mode output_mode = Mode::kInt;
};

/// Splits texts into tokens and looks these up. (N) or (N, 1) of strings -> (N, T) whole numbers: 0 pads, 1 is any
/// token that the vocabulary does not hold. Or (N, tokens), one vector per text.
///
///     const auto words = ks::layer(kl::TextVectorization{.output_sequence_length = 20, .vocabulary = {"cat", "dog"}});
struct TextVectorization {
  /// Lowers ASCII letters, strips ASCII punctuation.
  enum class Standardize { kLowerAndStripPunctuation, kLower, kStripPunctuation };
  enum class Split { kWhitespace, kCharacter };
  std::optional<std::int64_t> max_tokens;  ///< at most so many numbers
  std::optional<Standardize> standardize = Standardize::kLowerAndStripPunctuation;
  std::optional<Split> split = Split::kWhitespace;  ///< nothing: (N, T) texts are tokens as they are
  /// Runs of tokens, joined by blanks, are looked up: of 1 to so many tokens, or of just these lengths.
  std::optional<std::variant<std::int64_t, std::vector<std::int64_t>>> ngrams;
  LookupMode output_mode = LookupMode::kInt;           ///< not kOneHot
  std::optional<std::int64_t> output_sequence_length;  ///< T; nothing: that of the text with the most tokens
  bool pad_to_max_tokens = false;                      ///< vectors have max_tokens places
  std::vector<std::string> vocabulary;  ///< required here; after Keras's `adapt`, an asset of the archive
  std::vector<float> idf_weights;       ///< kTfIdf: one per token; empty: a weight
};

/// Short-time Fourier transform of each channel, by two convolutions. (N, T, C) -> (N, frames, C * frequencies).
/// Weights: real_kernel and imag_kernel (frame_length, 1, frequencies).
struct STFTSpectrogram {
  enum class Mode { kLog, kMagnitude, kPsd, kReal, kImag, kAngle, kStft };
  Mode mode = Mode::kLog;                  ///< kStft: real and imaginary parts behind each other
  std::int64_t frame_length = 256;         ///< steps that a frame reads
  std::optional<std::int64_t> frame_step;  ///< half of frame_length
  std::optional<std::int64_t> fft_length;  ///< the next power of 2; there are fft_length / 2 + 1 frequencies
  Padding padding = Padding::kValid;       ///< kValid or kSame
  bool expand_dims = false;                ///< (N, frames, frequencies, C)
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Magnitudes of a short-time Fourier transform on the mel scale. (T) or (N, T) -> (N, num_mel_bins, frames)
struct MelSpectrogram {
  enum class Window { kHann, kHamming };
  std::int64_t fft_length = 2048;               ///< steps that a frame reads
  std::int64_t sequence_stride = 512;           ///< steps between frames
  std::optional<std::int64_t> sequence_length;  ///< the window's length; fft_length
  std::optional<Window> window = Window::kHann;
  float sampling_rate = 16000;  ///< in Hz
  std::int64_t num_mel_bins = 128;
  float min_freq = 20;            ///< in Hz
  std::optional<float> max_freq;  ///< half of sampling_rate
  bool power_to_db = true;        ///< 10 * log10
  float top_db = 80;              ///< decibels below the largest one of all samples, where the others are cut
  float mag_exp = 2;              ///< exponent of the magnitudes
  float min_power = 1e-10f;       ///< smaller numbers count as this
  float ref_power = 1;            ///< what is 0 dB
};

}  // namespace kerascope::layers
