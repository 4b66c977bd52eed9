// Commands about keys of any type: DEL, EXISTS, TYPE, KEYS, SCAN, RENAME, EXPIRE, TTL and their
// kin.
#include <algorithm>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/expiry.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

void del(Context& c) {
  std::int64_t removed = 0;
  for (const auto key : c.arguments.subspan(1)) {
    if (!c.keys().erase(key)) continue;
    c.changed(key);
    ++removed;
  }
  c.reply.integer(removed);
}

void exists(Context& c) {
  std::int64_t found = 0;
  for (const auto key : c.arguments.subspan(1)) found += c.keys().find(key) != nullptr;
  c.reply.integer(found);
}

void type(Context& c) {
  const Entry* entry = c.keys().find(c.arguments[1]);
  c.reply.status(entry == nullptr ? "none" : type_name(entry->value));
}

void keys(Context& c) {
  std::vector<std::string_view> found;
  for (const auto& [key, entry] : c.keys().entries()) {
    if (glob_matches(c.arguments[1], key)) found.push_back(key);
  }
  c.reply.array(found.size());
  for (const auto key : found) c.reply.bulk(key);
}

void randomkey(Context& c) {
  // Any key is a correct answer; the first keeps runs alike.
  const auto& entries = c.keys().entries();
  entries.empty() ? c.reply.null() : c.reply.bulk(entries.begin()->first);
}

// --- SCAN ---------------------------------------------------------------------------------------

struct ScanOptions {
  std::int64_t count = 10;
  std::optional<std::string_view> pattern;
  std::optional<std::string> type;
};

/// The options of SCAN; answers the error and returns nothing when one is wrong.
std::optional<ScanOptions> scan_options(const Context& c) {
  ScanOptions options;
  for (std::size_t i = 2; i < c.arguments.size(); i += 2) {
    const bool has_value = i + 1 < c.arguments.size();
    if (has_value && equals_ignoring_case(c.arguments[i], "count")) {
      const auto count = integer_argument(c, c.arguments[i + 1]);
      if (!count) return std::nullopt;
      options.count = *count;
    } else if (has_value && equals_ignoring_case(c.arguments[i], "match")) {
      options.pattern = c.arguments[i + 1];
    } else if (has_value && equals_ignoring_case(c.arguments[i], "type")) {
      options.type = to_lower(c.arguments[i + 1]);
    }
    const bool known = has_value && (equals_ignoring_case(c.arguments[i], "count") ||
                                     equals_ignoring_case(c.arguments[i], "match") ||
                                     equals_ignoring_case(c.arguments[i], "type"));
    if (!known || options.count < 1) {
      c.reply.error(errors::syntax);
      return std::nullopt;
    }
  }
  return options;
}

/// The cursor is the number of keys passed, by name: simple, and exact while no key comes or goes.
void scan(Context& c) {
  const auto cursor = parse_integer(c.arguments[1]);
  if (!cursor) return c.reply.error("ERR invalid cursor");
  const auto options = scan_options(c);
  if (!options) return;
  const auto& entries = c.keys().entries();
  const auto size = static_cast<std::int64_t>(entries.size());
  const auto begin = *cursor < 0 ? size : std::min(*cursor, size);
  const auto end = begin + std::min(options->count, size - begin);
  std::vector<std::string_view> found;
  std::int64_t position = 0;
  for (const auto& [key, entry] : entries) {
    const auto here = position++;
    if (here < begin || here >= end) continue;
    if (options->pattern && !glob_matches(*options->pattern, key)) continue;
    if (options->type && type_name(entry.value) != *options->type) continue;
    found.push_back(key);
  }
  c.reply.array(2);
  c.reply.bulk(end < size ? std::to_string(end) : "0");
  c.reply.array(found.size());
  for (const auto key : found) c.reply.bulk(key);
}

// --- RENAME -------------------------------------------------------------------------------------

/// Moves a key; with `only_new` not onto an existing one. Returns whether it did, nothing on an
/// error.
std::optional<bool> move_key(const Context& c, bool only_new) {
  const auto from = c.arguments[1];
  const auto to = c.arguments[2];
  Entry* entry = c.keys().find(from);
  if (entry == nullptr) {
    c.reply.error(errors::no_such_key);
    return std::nullopt;
  }
  if (from == to) return !only_new;
  if (only_new && c.keys().find(to) != nullptr) return false;
  Entry moved = std::move(*entry);
  c.keys().erase(from);
  c.keys().put(to, std::move(moved.value)).deadline = moved.deadline;
  c.changed(from);
  c.changed(to);
  return true;
}

void rename(Context& c) {
  if (move_key(c, false)) c.reply.ok();
}

void renamenx(Context& c) {
  if (const auto moved = move_key(c, true)) c.reply.integer(*moved ? 1 : 0);
}

// --- expiry -------------------------------------------------------------------------------------

