#include "harness/sim/call_site.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <string_view>

#ifdef RACEPROOF_BACKTRACE_HEADER
#include RACEPROOF_BACKTRACE_HEADER
#endif

namespace raceproof::sim {

namespace {

constexpr std::size_t frames_max = 64;
constexpr std::size_t name_length_max = 400;

/// What is known of one frame.
struct Place {
  std::string symbol;  ///< mangled; empty if unknown
  std::uintptr_t offset = 0;
  std::string file;  ///< relative to the project's root; empty if unknown
  int line = 0;
};

std::string_view project_root() {
  const std::string_view here = __FILE__;
  return here.substr(0, here.size() - std::string_view("harness/sim/call_site.cpp").size());
}

bool is_own_file(std::string_view file) {
  return file.starts_with(project_root()) && !(project_root().empty() && file.starts_with('/'));
}

#ifdef RACEPROOF_BACKTRACE_HEADER

void ignore_error(void*, const char*, int) {}

backtrace_state* debug_information() {
  static backtrace_state* const state = backtrace_create_state(nullptr, 1, ignore_error, nullptr);
  return state;
}

Place place_of(std::uintptr_t pc) {
  Place place;
  const auto on_symbol = [](void* out, std::uintptr_t at, const char* name, std::uintptr_t start,
                            std::uintptr_t) {
    if (name == nullptr) return;
    static_cast<Place*>(out)->symbol = name;
    static_cast<Place*>(out)->offset = at - start;
  };
  // Called for each inlined function, the innermost first: the first of ours is the line meant.
  const auto on_line = [](void* out, std::uintptr_t, const char* file, int line, const char*) {
    if (file == nullptr || !is_own_file(file)) return 0;
    static_cast<Place*>(out)->file = std::string_view(file).substr(project_root().size());
    static_cast<Place*>(out)->line = line;
    return 1;
  };
  if (debug_information() != nullptr) {
    backtrace_syminfo(debug_information(), pc, on_symbol, ignore_error, &place);
    backtrace_pcinfo(debug_information(), pc, on_line, ignore_error, &place);
  }
  return place;
}

#else

Place place_of(std::uintptr_t pc) {
  Place place;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(pc), &info) != 0 && info.dli_sname != nullptr) {
    place.symbol = info.dli_sname;
    place.offset = pc - reinterpret_cast<std::uintptr_t>(info.dli_saddr);
  }
  return place;
}

#endif

/// Templates of the standard library and of Boost that were compiled into the program; not those
/// that wrap a function's lambda (mangled "...EUl...", with clang also "...$_..."), which may have
/// been inlined and is then all that is left of it.
bool is_plumbing(std::string_view symbol) {
  const auto contains = [&](std::string_view part) { return symbol.find(part) != symbol.npos; };
  if (contains("EUl") || contains("$_")) return false;
  static constexpr std::array<std::string_view, 8> prefixes = {
      "_ZNSt",      "_ZSt",          "_ZNKSt", "_ZN5boost",
      "_ZNK5boost", "_ZN9__gnu_cxx", "_ZZNSt", "_ZZN5boost"};
  return std::ranges::any_of(prefixes, [&](auto prefix) { return symbol.starts_with(prefix); });
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  std::string text = status == 0 && name ? name.get() : symbol;
  if (text.size() > name_length_max) text = text.substr(0, name_length_max) + "...";
  return text;
}

const void* module_of(const void* address) {
  Dl_info info{};
  return dladdr(address, &info) == 0 ? nullptr : info.dli_fbase;
}

std::string in_words(const Place& place, const void* address) {
  if (place.symbol.empty()) {
    Dl_info info{};
    if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return fmt::format("{}", address);
    const std::string_view file = info.dli_fname;
    return fmt::format("{}+{:#x}", file.substr(file.rfind('/') + 1),
                       reinterpret_cast<std::uintptr_t>(address) -
                           reinterpret_cast<std::uintptr_t>(info.dli_fbase));
  }
  std::string text = fmt::format("{}+{:#x}", demangled(place.symbol), place.offset);
  if (!place.file.empty()) text += fmt::format(" ({}:{})", place.file, place.line);
  return text;
}

}  // namespace

std::string call_site(const void* return_address) {
  std::array<void*, frames_max> all{};
  const auto count = static_cast<std::size_t>(backtrace(all.data(), static_cast<int>(all.size())));
  std::span<void* const> frames(all.data(), count);
  const auto first = std::ranges::find(frames, return_address);
  frames = frames.subspan(static_cast<std::size_t>(first - frames.begin()));

  const void* program = module_of(reinterpret_cast<const void*>(&call_site));
  for (const void* frame : frames) {
    if (module_of(frame) != program) continue;
    // A return address may lie behind the end of the calling function: look at the call itself.
    const auto place = place_of(reinterpret_cast<std::uintptr_t>(frame) - 1);
    const bool own_line = !place.file.empty();
    if (own_line || (!place.symbol.empty() && !is_plumbing(place.symbol))) {
      return in_words(place, frame);
    }
  }
  return in_words(place_of(reinterpret_cast<std::uintptr_t>(return_address) - 1), return_address);
}

}  // namespace raceproof::sim
