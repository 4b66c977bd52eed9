#include "tests/zoo/generated.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "harness/explore/decisions.hpp"

namespace raceproof::zoo {

using explore::Cell;
using explore::Random;
using explore::Stage;
using Kind = Operation::Kind;

namespace {

int pick(Random& random, std::size_t bound) { return static_cast<int>(random.below(bound)); }

class Generator {
 public:
  Generator(std::uint64_t seed, const GeneratorOptions& options)
      : random_(seed * 0x9e3779b97f4a7c15ULL + (options.timed ? 1 : 0)), options_(options) {}

  Generated make() {
    program_.timed = options_.timed;
    program_.strands = 2 + pick(random_, 3);
    program_.cells = 1 + pick(random_, 2);
    program_.parameter_low = pick(random_, 3);
    program_.parameter_high = program_.parameter_low + pick(random_, 4);
    const int bodies = 3 + pick(random_, 6);
    for (int i = 0; i < bodies; ++i) {
      Body& body = program_.bodies.emplace_back();
      body.strand = pick(random_, static_cast<std::size_t>(program_.strands));
    }
    for (int i = 0; i < bodies; ++i) fill(i);
    if (options_.leaves) add_leaves();
    // Every body is armed by an earlier one or pending at the start.
    for (int i = 0; i < bodies; ++i) {
      if (i < 2 || random_.below(3) == 0) {
        program_.first.push_back(arm(i));
      } else {
        auto& before = program_.bodies[random_.below(static_cast<std::uint64_t>(i))].operations;
        before.insert(before.begin() + pick(random_, before.size() + 1), arm(i));
      }
    }
    return program_;
  }

 private:
  void fill(int index) {
    auto& body = program_.bodies[static_cast<std::size_t>(index)];
    const int operations = 1 + pick(random_, 2);
    for (int i = 0; i < operations; ++i) body.operations.push_back(operation(index));
  }

  /// Half of the programs end when some of their strands have left, wherever the others are.
  void add_leaves() {
    if (random_.below(2) == 0) return;
    for (Body& body : program_.bodies) {
      if (random_.below(2) == 0) continue;
      Operation& leave = body.operations.emplace_back();
      leave.kind = Kind::leave;
      if (random_.below(4) == 0 && options_.conditions) leave.only_if = pick(random_, 3);
    }
  }

  Operation operation(int index) {
    Operation made;
    if (random_.below(4) == 0 && options_.conditions) made.only_if = pick(random_, 3);
    made.cell = pick(random_, static_cast<std::size_t>(program_.cells));
    made.value = 1 + pick(random_, 2);
    const auto kind = random_.below(options_.timed ? 12 : 8);
    if (kind < 2) {
      made.kind = Kind::read;
    } else if (kind < 4) {
      made.kind = Kind::write;
    } else if (kind == 4) {
      made.kind = Kind::add;
    } else if (kind == 5) {
      made.kind = options_.exchanges ? Kind::compare_exchange : Kind::add;
    } else if (kind == 6) {
      if (options_.cancels) made.kind = cancel();
      made.body = random_body();
    } else if (kind == 7) {
      if (options_.stops && (made.only_if > 0 || !options_.conditions)) made.kind = Kind::stop;
    } else if (kind == 8 && options_.comparisons) {
      made.kind = Kind::remember;
    } else if (kind == 9 && options_.comparisons) {
      const bool of_parameter = options_.parameter && random_.below(4) == 0;
      made.kind = of_parameter ? Kind::compare_parameter : Kind::compare;
      made.low = pick(random_, 4);
    } else if (kind == 10 && index + 1 < static_cast<int>(program_.bodies.size())) {
      const int only_if = made.only_if;
      const auto size = program_.bodies.size();
      made = arm(index + 1 + pick(random_, size - static_cast<std::size_t>(index) - 1));
      made.only_if = only_if;
      if (options_.comparisons && random_.below(4) == 0) made.kind = Kind::arm_at;
    } else if (kind == 11 && options_.cancels) {
      made.kind = cancel();
      made.body = random_body();
    }
    return made;
  }

