// Commands about lists.
#include <algorithm>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

enum class End { left, right };

List* list_of(const Context& c, bool& ok) { return value_of<List>(c, c.arguments[1], ok); }

void push_to(Context& c, End end, bool only_existing) {
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr && only_existing) return c.reply.integer(0);
  if (list == nullptr) list = value_or_new<List>(c, c.arguments[1]);
  for (const auto element : c.arguments.subspan(2)) {
    end == End::left ? list->emplace_front(element) : list->emplace_back(element);
  }
  c.changed(c.arguments[1]);
  c.reply.integer(static_cast<std::int64_t>(list->size()));
}

void lpush(Context& c) { push_to(c, End::left, false); }
void rpush(Context& c) { push_to(c, End::right, false); }
void lpushx(Context& c) { push_to(c, End::left, true); }
void rpushx(Context& c) { push_to(c, End::right, true); }

void pop_one(const Context& c, List& list, End end) {
  c.reply.bulk(end == End::left ? list.front() : list.back());
  end == End::left ? list.pop_front() : list.pop_back();
}

void pop_from(Context& c, End end) {
  if (c.arguments.size() > 3) {
    return c.reply.error("ERR wrong number of arguments for '" + std::string(c.command.name) +
                         "' command");
  }
  const bool has_count = c.arguments.size() == 3;
  std::int64_t count = 1;
  if (has_count) {
    const auto given = integer_argument(c, c.arguments[2], errors::not_positive);
    if (!given) return;
    if (*given < 0) return c.reply.error(errors::not_positive);
    count = *given;
  }
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return has_count ? c.reply.null_array() : c.reply.null();
  if (has_count) {
    count = std::min<std::int64_t>(count, static_cast<std::int64_t>(list->size()));
    c.reply.array(static_cast<std::size_t>(count));
  }
  for (std::int64_t i = 0; i < count; ++i) pop_one(c, *list, end);
  if (count > 0) c.changed(c.arguments[1]);
  if (list->empty()) c.keys().erase(c.arguments[1]);
}

void lpop(Context& c) { pop_from(c, End::left); }
void rpop(Context& c) { pop_from(c, End::right); }

void llen(Context& c) {
  bool ok = true;
  const List* list = list_of(c, ok);
  if (ok) c.reply.integer(list == nullptr ? 0 : static_cast<std::int64_t>(list->size()));
}

/// A range of positions, negative ones counted from the end, as [first, last) within `size`.
struct Range {
  std::int64_t first;
  std::int64_t last;
};

std::optional<Range> range_argument(const Context& c) {
  const auto first = integer_argument(c, c.arguments[2]);
  if (!first) return std::nullopt;
  const auto last = integer_argument(c, c.arguments[3]);
  if (!last) return std::nullopt;
  return Range{*first, *last};
}

Range within(Range range, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const auto first = std::max<std::int64_t>(range.first < 0 ? count + range.first : range.first, 0);
  const auto last = std::min(range.last < 0 ? count + range.last : range.last, count - 1);
  return first > last ? Range{0, 0} : Range{first, last + 1};
}

void lrange(Context& c) {
  const auto asked = range_argument(c);
  if (!asked) return;
  bool ok = true;
  const List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return c.reply.array(0);
  const auto [first, last] = within(*asked, list->size());
  c.reply.array(static_cast<std::size_t>(last - first));
  for (auto i = first; i < last; ++i) c.reply.bulk((*list)[i]);
}

void ltrim(Context& c) {
  const auto asked = range_argument(c);
  if (!asked) return;
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return c.reply.ok();
  const auto [first, last] = within(*asked, list->size());
  list->erase(list->begin() + last, list->end());
  list->erase(list->begin(), list->begin() + first);
  c.changed(c.arguments[1]);
  if (list->empty()) c.keys().erase(c.arguments[1]);
  c.reply.ok();
}

/// The element at a position, negative ones counted from the end; null when there is none.
std::string* element(List& list, std::int64_t index) {
  const auto size = static_cast<std::int64_t>(list.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &list[index] : nullptr;
}

void lindex(Context& c) {
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return c.reply.null();
  const auto index = integer_argument(c, c.arguments[2]);
  if (!index) return;
  const auto* found = element(*list, *index);
  found == nullptr ? c.reply.null() : c.reply.bulk(*found);
}

void lset(Context& c) {
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return c.reply.error(errors::no_such_key);
  const auto index = integer_argument(c, c.arguments[2]);
  if (!index) return;
  auto* found = element(*list, *index);
  if (found == nullptr) return c.reply.error(errors::index_range);
  *found = c.arguments[3];
  c.changed(c.arguments[1]);
  c.reply.ok();
}

void lrem(Context& c) {
  const auto count = integer_argument(c, c.arguments[2]);
  if (!count) return;
  bool ok = true;
  List* list = list_of(c, ok);
  if (!ok) return;
  if (list == nullptr) return c.reply.integer(0);
  auto left = *count == 0 ? static_cast<std::uint64_t>(list->size())
                          : static_cast<std::uint64_t>(*count < 0 ? -(*count + 1) : *count - 1) + 1;
  if (*count < 0) std::reverse(list->begin(), list->end());
  const auto size = list->size();
  std::erase_if(*list, [&](const std::string& value) {
    if (left == 0 || value != c.arguments[3]) return false;
    --left;
    return true;
  });
  if (*count < 0) std::reverse(list->begin(), list->end());
  const auto removed = size - list->size();
  if (removed > 0) c.changed(c.arguments[1]);
  if (list->empty()) c.keys().erase(c.arguments[1]);
  c.reply.integer(static_cast<std::int64_t>(removed));
}

constexpr Command table[] = {
    {"lpush", -3, flag_write, lpush, 1, 1, 1},   {"rpush", -3, flag_write, rpush, 1, 1, 1},
    {"lpushx", -3, flag_write, lpushx, 1, 1, 1}, {"rpushx", -3, flag_write, rpushx, 1, 1, 1},
    {"lpop", -2, flag_write, lpop, 1, 1, 1},     {"rpop", -2, flag_write, rpop, 1, 1, 1},
    {"llen", 2, flag_readonly, llen, 1, 1, 1},   {"lrange", 4, flag_readonly, lrange, 1, 1, 1},
    {"ltrim", 4, flag_write, ltrim, 1, 1, 1},    {"lindex", 3, flag_readonly, lindex, 1, 1, 1},
    {"lset", 4, flag_write, lset, 1, 1, 1},      {"lrem", 4, flag_write, lrem, 1, 1, 1},
};

}  // namespace

std::span<const Command> list_commands() { return table; }

}  // namespace raceproof::fakes::redis
