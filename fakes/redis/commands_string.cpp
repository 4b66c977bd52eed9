// Commands about strings.
#include <cmath>
#include <limits>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/expiry.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

constexpr std::size_t string_bytes_max = 512UL * 1024 * 1024;
constexpr std::string_view too_long =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

void answer(const Context& c, const std::string* value) {
  value == nullptr ? c.reply.null() : c.reply.bulk(*value);
}

void store(const Context& c, std::string_view key, std::string_view value) {
  c.keys().put(key, std::string(value));
  c.changed(key);
}

// --- SET and its kin ----------------------------------------------------------------------------

struct SetOptions {
  bool nx = false, xx = false, get = false, keep_ttl = false;
  std::optional<Instant> deadline;
};

std::optional<SetOptions> set_options(const Context& c) {
  SetOptions options;
  std::optional<TimeForm> form;
  std::string_view number;
  const auto fail = [&] {
    c.reply.error(errors::syntax);
    return std::nullopt;
  };
  for (std::size_t i = 3; i < c.arguments.size(); ++i) {
    const auto option = c.arguments[i];
    const auto time = time_option(option);
    if (equals_ignoring_case(option, "nx") && !options.xx)
      options.nx = true;
    else if (equals_ignoring_case(option, "xx") && !options.nx)
      options.xx = true;
    else if (equals_ignoring_case(option, "get"))
      options.get = true;
    else if (equals_ignoring_case(option, "keepttl") && !form)
      options.keep_ttl = true;
    else if (time && !form && !options.keep_ttl && i + 1 < c.arguments.size()) {
      form = time;
      number = c.arguments[++i];
    } else
      return fail();
  }
  if (form) {
    options.deadline = positive_deadline_of(c, number, *form);
    if (!options.deadline) return std::nullopt;
  }
  return options;
}

void set(Context& c) {
  const auto options = set_options(c);
  if (!options) return;
  const auto key = c.arguments[1];
  if (options->get) {  // answers the old value, whether or not the new one is stored
    bool ok = true;
    const auto* old = value_of<std::string>(c, key, ok);
    if (!ok) return;
    answer(c, old);
  }
  const bool conditional = options->nx || options->xx || options->keep_ttl;
  const Entry* present = conditional ? c.keys().find(key) : nullptr;
  if ((options->nx && present != nullptr) || (options->xx && present == nullptr)) {
    if (!options->get) c.reply.null();
    return;
  }
  const auto kept = options->keep_ttl && present != nullptr ? present->deadline : std::nullopt;
  store(c, key, c.arguments[2]);
  if (options->deadline || kept) {
    c.keys().find(key)->deadline = options->deadline ? options->deadline : kept;
  }
  if (!options->get) c.reply.ok();
}

void set_expiring(Context& c, TimeForm form) {
  const auto deadline = positive_deadline_of(c, c.arguments[2], form);
  if (!deadline) return;
  store(c, c.arguments[1], c.arguments[3]);
  c.keys().find(c.arguments[1])->deadline = deadline;
  c.reply.ok();
}

void setex(Context& c) { set_expiring(c, {true, false}); }
void psetex(Context& c) { set_expiring(c, {false, false}); }

void setnx(Context& c) {
  if (c.keys().find(c.arguments[1]) != nullptr) return c.reply.integer(0);
  store(c, c.arguments[1], c.arguments[2]);
  c.reply.integer(1);
}

void getset(Context& c) {
  bool ok = true;
  const auto* old = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  answer(c, old);
  store(c, c.arguments[1], c.arguments[2]);
}

bool has_pairs(const Context& c) {
  if (c.arguments.size() % 2 == 1) return true;
  c.reply.error("ERR wrong number of arguments for '" + std::string(c.command.name) + "' command");
  return false;
}

void store_pairs(const Context& c) {
  for (std::size_t i = 1; i < c.arguments.size(); i += 2) {
    store(c, c.arguments[i], c.arguments[i + 1]);
  }
}

