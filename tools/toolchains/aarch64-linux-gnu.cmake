# For ARM64, with Debian's cross compiler; `./dev cross` puts the libraries into SYSROOT.
get_filename_component(BUILD ${CMAKE_CURRENT_LIST_DIR}/../../build ABSOLUTE)
set(SYSROOT ${BUILD}/arm64/sysroot)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(CMAKE_SYSROOT ${SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${BUILD})  # what the Python package is built with lies there
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${SYSROOT}/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${SYSROOT})
# FindHDF5 asks this script where the library lies and what it needs; the machine's own would name its own.
set(HDF5_C_COMPILER_EXECUTABLE ${SYSROOT}/usr/bin/h5cc)
set(ENV{HDF5_CC} "${CMAKE_C_COMPILER} --sysroot=${SYSROOT}")
set(ENV{HDF5_CLINKER} "$ENV{HDF5_CC}")
