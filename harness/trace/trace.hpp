// What happened in one run: events with their causes, and the observations made in them.
//
// Everything is kept in flat arrays that are cleared, not freed, between runs. Strings are interned
// per trace (labels, names, keys) or stand in one text arena (values), so that a trace can be
// hashed, compared and written without following pointers.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/observation.hpp"

namespace raceproof::trace {

/// Position of an event in its run; also its identity. 0 is the start of the run, which has no
/// cause.
using EventId = std::uint32_t;
/// An interned string of the trace; 0 is always the empty one.
using LabelId = std::uint32_t;
using StrandId = std::uint32_t;

enum class EventKind : std::uint8_t {
  start,    ///< a process starts; the root of what it does
  handler,  ///< a posted handler or completion runs on its strand
  timer,    ///< a wait expires
  arrival,  ///< bytes, an end of file or a reset arrive at a stream
  connect,  ///< a connection request arrives, or its answer
  process,  ///< a process is stalled, resumed, killed or restarted
  choice,   ///< a comparison of times, or another decision that is not an event of the program
  end,      ///< the run's horizon
};
std::string_view name_of(EventKind kind);

/// One event. `time_ns` is virtual time; in a symbolic run it is -1 (times belong to the region).
struct Event {
  EventId cause = 0;
  StrandId strand = 0;
  LabelId label = 0;
  EventKind kind = EventKind::start;
  std::int64_t time_ns = 0;
  std::uint32_t payload = 0;       ///< index into `payloads()` plus 1, or 0
  std::uint32_t payload_size = 0;  ///< bytes that arrived
};

enum class FieldType : std::uint8_t { integer, boolean, text, duration, instant };

/// One recorded value of an observation.
struct FieldRecord {
  LabelId key = 0;
  FieldType type = FieldType::integer;
  std::uint32_t form = 0;         ///< symbolic half of a duration or instant
  std::uint32_t text_offset = 0;  ///< into the text arena
  std::int64_t number = 0;        ///< integer, 0/1, length of text, or nanoseconds
};

/// One recorded observation. `point` is the index of the event's time in a symbolic run.
struct ObservationRecord {
  EventId event = 0;
  LabelId name = 0;
  StrandId strand = 0;
  std::uint32_t first_field = 0;
  std::uint32_t field_count = 0;
  std::int64_t time_ns = 0;
};

/// What arrived where, kept when a trace is recorded in full.
struct Payload {
  std::uint32_t connection = 0;
  bool to_server = false;
  std::uint8_t end = 0;  ///< 0 bytes, 1 end of file, 2 reset
  std::string bytes;
};

/// The record of one run.
class Trace {
 public:
  Trace();
  /// Forgets everything but the interned strings' memory.
  void clear();

  /// The id of `text`; fast for a text seen before at the same address, as literals are.
  LabelId intern(std::string_view text);
  [[nodiscard]] std::string_view text(LabelId label) const { return labels_[label]; }

  EventId add(const Event& event) {
    events_.push_back(event);
    return static_cast<EventId>(events_.size() - 1);
  }
  /// The same, without a detour through a copy: the kernel's inner loop.
  EventId add(EventKind kind, StrandId strand, LabelId label, EventId cause, std::int64_t time_ns) {
    Event& event = events_.emplace_back();
    event.cause = cause;
    event.strand = strand;
    event.label = label;
    event.kind = kind;
    event.time_ns = time_ns;
    return static_cast<EventId>(events_.size() - 1);
  }
  void observe(EventId event, StrandId strand, std::int64_t time_ns,
               const Observation& observation);
  /// How many bytes the arrival `event` brought.
  void set_payload(EventId event, std::uint32_t bytes) { events_[event].payload_size = bytes; }
  /// What the arrival `event` brought.
  void add_payload(EventId event, Payload payload);
  StrandId add_strand(std::string_view name);

  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] const std::vector<ObservationRecord>& observations() const { return observations_; }
  [[nodiscard]] std::span<const FieldRecord> fields(const ObservationRecord& record) const {
    return std::span(fields_).subspan(record.first_field, record.field_count);
  }
  [[nodiscard]] std::string_view value_text(const FieldRecord& field) const {
    return std::string_view(arena_).substr(field.text_offset,
                                           static_cast<std::size_t>(field.number));
  }
  /// The field `key` of `record`; null if it has none.
  [[nodiscard]] const FieldRecord* find(const ObservationRecord& record,
                                        std::string_view key) const;
  [[nodiscard]] const std::vector<Payload>& payloads() const { return payloads_; }
  [[nodiscard]] std::string_view strand_name(StrandId strand) const { return strands_[strand]; }
  [[nodiscard]] std::size_t strand_count() const { return strands_.size(); }

  /// A 64-bit hash of all that happened (XXH3 over events, strands and observations with their
  /// values), the same on every build, machine and address layout. Bytes on the wire count with
  /// their number only: masks and WebSocket keys are random by design (RFC 6455 section 5.3).
  [[nodiscard]] std::uint64_t digest() const;

 private:
  std::vector<Event> events_;
  std::vector<ObservationRecord> observations_;
  std::vector<FieldRecord> fields_;
  std::vector<Payload> payloads_;
  std::string arena_;
  std::vector<std::string> strands_;
  std::deque<std::string> labels_;  // stay where they are
  std::vector<std::uint64_t> label_hashes_;
  std::unordered_map<std::string_view, LabelId> label_ids_;  // looked up only, never iterated
  struct RecentLabel {
    const char* address = nullptr;
    LabelId label = 0;
  };
  static constexpr std::size_t recent_bits = 11;
  std::vector<RecentLabel> recent_ =
      std::vector<RecentLabel>(std::size_t{1} << recent_bits);  // by a hash of the address
};

}  // namespace raceproof::trace
