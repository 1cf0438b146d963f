# What `cmake --install` adds for the machine's own tools, and what cpack makes of it all: a .deb and a .tar.gz.

# Ours and, where this system says them, the licences of what is compiled into the programs.
set(licences LICENSE NOTICE src/api/imagenet/LICENSE)
foreach(package libhdf5-dev libcli11-dev nlohmann-json3-dev libfmt-dev)
  set(licence ${CMAKE_SYSROOT}/usr/share/doc/${package}/copyright)
  if(EXISTS ${licence})
    list(APPEND licences ${licence})
  endif()
endforeach()
set(copyright "")
foreach(licence ${licences})
  file(READ ${licence} text)
  string(APPEND copyright "${text}\n")
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/copyright "${copyright}")
install(FILES ${PROJECT_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The program writes its manual page and its completions itself.
if(NOT CMAKE_CROSSCOMPILING)
  set(pages ${PROJECT_BINARY_DIR}/pages)
  file(MAKE_DIRECTORY ${pages})
  add_custom_command(OUTPUT ${pages}/kerascope.1.gz ${pages}/kerascope ${pages}/_kerascope ${pages}/kerascope.fish
    COMMAND kerascope man | gzip -9n > ${pages}/kerascope.1.gz
    COMMAND kerascope completion bash > ${pages}/kerascope
    COMMAND kerascope completion zsh > ${pages}/_kerascope
    COMMAND kerascope completion fish > ${pages}/kerascope.fish
    DEPENDS kerascope VERBATIM COMMENT "Writing the manual page and the completions")
  add_custom_target(pages ALL DEPENDS ${pages}/kerascope.1.gz)
  install(FILES ${pages}/kerascope.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${pages}/kerascope DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${pages}/_kerascope DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${pages}/kerascope.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

set(architecture ${CMAKE_SYSTEM_PROCESSOR})  # in Debian's words
if(architecture STREQUAL "x86_64")
  set(architecture amd64)
elseif(architecture STREQUAL "aarch64")
  set(architecture arm64)
endif()

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_FILE_NAME kerascope_${PROJECT_VERSION}_${architecture})
set(CPACK_PACKAGE_CONTACT "The Kerascope authors <kerascope@example.invalid>" CACHE STRING "the package's maintainer")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${architecture})
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "show what every layer of a trained Keras model does to an input
Kerascope opens a trained Keras model (.h5 of Keras 2 and 3, .keras) and shows
what every layer does to a picture or an array: as numbers, and as grids of
feature maps. It needs neither Python nor TensorFlow and never runs code from
a model file.
.
The package holds the program, and for programs in C++ and C the shared and
the static library with their headers.")
# Headers and libraries come along without what only programs with libkerascope.a need.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, libdeflate-dev, libfmt-dev, libgif-dev, libspng-dev, libturbojpeg0-dev, \
libwebp-dev, zlib1g-dev")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
file(WRITE ${PROJECT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/triggers)
include(CPack)
