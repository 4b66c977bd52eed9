// Who called: the code that a person would point at, found from inside a caught call.
#pragma once

#include <string>

namespace raceproof::sim {

/// Names the first caller, from the frame that `return_address` returns to outwards, that belongs
/// to the program itself and not to a library or to the plumbing of std and boost:
/// "function(arguments)+0x1f (folder/file.cpp:41)". The file and line stand there when the program
/// was built with debug information; without symbols it is "program+0x1234". Slow: for reports
/// only.
std::string call_site(const void* return_address);

}  // namespace raceproof::sim
