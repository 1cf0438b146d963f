// h5py's LZF compression, which libhdf5 does not include.
#pragma once

namespace kerascope::h5 {

void register_lzf();

}  // namespace kerascope::h5
