#include "harness/sim/step_log.hpp"

#include <algorithm>

namespace raceproof::sim {

Identity mix(Identity identity, std::string_view part) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(identity, hash);
}

void StepLog::begin_run() {
  ++run_;
  steps_.clear();
  accesses_.clear();
  predecessors_.clear();
  cancelled_.clear();
  let_go_.clear();
  learned_ = false;
  given_up = false;
  in_vain = false;
  impossible = false;
  begin_step(1, 0, none);
}

StepId StepLog::begin_step(Identity identity, StepId armed_by, StepId behind) {
  if (!steps_.empty()) {
    finish_step();
    if (current().holds == 0) let_go_.push_back(current_id());
  }
  const auto id = static_cast<StepId>(steps_.size());
  if (id >= words_ * 64) {
    std::vector<std::uint64_t> wider(words_ * 2 * (id + 64), 0);
    for (StepId step = 0; step < id; ++step) {
      std::copy_n(&before_[step * words_], words_, &wider[step * words_ * 2]);
    }
    before_ = std::move(wider);
    words_ *= 2;
  }
  if (before_.size() < (id + 1) * words_) before_.resize((id + 64) * words_);
  std::fill_n(&before_[id * words_], words_, 0);
  Step& step = steps_.emplace_back();
  step.identity = identity;
  step.armed_by = armed_by;
  step.behind = behind;
  step.first_access = static_cast<std::uint32_t>(accesses_.size());
  step.first_predecessor = static_cast<std::uint32_t>(predecessors_.size());
  if (id > 0) {
    join(armed_by);
    if (behind != none) join(behind);
  }
  return id;
}

void StepLog::finish_step() {
  Step& step = steps_.back();
  std::uint64_t hash = mix(step.identity, step.answers);
  std::uint64_t before = step.armed_by == current_id() ? 0 : steps_[step.armed_by].hash;
  for (const Predecessor& predecessor : predecessors(current_id())) {
    before += steps_[predecessor.step].hash;  // the order in which they are met does not matter
  }
  step.hash = mix(hash, before);
}

ObjectId StepLog::object(Identity key) {
  const auto [known, fresh] = known_.try_emplace(key, static_cast<ObjectId>(objects_.size()));
  if (fresh) objects_.push_back({key, 0, none, {}});
  return known->second;
}

void StepLog::join(StepId earlier) {
  const StepId now = current_id();
  for (std::size_t word = 0; word < words_; ++word) {
    before_[now * words_ + word] |= before_[earlier * words_ + word];
  }
  before_[now * words_ + earlier / 64] |= std::uint64_t{1} << (earlier % 64);
}

void StepLog::conflict(StepId earlier) {
  if (earlier == current_id() || happens_before(earlier, current_id())) return;
  join(earlier);
  predecessors_.push_back({earlier, true});
  ++current().predecessors;
}

void StepLog::release(StepId step) {
  if (--steps_[step].holds == 0) let_go_.push_back(step);
}

std::span<StepLog::Predecessor> StepLog::touch(ObjectId id, bool write, bool may_write) {
  const StepId now = current_id();
  Object& object = objects_[id];
  if (object.run != run_) {
    object.run = run_;
    object.last_write = none;
    object.readers.clear();
  }
  const std::size_t before = predecessors_.size();
  if (object.last_write == now) return {};
  const bool has_read = !object.readers.empty() && object.readers.back() == now;
  if (has_read && !write) return {};
  if (has_read) {
    const auto own = accesses_.begin() + current().first_access;
    const auto read = std::find_if(own, accesses_.end(),
                                   [&](const Access& access) { return access.object == id; });
    read->write = read->may_write = true;
  } else {
    accesses_.push_back({id, write, write || may_write});
    ++current().accesses;
  }
  if (write) {
    hold(now);
    for (const StepId reader : object.readers) {
      conflict(reader);
      release(reader);
    }
    object.readers.clear();
    if (object.last_write != none) {
      conflict(object.last_write);
      release(object.last_write);
    }
    object.last_write = now;
  } else {
    if (object.last_write != none) conflict(object.last_write);
    object.readers.push_back(now);
    hold(now);
  }
  return std::span(predecessors_).subspan(before);
}

std::span<StepLog::Predecessor> StepLog::end_run() {
  const std::size_t before = predecessors_.size();
  current().last = true;
  for (StepId step = 0; step < current_id(); ++step) {
    if (steps_[step].holds > 0) conflict(step);
  }
  return std::span(predecessors_).subspan(before);
}

void StepLog::blocks(Identity process) {
  if (may_block(process)) return;
  blocking_.push_back(process);
  learned_ = true;
}

bool StepLog::may_block(Identity process) const {
  return std::ranges::find(blocking_, process) != blocking_.end();
}

void StepLog::declare_blocking(std::string_view process) {
  if (!may_block(process_identity(process))) blocking_.push_back(process_identity(process));
}

bool StepLog::may_ever_precede(StepId armed_by, Reach reach, StepId earlier) const {
  // From the step that both descend from: the least delay of the one, the greatest of the other.
  std::int64_t least = reach.low_ns;
  std::int64_t greatest = 0;
  StepId one = armed_by;
  StepId other = earlier;
  while (one != other) {
    const Step& later = steps_[std::max(one, other)];
    if (one > other) {
      least += later.reach.low_ns;
      one = later.armed_by;
    } else {
      greatest = std::min(Reach{}.high_ns, greatest + later.reach.high_ns);
      other = later.armed_by;
    }
  }
  return least <= greatest;
}

std::uint64_t StepLog::class_hash() {
  finish_step();
  std::uint64_t sum = 0;
  for (const Step& step : steps_) sum += mix(step.hash, 7);
  return sum;
}

}  // namespace raceproof::sim
