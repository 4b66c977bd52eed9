#include "harness/trace/trace.hpp"

#include <array>
#include <xxhash.h>

namespace raceproof::trace {

std::string_view name_of(EventKind kind) {
  static constexpr std::array<std::string_view, 8> names = {
      "start", "handler", "timer", "arrival", "connect", "process", "choice", "end"};
  return names[static_cast<std::size_t>(kind)];
}

// Handlers are recorded with label 0, which must mean the same in every trace, whatever it has
// seen.
Trace::Trace() { intern(""); }

void Trace::clear() {
  events_.clear();
  observations_.clear();
  fields_.clear();
  payloads_.clear();
  arena_.clear();
  strands_.clear();
}

LabelId Trace::intern(std::string_view text) {
  auto& recent = recent_[(reinterpret_cast<std::uintptr_t>(text.data()) * 0x9e3779b97f4a7c15ULL) >>
                         (64 - recent_bits)];
  if (recent.address == text.data() && labels_[recent.label] == text) return recent.label;
  const auto known = label_ids_.find(text);
  const auto label =
      known != label_ids_.end() ? known->second : static_cast<LabelId>(labels_.size());
  if (known == label_ids_.end()) {
    label_hashes_.push_back(XXH3_64bits(text.data(), text.size()));
    label_ids_.emplace(labels_.emplace_back(text), label);
  }
  recent = {text.data(), label};
  return label;
}

StrandId Trace::add_strand(std::string_view name) {
  strands_.emplace_back(name);
  return static_cast<StrandId>(strands_.size() - 1);
}

void Trace::add_payload(EventId event, Payload payload) {
  payloads_.push_back(std::move(payload));
  events_[event].payload = static_cast<std::uint32_t>(payloads_.size());
}

void Trace::observe(EventId event, StrandId strand, std::int64_t time_ns,
                    const Observation& observation) {
  ObservationRecord record;
  record.event = event;
  record.name = intern(observation.name);
  record.strand = strand;
  record.first_field = static_cast<std::uint32_t>(fields_.size());
  record.field_count = static_cast<std::uint32_t>(observation.fields.size());
  record.time_ns = time_ns;
  for (const Field& field : observation.fields) {
    FieldRecord out;
    out.key = intern(field.key);
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      out.number = *number;
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
      out.type = FieldType::boolean;
      out.number = *flag ? 1 : 0;
    } else if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      out.type = FieldType::text;
      out.text_offset = static_cast<std::uint32_t>(arena_.size());
      out.number = static_cast<std::int64_t>(text->size());
      arena_.append(*text);
    } else {
      const bool is_duration = std::holds_alternative<Duration>(field.value);
      const auto affine = is_duration ? std::get<Duration>(field.value).affine()
                                      : std::get<Instant>(field.value).affine();
      out.type = is_duration ? FieldType::duration : FieldType::instant;
      out.number = affine.constant_ns;
      out.form = affine.form;
    }
    fields_.push_back(out);
  }
  observations_.push_back(record);
}

const FieldRecord* Trace::find(const ObservationRecord& record, std::string_view key) const {
  for (const auto& field : fields(record)) {
    if (labels_[field.key] == key) return &field;
  }
  return nullptr;
}

std::uint64_t Trace::digest() const {
  std::uint64_t hash = 0;
  const auto mix = [&hash](std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  };
  for (const auto& name : strands_) mix(XXH3_64bits(name.data(), name.size()));
  for (const Event& event : events_) {
    mix(event.cause);
    mix((std::uint64_t{event.strand} << 8) | static_cast<std::uint64_t>(event.kind));
    mix(label_hashes_[event.label]);
    mix(static_cast<std::uint64_t>(event.time_ns));
    mix(event.payload_size);
  }
  for (const ObservationRecord& record : observations_) {
    mix(record.event);
    mix(label_hashes_[record.name]);
    for (const FieldRecord& field : fields(record)) {
      mix(label_hashes_[field.key]);
      if (field.type == FieldType::text) {
        const auto value = value_text(field);
        mix(XXH3_64bits(value.data(), value.size()));
      } else {
        mix(static_cast<std::uint64_t>(field.number));
      }
    }
  }
  return hash;
}

}  // namespace raceproof::trace