  Kind cancel() { return random_.below(2) == 0 ? Kind::cancel : Kind::cancel_and_write; }

  int random_body() { return pick(random_, program_.bodies.size()); }

  Operation arm(int body) {
    Operation made;
    made.kind = Kind::arm;
    made.body = body;
    if (!options_.timed) return made;
    if (options_.parameter && random_.below(8) == 0) {
      made.kind = Kind::arm_by_parameter;
      return made;
    }
    made.low = pick(random_, 5);
    made.high = random_.below(3) == 0 ? made.low : made.low + pick(random_, 4);
    return made;
  }

  Random random_;
  GeneratorOptions options_;
  Generated program_;
};

/// One run of a generated program.
class Performance {
 public:
  Performance(Stage& stage, const Generated& program) : stage_(stage), program_(program) {
    for (int i = 0; i < program.strands; ++i) {
      strands_.push_back({stage.strand(fmt::format("s{}", i)), &stage.local(), {}, {}, 0});
    }
    std::size_t parties = 0;
    for (int i = 0; i < program.strands; ++i) {
      if (leaves(i)) strands_[static_cast<std::size_t>(i)].party = parties++;
    }
    latch_ = &stage.latch(parties);
    for (int i = 0; i < program.cells; ++i) {
      cells_.push_back(&stage.cell(fmt::format("c{}", i)));
    }
    setup_.reg = &stage.local();
    for (const Operation& operation : program.first) perform(operation, setup_);
  }

 private:
  struct Strand {
    Stage::Strand name{};
    std::int64_t* reg = nullptr;
    Instant remembered;
    std::map<int, Stage::Timer> armed;
    std::size_t party = 0;  ///< if it ever leaves
  };

  [[nodiscard]] bool leaves(int strand) const {
    return std::ranges::any_of(program_.bodies, [strand](const Body& body) {
      return body.strand == strand && std::ranges::find(body.operations, Kind::leave,
                                                        &Operation::kind) != body.operations.end();
    });
  }

  void run(int index) {
    const Body& body = program_.bodies[static_cast<std::size_t>(index)];
    Strand& strand = strands_[static_cast<std::size_t>(body.strand)];
    for (const Operation& operation : body.operations) perform(operation, strand);
  }

  void perform(const Operation& operation, Strand& strand) {
    std::int64_t& reg = *strand.reg;
    if (operation.only_if >= 0 && reg != operation.only_if) return;
    Cell& cell = *cells_[static_cast<std::size_t>(operation.cell)];
    switch (operation.kind) {
      case Kind::read:
        reg = cell.read();
        return;
      case Kind::write:
        cell.write(operation.value);
        return;
      case Kind::add:
        cell.write(reg + 1);
        return;
      case Kind::compare_exchange:
        reg = cell.compare_exchange(reg, operation.value) ? 1 : 0;
        return;
      case Kind::cancel:
      case Kind::cancel_and_write: {
        const auto armed = strand.armed.find(operation.body);
        if (armed == strand.armed.end()) return;
        if (stage_.armed()[armed->second].strand != strand.name) return;
        Stage::Action instead;
        if (operation.kind == Kind::cancel_and_write) {
          instead = [&cell, value = operation.value] { cell.write(value); };
        }
        stage_.cancel(armed->second, std::move(instead));
        return;
      }
      case Kind::remember:
        strand.remembered = stage_.now();
        return;
      case Kind::compare:
        reg = stage_.before(stage_.now(), strand.remembered + ns(operation.low)) ? 1 : 0;
        return;
      case Kind::compare_parameter:
        reg = stage_.before(Stage::parameter(0), ns(operation.low)) ? 1 : 0;
        return;
      case Kind::stop:
        stage_.stop();
        return;
      case Kind::leave:
        latch_->leave(strand.party);
        return;
      default:
        strand.armed[operation.body] = arm(operation, strand);
    }
  }

