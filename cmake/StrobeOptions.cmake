# Language level, options, and the flags of Strobe's own targets (target strobe_flags).
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(STROBE_BUILD_TESTS "Build tests, benchmarks and sample workloads" ON)
option(STROBE_WERROR "Treat warnings as errors" OFF)
set(STROBE_SANITIZE "" CACHE STRING "Sanitizers for Strobe's own code: address,undefined or thread")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# For code whose own speed is nobody's concern and which takes long to compile: the command line, whose parser is
# all headers (13 s a file at -O2 -g, 6 s so), and most tests (half the time). What a sanitizer adds to a test's own
# code takes as long to optimise as the rest.
set(STROBE_QUICK_BUILD $<$<CONFIG:RelWithDebInfo>:-Og> $<$<CONFIG:RelWithDebInfo>:-g1>)
if(STROBE_SANITIZE)
  list(APPEND STROBE_QUICK_BUILD -O0)
endif()

# Several sources of a library in one go, which parses their headers once: a third of the time. What is in an unnamed
# namespace is then one for them all.
option(STROBE_UNITY "Compile several sources of a library at once" ON)
set(STROBE_UNITY_SOURCES 10)  # at once: enough units are left for several CPUs

add_library(strobe_flags INTERFACE)
target_include_directories(strobe_flags INTERFACE ${PROJECT_SOURCE_DIR}/lib)
target_compile_options(strobe_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-missing-field-initializers -fno-omit-frame-pointer)
target_compile_definitions(strobe_flags INTERFACE STROBE_VERSION="${PROJECT_VERSION}" _GNU_SOURCE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
# Lines and functions are what a stack of Strobe's own needs; variables as well take half as long again to compile.
# Preset dev has them.
target_compile_options(strobe_flags INTERFACE $<$<CONFIG:RelWithDebInfo>:-g1>)
if(STROBE_WERROR)
  target_compile_options(strobe_flags INTERFACE -Werror)
endif()
if(STROBE_SANITIZE)
  target_compile_options(strobe_flags INTERFACE -fsanitize=${STROBE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(strobe_flags INTERFACE -fsanitize=${STROBE_SANITIZE})
endif()
# Preset fuzz: Strobe's libraries instrumented for libFuzzer, which needs clang. Without it the fuzz targets are
# built with a driver that replays their corpus (tests/fuzz).
option(STROBE_LIBFUZZER "Build the fuzz targets for libFuzzer (clang)" OFF)
if(STROBE_LIBFUZZER)
  target_compile_options(strobe_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  target_link_options(strobe_flags INTERFACE -fsanitize=address,undefined)
endif()
