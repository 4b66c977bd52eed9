// The result model as JSON, for other programs: versioned, stable, described in
// docs/formats/result.md. Writing and reading are one description (json_fields.hpp).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/campaign/result.hpp"

namespace raceproof::report {

/// The text is not a result: not JSON, another version, a field missing or of another type. The
/// message names the field by its path ("scenarios[0].variants[1].verdict").
class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Indented JSON with a fixed order of keys; ends with a newline. Equal results give equal text.
/// Invalid UTF-8 in a string is replaced by U+FFFD.
std::string to_json(const campaign::CampaignResult& result);

/// The inverse of to_json. Unknown keys are ignored, other versions are refused. Throws
/// FormatError.
campaign::CampaignResult from_json(std::string_view text);

}  // namespace raceproof::report
