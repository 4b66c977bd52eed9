# What every target of the project has in common: warnings, sanitizers, checks of confinement,
# ccache where it is installed, and one precompiled header.

find_program(RACEPROOF_CCACHE ccache)
if(RACEPROOF_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    ${RACEPROOF_CCACHE})
endif()

find_program(RACEPROOF_LLD ld.lld)
if(RACEPROOF_LLD AND NOT CMAKE_EXE_LINKER_FLAGS MATCHES "fuse-ld")
  add_link_options(-fuse-ld=lld)
endif()

add_library(raceproof_options INTERFACE)
target_include_directories(raceproof_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(raceproof_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete -Wno-maybe-uninitialized
    -Wno-restrict -Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
target_compile_definitions(raceproof_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_DISABLE_VISIBILITY
  # Asio allocates by operator new, as the rest does: no detour where it is replaced.
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
  $<$<NOT:$<CONFIG:Release>>:RACEPROOF_CHECK_CONFINEMENT>)
if(RACEPROOF_SANITIZE)
  add_compile_options(-fsanitize=${RACEPROOF_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RACEPROOF_SANITIZE})
endif()

# raceproof_library(name SOURCES ... [LINKS ...] [PRIVATE_LINKS ...])
function(raceproof_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC raceproof_options ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(TARGET raceproof_pch AND NOT name STREQUAL raceproof_pch)
    target_precompile_headers(${name} REUSE_FROM raceproof_pch)
  endif()
endfunction()

# raceproof_executable(name SOURCES ... LINKS ...)
function(raceproof_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE raceproof_options ${ARG_LINKS})
  if(TARGET raceproof_pch)
    target_precompile_headers(${name} REUSE_FROM raceproof_pch)
  endif()
endfunction()

# raceproof_test(name SOURCES ... LINKS ... [LABELS ...] [TIMEOUT seconds]): a GoogleTest program
# whose cases run as one CTest test.
function(raceproof_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  raceproof_executable(${name}
    SOURCES ${ARG_SOURCES}
    LINKS ${ARG_LINKS} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

# raceproof_fuzzer(name SOURCES ... LINKS ...): a libFuzzer program, where fuzzers are built at all.
# The target `fuzzers` builds all of them and nothing else. Seeds: tests/fuzz/corpus/<name>.
function(raceproof_fuzzer name)
  if(NOT RACEPROOF_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  raceproof_executable(${name} SOURCES ${ARG_SOURCES} LINKS ${ARG_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_property(TARGET ${name} PROPERTY RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers ${name})
endfunction()
