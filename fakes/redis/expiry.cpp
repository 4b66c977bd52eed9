// See expiry.hpp.
#include "fakes/redis/expiry.hpp"

#include <algorithm>
#include <limits>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

constexpr std::int64_t number_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t number_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t century_ms = 100LL * 365 * 24 * 3600 * 1000;

void answer_invalid(const Context& context) {
  context.reply.error("ERR invalid expire time in '" + std::string(context.command.name) +
                      "' command");
}

}  // namespace

std::optional<TimeForm> time_option(std::string_view option) {
  if (equals_ignoring_case(option, "ex")) return TimeForm{true, false};
  if (equals_ignoring_case(option, "px")) return TimeForm{false, false};
  if (equals_ignoring_case(option, "exat")) return TimeForm{true, true};
  if (equals_ignoring_case(option, "pxat")) return TimeForm{false, true};
  return std::nullopt;
}

std::optional<Instant> deadline_of(const Context& context, std::int64_t number, TimeForm form) {
  const std::int64_t unix_ms = context.engine.settings().unix_time * 1000;
  if (form.seconds && (number > number_max / 1000 || number < number_min / 1000)) {
    answer_invalid(context);
    return std::nullopt;
  }
  std::int64_t milliseconds = form.seconds ? number * 1000 : number;
  if (form.absolute) {
    milliseconds = std::max(milliseconds, -century_ms) - unix_ms;
  } else if (milliseconds > number_max - unix_ms) {
    answer_invalid(context);
    return std::nullopt;
  }
  const auto origin = form.absolute ? Instant() : context.engine.now();
  return origin +
         Duration(std::chrono::milliseconds(std::clamp(milliseconds, -century_ms, century_ms)));
}

std::optional<Instant> positive_deadline_of(const Context& context, std::string_view text,
                                            TimeForm form) {
  const auto number = integer_argument(context, text);
  if (!number) return std::nullopt;
  if (*number <= 0) {
    answer_invalid(context);
    return std::nullopt;
  }
  return deadline_of(context, *number, form);
}

std::int64_t milliseconds_left(const Context& context, Instant deadline) {
  const auto left = (deadline - context.engine.now()).to_ns();
  return std::max<std::int64_t>((left + 999'999) / 1'000'000, 0);
}

std::int64_t unix_milliseconds(const Context& context, Instant deadline) {
  return context.engine.settings().unix_time * 1000 + (deadline - Instant()).to_ns() / 1'000'000;
}

}  // namespace raceproof::fakes::redis
