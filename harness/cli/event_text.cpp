#include "harness/cli/event_text.hpp"

#include <fmt/format.h>

#include "harness/trace/decode/text.hpp"

namespace raceproof::cli {

namespace {

/// Texts are compared up to this length when runs are.
constexpr std::size_t exact_text_limit = 4096;

}  // namespace

std::string observation_text(const trace::Trace& trace, const trace::ObservationRecord& record,
                             std::size_t text_limit) {
  std::string text = fmt::format("* {}", trace.text(record.name));
  for (const auto& field : trace.fields(record)) {
    text += fmt::format(" {}=", trace.text(field.key));
    switch (field.type) {
      case trace::FieldType::text:
        text += trace::word(trace.value_text(field), text_limit);
        break;
      case trace::FieldType::boolean:
        text += field.number != 0 ? "true" : "false";
        break;
      case trace::FieldType::integer:
        text += std::to_string(field.number);
        break;
      default:
        text += fmt::format("{}ms", static_cast<double>(field.number) / 1e6);
    }
  }
  return text;
}

std::vector<std::string> event_lines(const trace::Trace& trace) {
  std::vector<std::string> lines;
  lines.reserve(trace.events().size());
  for (const trace::Event& event : trace.events()) {
    std::string line = event.time_ns < 0
                           ? std::string("-")
                           : fmt::format("{} ms", static_cast<double>(event.time_ns) / 1e6);
    line += fmt::format(" {}: {}", trace.strand_name(event.strand), trace::name_of(event.kind));
    if (const auto label = trace.text(event.label); !label.empty())
      line += fmt::format(" '{}'", label);
    if (event.payload_size > 0) line += fmt::format(" of {} bytes", event.payload_size);
    line += fmt::format(" <- event {}", event.cause);
    lines.push_back(std::move(line));
  }
  for (const auto& record : trace.observations()) {
    lines[record.event] += " | " + observation_text(trace, record, exact_text_limit);
  }
  return lines;
}

}  // namespace raceproof::cli
