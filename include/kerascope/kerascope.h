// Includes the whole library. docs/library.md shows how to use it:
//
//     const ks::Model model = ks::load("digits.keras");
//     const ks::Activations seen = model.run(ks::read_image("digit.png", model));
//     ks::write_png("conv1.png", ks::grid(seen["conv1"]));
//
// where ks is short for the namespace kerascope.
#pragma once

#include "kerascope/activation.h"
#include "kerascope/activations.h"
#include "kerascope/comparison.h"
#include "kerascope/custom_layer.h"
#include "kerascope/distance.h"
#include "kerascope/drawing.h"
#include "kerascope/dtype.h"
#include "kerascope/error.h"
#include "kerascope/function.h"
#include "kerascope/inputs.h"
#include "kerascope/layers/activation.h"
#include "kerascope/layers/applications.h"
#include "kerascope/layers/attention.h"
#include "kerascope/layers/augmentation.h"
#include "kerascope/layers/convolutional.h"
#include "kerascope/layers/core.h"
#include "kerascope/layers/embedding.h"
#include "kerascope/layers/merging.h"
#include "kerascope/layers/normalization.h"
#include "kerascope/layers/pooling.h"
#include "kerascope/layers/preprocessing.h"
#include "kerascope/layers/recurrent.h"
#include "kerascope/layers/regularization.h"
#include "kerascope/layers/reshaping.h"
#include "kerascope/model.h"
#include "kerascope/predictions.h"
#include "kerascope/profile.h"
#include "kerascope/run.h"
#include "kerascope/shape.h"
#include "kerascope/statistics.h"
#include "kerascope/tensor.h"
#include "kerascope/version.h"
