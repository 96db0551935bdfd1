# The Debian package: `./dev package`, or cpack in the build tree once `strobe` and `manual` are built. It depends on
# what the program links, as dpkg-shlibdeps finds it.
set(STROBE_MAINTAINER "The Strobe authors <strobe@packages.invalid>" CACHE STRING "Maintainer of the Debian package")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME strobe)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${STROBE_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sampling profiler for native programs and Python")
set(CPACK_PACKAGE_DESCRIPTION
"Strobe runs a command or attaches to processes, takes call stacks of all
threads and children many times a second, and prints where the CPU time
went, in the manner of Python's cProfile. Programs in C, C++, Rust and Go
need no frame pointers; CPython shows its own functions and lines, without
a package or a restart. It also tells what threads waited for, where memory
went, and whether one way is faster than another, for people and for CI.
.
Every report says how good its data is: what was lost, cut short or not
allowed, and why.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)  # strobe_VERSION_ARCHITECTURE.deb
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
# Packing takes what is built: the tests are no part of it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/DebianFiles.cmake)
set(CPACK_STROBE_RELEASE_DATE ${STROBE_RELEASE_DATE})
include(CPack)
