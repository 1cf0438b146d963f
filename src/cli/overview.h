// The overview of a prepared run, with what the program tells at its top.
#pragma once

#include "cli/request.h"
#include "render/run_overview.h"

namespace kerascope::cli {

/// For the layers that the run will show, before anything is computed.
RunOverview overview_of(const Request& request, const PreparedRun& run, RunOverview::Options options);
/// Title, inputs, predictions, warnings: everything but the rows.
Overview overview_head(const Request& request, const PreparedRun& run, const RunOverview& overview,
                       const CompiledFunction::Result& result);
Json layers_json(const RunOverview& overview);

/// Whether a layer of the model, at any depth, has time steps, so that sequences are not tokens of a picture.
bool has_layers_of_time(const Network& network);

}  // namespace kerascope::cli