void mset(Context& c) {
  if (!has_pairs(c)) return;
  store_pairs(c);
  c.reply.ok();
}

void msetnx(Context& c) {
  if (!has_pairs(c)) return;
  for (std::size_t i = 1; i < c.arguments.size(); i += 2) {
    if (c.keys().find(c.arguments[i]) != nullptr) return c.reply.integer(0);
  }
  store_pairs(c);
  c.reply.integer(1);
}

// --- GET and its kin ----------------------------------------------------------------------------

void get(Context& c) {
  bool ok = true;
  const auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (ok) answer(c, value);
}

void mget(Context& c) {
  c.reply.array(c.arguments.size() - 1);
  for (const auto key : c.arguments.subspan(1)) {
    const Entry* entry = c.keys().find(key);
    answer(c, entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value));
  }
}

void getdel(Context& c) {
  bool ok = true;
  const auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  answer(c, value);
  if (value == nullptr) return;
  c.keys().erase(c.arguments[1]);
  c.changed(c.arguments[1]);
}

void getex(Context& c) {
  bool persist = false;
  std::optional<TimeForm> form;
  std::string_view number;
  for (std::size_t i = 2; i < c.arguments.size(); ++i) {
    const auto time = time_option(c.arguments[i]);
    if (equals_ignoring_case(c.arguments[i], "persist") && !form) {
      persist = true;
    } else if (time && !form && !persist && i + 1 < c.arguments.size()) {
      form = time;
      number = c.arguments[++i];
    } else {
      return c.reply.error(errors::syntax);
    }
  }
  bool ok = true;
  const auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  if (value == nullptr) return c.reply.null();
  std::optional<Instant> deadline;
  if (form && !(deadline = positive_deadline_of(c, number, *form))) return;
  c.reply.bulk(*value);
  Entry* entry = c.keys().find(c.arguments[1]);
  if (!form && !(persist && entry->deadline)) return;
  entry->deadline = deadline;
  c.changed(c.arguments[1]);
}

void strlen(Context& c) {
  bool ok = true;
  const auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (ok) c.reply.integer(value == nullptr ? 0 : static_cast<std::int64_t>(value->size()));
}

void getrange(Context& c) {
  const auto first = integer_argument(c, c.arguments[2]);
  if (!first) return;
  const auto last = integer_argument(c, c.arguments[3]);
  if (!last) return;
  bool ok = true;
  const auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  if (value == nullptr || (*first < 0 && *last < 0 && *first > *last)) return c.reply.bulk("");
  const auto size = static_cast<std::int64_t>(value->size());
  const auto begin = std::max<std::int64_t>(*first < 0 ? size + *first : *first, 0);
  auto end = std::max<std::int64_t>(*last < 0 ? size + *last : *last, 0);
  end = std::min(end, size - 1);
  if (begin > end || size == 0) return c.reply.bulk("");
  c.reply.bulk(std::string_view(*value).substr(begin, end - begin + 1));
}

// --- changing in place --------------------------------------------------------------------------

void append(Context& c) {
  auto* value = value_or_new<std::string>(c, c.arguments[1]);
  if (value == nullptr) return;
  if (value->size() + c.arguments[2].size() > string_bytes_max) return c.reply.error(too_long);
  *value += c.arguments[2];
  c.changed(c.arguments[1]);
  c.reply.integer(static_cast<std::int64_t>(value->size()));
}

void setrange(Context& c) {
  const auto offset = integer_argument(c, c.arguments[2]);
  if (!offset) return;
  if (*offset < 0) return c.reply.error("ERR offset is out of range");
  bool ok = true;
  auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  const auto bytes = c.arguments[3];
  if (bytes.empty()) {
    return c.reply.integer(value == nullptr ? 0 : static_cast<std::int64_t>(value->size()));
  }
  const auto begin = static_cast<std::uint64_t>(*offset);
  if (begin + bytes.size() > string_bytes_max) return c.reply.error(too_long);
  if (value == nullptr) value = value_or_new<std::string>(c, c.arguments[1]);
  if (value->size() < begin + bytes.size()) value->resize(begin + bytes.size(), '\0');
  value->replace(begin, bytes.size(), bytes);
  c.changed(c.arguments[1]);
  c.reply.integer(static_cast<std::int64_t>(value->size()));
}