  Stage::Timer arm(const Operation& operation, const Strand& from) {
    const int body = operation.body;
    const auto on =
        strands_[static_cast<std::size_t>(program_.bodies[static_cast<std::size_t>(body)].strand)]
            .name;
    const auto action = [this, body] { run(body); };
    if (!program_.timed) return stage_.step(on, action);
    if (operation.kind == Kind::arm_by_parameter) {
      return stage_.at(on, stage_.wait_origin() + Stage::parameter(0), action);
    }
    if (operation.kind == Kind::arm_at) {
      return stage_.at(on, from.remembered + ns(operation.low), action);
    }
    return stage_.after(on, {operation.low, operation.high}, action);
  }

  static Duration ns(std::int64_t count) { return std::chrono::nanoseconds(count); }

  Stage& stage_;
  const Generated& program_;
  std::vector<Strand> strands_;
  std::vector<Cell*> cells_;
  Strand setup_;
  sim::Latch* latch_ = nullptr;
};

std::string print(const Operation& operation) {
  const std::string cell = fmt::format("c{}", operation.cell);
  std::string text;
  if (operation.only_if >= 0) text = fmt::format("if r == {}: ", operation.only_if);
  switch (operation.kind) {
    case Kind::read:
      return text + "r = " + cell;
    case Kind::write:
      return text + fmt::format("{} = {}", cell, operation.value);
    case Kind::add:
      return text + cell + " = r + 1";
    case Kind::compare_exchange:
      return text + fmt::format("r = cas({}, r, {})", cell, operation.value);
    case Kind::arm:
      return text + fmt::format("arm b{} [{}, {}]", operation.body, operation.low, operation.high);
    case Kind::arm_by_parameter:
      return text + fmt::format("arm b{} parameter", operation.body);
    case Kind::arm_at:
      return text + fmt::format("arm b{} at t + {}", operation.body, operation.low);
    case Kind::cancel:
      return text + fmt::format("cancel b{}", operation.body);
    case Kind::cancel_and_write:
      return text + fmt::format("cancel b{}, then {} = {}", operation.body, cell, operation.value);
    case Kind::remember:
      return text + "t = now";
    case Kind::compare:
      return text + fmt::format("r = now < t + {}", operation.low);
    case Kind::compare_parameter:
      return text + fmt::format("r = parameter < {}", operation.low);
    case Kind::stop:
      return text + "stop";
    case Kind::leave:
      return text + "leave";
  }
  return text;
}

/// All programs with one part less.
std::vector<Generated> smaller(const Generated& program) {
  std::vector<Generated> all;
  const auto offer = [&](auto&& change) {
    Generated copy = program;
    change(copy);
    all.push_back(std::move(copy));
  };
  const auto simplify = [&](auto&& operations_of) {
    const std::size_t count = operations_of(const_cast<Generated&>(program)).size();
    for (std::size_t i = 0; i < count; ++i) {
      offer([&](Generated& p) {
        operations_of(p).erase(operations_of(p).begin() + std::ptrdiff_t(i));
      });
      const Operation& now = operations_of(const_cast<Generated&>(program))[i];
      if (now.only_if >= 0) offer([&](Generated& p) { operations_of(p)[i].only_if = -1; });
      if (now.high > now.low) {
        offer([&](Generated& p) { operations_of(p)[i].high = now.low; });
        offer([&](Generated& p) { --operations_of(p)[i].high; });
        offer([&](Generated& p) { ++operations_of(p)[i].low; });
      }
      if (now.low > 0) {
        offer([&](Generated& p) { --operations_of(p)[i].low, --operations_of(p)[i].high; });
      }
    }
  };
  simplify([](Generated& p) -> std::vector<Operation>& { return p.first; });
  for (std::size_t body = 0; body < program.bodies.size(); ++body) {
    simplify([body](Generated& p) -> std::vector<Operation>& { return p.bodies[body].operations; });
  }
  if (program.parameter_high > program.parameter_low) {
    offer([](Generated& p) { --p.parameter_high; });
    offer([](Generated& p) { ++p.parameter_low; });
  }
  return all;
}

}  // namespace

Generated generate(std::uint64_t seed, const GeneratorOptions& options) {
  return Generator(seed, options).make();
}

explore::Program perform(const Generated& program) {
  explore::Program made{[&program](Stage& stage) { stage.keep<Performance>(stage, program); }};
  if (program.timed) {
    made.parameters = {{"parameter", program.parameter_low, program.parameter_high}};
  }
  return made;
}

std::string print(const Generated& program) {
  const auto list = [](const std::vector<Operation>& operations) {
    std::string text;
    for (const Operation& operation : operations) text += "; " + print(operation);
    return text.empty() ? std::string("nothing") : text.substr(2);
  };
  std::string text = "start: " + list(program.first) + "\n";
  if (program.timed) {
    text += fmt::format("parameter: [{}, {}]\n", program.parameter_low, program.parameter_high);
  }
  for (std::size_t i = 0; i < program.bodies.size(); ++i) {
    const auto arms_it = [i](const Operation& operation) {
      const bool arms = operation.kind == Kind::arm || operation.kind == Kind::arm_at ||
                        operation.kind == Kind::arm_by_parameter;
      return arms && operation.body == static_cast<int>(i);
    };
    const bool armed = std::ranges::any_of(program.first, arms_it) ||
                       std::ranges::any_of(program.bodies, [&](const Body& body) {
                         return std::ranges::any_of(body.operations, arms_it);
                       });
    if (!armed) continue;
    text += fmt::format("b{} on s{}: {}\n", i, program.bodies[i].strand,
                        list(program.bodies[i].operations));
  }
  return text;
}

Generated shrink(Generated program, const std::function<bool(const Generated&)>& wrong) {
  for (bool found = true; found;) {
    found = false;
    for (Generated& candidate : smaller(program)) {
      if (!wrong(candidate)) continue;
      program = std::move(candidate);
      found = true;
      break;
    }
  }
  return program;
}

std::uint64_t trace_of(const Stage& stage, bool stopped) {
  using Record = Stage::Record;
  std::vector<std::uint64_t> names;
  for (const Stage::Armed& step : stage.armed()) {
    const std::uint64_t by = names.empty() ? 1 : names[step.by];
    names.push_back(sim::mix(sim::mix(by, step.ordinal), static_cast<std::uint64_t>(step.strand)));
  }
  struct Line {
    std::uint64_t hash = 0;
    std::uint64_t readers = 0;  ///< since the last write; in any order
  };
  // What each strand and cell saw, and what each step did by itself.
  std::map<std::pair<int, std::uint32_t>, Line> lines;
  std::uint64_t last = 0;
  for (const Record& record : stage.records()) {
    const std::uint64_t who =
        sim::mix(names[record.step], static_cast<std::uint64_t>(record.value));
    last = names[record.step];
    switch (record.kind) {
      case Record::Kind::run: {
        Line& strand = lines[{0, record.object}];
        strand.hash = sim::mix(strand.hash, who);
        break;
      }
      case Record::Kind::read:
        lines[{1, record.object}].readers += sim::mix(who, std::uint64_t{5});
        break;
      case Record::Kind::write: {
        Line& cell = lines[{1, record.object}];
        cell.hash = sim::mix(sim::mix(cell.hash, std::exchange(cell.readers, 0)), who);
        break;
      }
      case Record::Kind::note:
      case Record::Kind::cancel: {
        Line& own = lines[{2, record.step}];
        const bool is_note = record.kind == Record::Kind::note;
        own.hash = sim::mix(own.hash, sim::mix(who, is_note ? 1 : names[record.object]));
        break;
      }
    }
  }
  std::uint64_t sum = stopped ? last : 0;
  for (const auto& [object, line] : lines) {
    const std::uint64_t whose = object.first == 2 ? names[object.second]
                                                  : static_cast<std::uint64_t>(object.second) * 2 +
                                                        static_cast<std::uint64_t>(object.first);
    sum += sim::mix(sim::mix(whose, line.hash), line.readers);
  }
  return sum;
}

}  // namespace raceproof::zoo
