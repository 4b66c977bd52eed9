// Dates as text.
#pragma once

#include <cstdint>
#include <string>

namespace raceproof {

/// "2025-09-08T19:22:00.000000Z" (RFC 3339) for microseconds since 1970; years 0 to 9999.
std::string calendar_text(std::int64_t unix_us);

}  // namespace raceproof
