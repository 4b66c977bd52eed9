// Parses the text of a check's `while`: "redis connected and not operational".
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "harness/scenario/check_model.hpp"

namespace raceproof::scenario {

/// A subject stands before the first property it is about and stays until another one is named:
///
///     any      = all {"or" all}
///     all      = unary {"and" unary}
///     unary    = "not" unary | fact
///     fact     = [subject] property | [subject] "(" any ")" | subject "not" unary
///
/// A name followed by another name, by "not" or by "(" is a subject. The error is a sentence.
[[nodiscard]] std::expected<StateExpression, std::string> parse_state_expression(
    std::string_view text);

/// The expression written out with every subject: "redis connected and not redis operational".
[[nodiscard]] std::string print(const StateExpression& expression);

}  // namespace raceproof::scenario