void add(Context& c, std::int64_t increment) {
  bool ok = true;
  auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  std::int64_t number = 0;
  if (value != nullptr) {
    const auto parsed = integer_argument(c, *value);
    if (!parsed) return;
    number = *parsed;
  }
  if (__builtin_add_overflow(number, increment, &number)) {
    return c.reply.error(errors::would_overflow);
  }
  if (value == nullptr) value = value_or_new<std::string>(c, c.arguments[1]);
  *value = std::to_string(number);  // in place: the time to live stays
  c.changed(c.arguments[1]);
  c.reply.integer(number);
}

void incr(Context& c) { add(c, 1); }
void decr(Context& c) { add(c, -1); }

void incrby(Context& c) {
  if (const auto increment = integer_argument(c, c.arguments[2])) add(c, *increment);
}

void decrby(Context& c) {
  const auto decrement = integer_argument(c, c.arguments[2]);
  if (!decrement) return;
  if (*decrement == std::numeric_limits<std::int64_t>::min()) {
    return c.reply.error("ERR decrement would overflow");
  }
  add(c, -*decrement);
}

void incrbyfloat(Context& c) {
  bool ok = true;
  auto* value = value_of<std::string>(c, c.arguments[1], ok);
  if (!ok) return;
  const auto number = value == nullptr ? std::optional<long double>(0) : parse_float(*value);
  const auto increment = parse_float(c.arguments[2]);
  if (!number || !increment) return c.reply.error(errors::not_float);
  const long double sum = *number + *increment;
  if (std::isnan(sum) || std::isinf(sum)) {
    return c.reply.error("ERR increment would produce NaN or Infinity");
  }
  if (value == nullptr) value = value_or_new<std::string>(c, c.arguments[1]);
  *value = format_float(sum);
  c.changed(c.arguments[1]);
  c.reply.bulk(*value);
}

constexpr Command table[] = {
    {"set", -3, flag_write, set, 1, 1, 1},
    {"setex", 4, flag_write, setex, 1, 1, 1},
    {"psetex", 4, flag_write, psetex, 1, 1, 1},
    {"setnx", 3, flag_write, setnx, 1, 1, 1},
    {"getset", 3, flag_write, getset, 1, 1, 1},
    {"mset", -3, flag_write, mset, 1, -1, 2},
    {"msetnx", -3, flag_write, msetnx, 1, -1, 2},
    {"get", 2, flag_readonly, get, 1, 1, 1},
    {"mget", -2, flag_readonly, mget, 1, -1, 1},
    {"getdel", 2, flag_write, getdel, 1, 1, 1},
    {"getex", -2, flag_write, getex, 1, 1, 1},
    {"strlen", 2, flag_readonly, strlen, 1, 1, 1},
    {"getrange", 4, flag_readonly, getrange, 1, 1, 1},
    {"substr", 4, flag_readonly, getrange, 1, 1, 1},
    {"append", 3, flag_write, append, 1, 1, 1},
    {"setrange", 4, flag_write, setrange, 1, 1, 1},
    {"incr", 2, flag_write, incr, 1, 1, 1},
    {"decr", 2, flag_write, decr, 1, 1, 1},
    {"incrby", 3, flag_write, incrby, 1, 1, 1},
    {"decrby", 3, flag_write, decrby, 1, 1, 1},
    {"incrbyfloat", 3, flag_write, incrbyfloat, 1, 1, 1},
};

}  // namespace

std::span<const Command> string_commands() { return table; }

}  // namespace raceproof::fakes::redis
