// What a pure function answered, kept by what it was asked: for work that each of many runs
// repeats.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace raceproof::fakes {

namespace detail {

struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};

}  // namespace detail

/// What `find()` says about `text`, or said when this place of the program asked before, on this
/// thread. It may depend on `text` alone, so that no run can tell whether it was remembered; what
/// it throws is not. When there is too much of it, all of it is forgotten.
template <class Find>
auto remembered(std::string_view text, const Find& find) {
  using Answer = decltype(find());
  constexpr std::size_t most = 1000;
  // Looked up only. There is one for each type of `find`, which a lambda has to itself.
  thread_local std::unordered_map<std::string, Answer, detail::TextHash, std::equal_to<>> answers;
  const auto known = answers.find(text);
  if (known != answers.end()) return known->second;
  Answer answer = find();
  if (answers.size() == most) answers.clear();
  answers.emplace(text, answer);
  return answer;
}

}  // namespace raceproof::fakes
