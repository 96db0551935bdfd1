# strobe_library(NAME folder DEPS layer… [LIBS external…]): every .cc of lib/<folder> becomes strobe_<folder>.
# strobe_unit_test(folder DEPS layer…): every *_test.cc of tests/unit/<folder> becomes one gtest program.
function(strobe_library)
  cmake_parse_arguments(ARG "" "NAME" "DEPS;LIBS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  string(REPLACE "/" "_" target ${ARG_NAME})
  list(TRANSFORM ARG_DEPS PREPEND strobe_)
  if(NOT sources AND NOT ARG_SOURCES)
    add_library(strobe_${target} INTERFACE)
    target_link_libraries(strobe_${target} INTERFACE ${ARG_DEPS} ${ARG_LIBS} strobe_flags)
    return()
  endif()
  add_library(strobe_${target} STATIC ${sources} ${ARG_SOURCES})
  target_link_libraries(strobe_${target} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_LIBS} PUBLIC strobe_flags)
endfunction()

# strobe_unity(target): see STROBE_UNITY.
function(strobe_unity TARGET)
  if(STROBE_UNITY)
    set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${STROBE_UNITY_SOURCES})
  endif()
endfunction()

# strobe_quick_test(target): compiled quickly, with the headers that all tests include parsed once. A compiler cache
# does better, and has to be told to be careless before it takes such a parsed header: it does without.
function(strobe_quick_test TARGET)
  target_compile_options(${TARGET} PRIVATE ${STROBE_QUICK_BUILD})
  if(NOT CCACHE)
    target_precompile_headers(${TARGET} REUSE_FROM strobe_test_headers)
  endif()
endfunction()

function(strobe_unit_test FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${FOLDER}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target ${FOLDER})
  add_executable(unit_${target} ${sources})
  list(TRANSFORM ARG_DEPS PREPEND strobe_)
  target_link_libraries(unit_${target} PRIVATE ${ARG_DEPS} ${ARG_LIBS} strobe_test_support strobe_flags
    GTest::gtest_main GTest::gmock)
  if(NOT FOLDER STREQUAL unwind)  # whose tests unwind their own frames, as optimised code has them
    strobe_quick_test(unit_${target})
  endif()
  gtest_discover_tests(unit_${target} PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
endfunction()