struct ExpireConditions {
  bool nx = false, xx = false, gt = false, lt = false;
};

std::optional<ExpireConditions> expire_conditions(const Context& c) {
  ExpireConditions conditions;
  for (const auto option : c.arguments.subspan(3)) {
    if (equals_ignoring_case(option, "nx"))
      conditions.nx = true;
    else if (equals_ignoring_case(option, "xx"))
      conditions.xx = true;
    else if (equals_ignoring_case(option, "gt"))
      conditions.gt = true;
    else if (equals_ignoring_case(option, "lt"))
      conditions.lt = true;
    else {
      c.reply.error("ERR Unsupported option " + std::string(option));
      return std::nullopt;
    }
  }
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt)) {
    c.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.gt && conditions.lt) {
    c.reply.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

/// Whether the conditions let `deadline` replace the entry's. Compares only if GT or LT asks for
/// it.
bool allowed(const ExpireConditions& conditions, const Entry& entry, Instant deadline) {
  if (conditions.nx && entry.deadline) return false;
  if (conditions.xx && !entry.deadline) return false;
  if (conditions.gt && (!entry.deadline || deadline <= *entry.deadline)) return false;
  return !(conditions.lt && entry.deadline && deadline >= *entry.deadline);
}

void expire_in(Context& c, TimeForm form) {
  const auto conditions = expire_conditions(c);
  if (!conditions) return;
  const auto number = integer_argument(c, c.arguments[2]);
  if (!number) return;
  const auto deadline = deadline_of(c, *number, form);
  if (!deadline) return;
  Entry* entry = c.keys().find(c.arguments[1]);
  if (entry == nullptr || !allowed(*conditions, *entry, *deadline)) return c.reply.integer(0);
  c.changed(c.arguments[1]);
  const bool past = form.absolute ? *deadline <= c.engine.now() : *number <= 0;
  if (past) {
    c.keys().erase(c.arguments[1]);
  } else {
    entry->deadline = deadline;
  }
  c.reply.integer(1);
}

void expire(Context& c) { expire_in(c, {true, false}); }
void pexpire(Context& c) { expire_in(c, {false, false}); }
void expireat(Context& c) { expire_in(c, {true, true}); }
void pexpireat(Context& c) { expire_in(c, {false, true}); }

/// Answers `number(deadline)`, -2 for no key and -1 for no deadline.
void answer_expiry(Context& c, std::int64_t (*number)(const Context&, Instant)) {
  const Entry* entry = c.keys().find(c.arguments[1]);
  if (entry == nullptr) return c.reply.integer(-2);
  c.reply.integer(entry->deadline ? number(c, *entry->deadline) : -1);
}

void ttl(Context& c) {
  answer_expiry(c, [](const Context& context, Instant deadline) {
    return (milliseconds_left(context, deadline) + 500) / 1000;
  });
}
void pttl(Context& c) { answer_expiry(c, milliseconds_left); }
void expiretime(Context& c) {
  answer_expiry(c, [](const Context& context, Instant deadline) {
    return (unix_milliseconds(context, deadline) + 500) / 1000;
  });
}
void pexpiretime(Context& c) { answer_expiry(c, unix_milliseconds); }

void persist(Context& c) {
  Entry* entry = c.keys().find(c.arguments[1]);
  if (entry == nullptr || !entry->deadline) return c.reply.integer(0);
  entry->deadline.reset();
  c.changed(c.arguments[1]);
  c.reply.integer(1);
}

constexpr Command table[] = {
    {"del", -2, flag_write, del, 1, -1, 1},
    {"unlink", -2, flag_write, del, 1, -1, 1},
    {"exists", -2, flag_readonly, exists, 1, -1, 1},
    {"touch", -2, flag_readonly, exists, 1, -1, 1},
    {"type", 2, flag_readonly, type, 1, 1, 1},
    {"keys", 2, flag_readonly, keys},
    {"randomkey", 1, flag_readonly, randomkey},
    {"scan", -2, flag_readonly, scan},
    {"rename", 3, flag_write, rename, 1, 2, 1},
    {"renamenx", 3, flag_write, renamenx, 1, 2, 1},
    {"expire", -3, flag_write, expire, 1, 1, 1},
    {"pexpire", -3, flag_write, pexpire, 1, 1, 1},
    {"expireat", -3, flag_write, expireat, 1, 1, 1},
    {"pexpireat", -3, flag_write, pexpireat, 1, 1, 1},
    {"ttl", 2, flag_readonly, ttl, 1, 1, 1},
    {"pttl", 2, flag_readonly, pttl, 1, 1, 1},
    {"expiretime", 2, flag_readonly, expiretime, 1, 1, 1},
    {"pexpiretime", 2, flag_readonly, pexpiretime, 1, 1, 1},
    {"persist", 2, flag_write, persist, 1, 1, 1},
};

}  // namespace

std::span<const Command> key_commands() { return table; }

}  // namespace raceproof::fakes::redis
