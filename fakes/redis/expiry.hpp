// Times to live: from a command's number to a deadline, and back to the number of a reply.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "fakes/redis/command.hpp"

namespace raceproof::fakes::redis {

/// How a command states a time: in which unit, and counted from now or from the Unix epoch.
struct TimeForm {
  bool seconds;
  bool absolute;
};

/// The form that an option of SET and GETEX names: EX, PX, EXAT, PXAT.
std::optional<TimeForm> time_option(std::string_view option);

/// The deadline that `number` stands for; answers Redis's error and returns nothing when it is out
/// of range. Symbolic time stays symbolic. What lies further off than Redis can count or than a
/// hundred years counts as a hundred years.
std::optional<Instant> deadline_of(const Context& context, std::int64_t number, TimeForm form);

/// The same for commands that refuse times that are not positive (SET EX 0).
std::optional<Instant> positive_deadline_of(const Context& context, std::string_view number,
                                            TimeForm form);

/// What is left until `deadline`, in milliseconds, for a reply: the one place next to TIME where
/// the clock is read.
std::int64_t milliseconds_left(const Context& context, Instant deadline);
/// `deadline` as Unix time in milliseconds, for a reply.
std::int64_t unix_milliseconds(const Context& context, Instant deadline);

}  // namespace raceproof::fakes::redis
