#include "runtime/calendar.hpp"

#include <chrono>
#include <cstddef>

namespace raceproof {

std::string calendar_text(std::int64_t unix_us) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds(unix_us)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  std::string text = "0000-00-00T00:00:00.000000Z";
  const auto put = [&text](std::size_t from, std::size_t digits, std::int64_t number) {
    for (std::size_t i = from + digits; i-- > from; number /= 10) {
      text[i] = static_cast<char>('0' + number % 10);
    }
  };
  put(0, 4, int{date.year()});
  put(5, 2, unsigned{date.month()});
  put(8, 2, unsigned{date.day()});
  put(11, 2, time.hours().count());
  put(14, 2, time.minutes().count());
  put(17, 2, time.seconds().count());
  put(20, 6, time.subseconds().count());
  return text;
}

}  // namespace raceproof
