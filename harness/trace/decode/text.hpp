// Bytes as a person can read them on one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raceproof::trace {

/// What a decoder has to say, one entry a line, in order.
using Lines = std::vector<std::string>;

/// Printable characters as they are (UTF-8 included), all others escaped (\n, \r, \t, \xNN), cut
/// after `limit` bytes of input with "..." in place of the rest.
std::string readable(std::string_view bytes, std::size_t limit = 160);

/// `readable`, in double quotes, with quotes and backslashes escaped.
std::string quoted(std::string_view bytes, std::size_t limit = 160);

/// `readable`, quoted only where an unquoted word would be misread (empty, spaces, quotes,
/// escapes).
std::string word(std::string_view bytes, std::size_t limit = 60);

}  // namespace raceproof::trace
