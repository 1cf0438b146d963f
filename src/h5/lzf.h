// The LZF compression of h5py, which libhdf5 does not bring along.
#pragma once

namespace kerascope::h5 {

void register_lzf();

}  // namespace kerascope::h5
