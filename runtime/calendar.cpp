#include "runtime/calendar.hpp"

#include <chrono>
#include <cstdio>

namespace raceproof {

std::string calendar_text(std::int64_t unix_us) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(unix_us)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

}  // namespace raceproof
