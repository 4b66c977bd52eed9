// The fields of an envelope, as json_fields.hpp has those of a campaign.
#pragma once

#include "harness/campaign/envelope_result.hpp"
#include "reports/json_fields.hpp"

namespace raceproof::report {

template <class Archive>
void fields(Archive& a, campaign::EnvelopeAxis& v) {
  a.field("parameter", v.parameter);
  a.field("low_ns", v.low);
  a.field("high_ns", v.high);
  a.field("usual_low_ns", v.usual_low);
  a.field("usual_high_ns", v.usual_high);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeCondition& v) {
  a.field("factors", v.factors);
  a.field("constant_ns", v.constant);
  a.field("equality", v.equality);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeVertex& v) {
  a.field("x", v.x);
  a.field("y", v.y);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopePiece& v) {
  a.field("inequalities", v.inequalities);
  a.field("conditions", v.conditions);
  a.field("vertices", v.vertices);
  a.field("exact", v.exact);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeSegment& v) {
  a.field("from", v.from);
  a.field("to", v.to);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeRegion& v) {
  a.field("pieces", v.pieces);
  a.field("boundary", v.boundary);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeGridPoint& v) {
  a.field("x_ns", v.x);
  a.field("y_ns", v.y);
  a.field("runs", v.runs);
  a.field("failed", v.failed);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeProbe& v) {
  a.field("value_ns", v.value);
  a.field("complete", v.complete);
  a.field("failed", v.failed);
  a.field("classes", v.classes);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeScale& v) {
  a.field("parameter", v.parameter);
  a.field("factor", v.factor);
  a.field("low_ns", v.low);
  a.field("high_ns", v.high);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeMinimum& v) {
  a.field("parameter", v.parameter);
  a.field("low_ns", v.low);
  a.field("high_ns", v.high);
  a.field("scales", v.scales);
  a.field("complete", v.complete);
  a.field("value_ns", v.value);
  a.field("safe_above", v.safe_above);
  a.field("at", v.at);
  a.field("below", v.below);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeMargin& v) {
  a.field("parameter", v.parameter);
  a.field("low_ns", v.low);
  a.field("high_ns", v.high);
  a.field("searched_low_ns", v.searched_low);
  a.field("searched_high_ns", v.searched_high);
  a.field("complete", v.complete);
  a.field("fails_already", v.fails_already);
  a.field("least_ns", v.least);
  a.field("greatest_ns", v.greatest);
  a.field("problem", v.problem);
}

template <class Archive>
void fields(Archive& a, campaign::EnvelopeResult& v) {
  a.field("format_version", v.format_version);
  a.field("tool_version", v.tool_version);
  a.field("scenario", v.scenario);
  a.field("file", v.file);
  a.field("variant", v.variant);
  a.field("seed", v.seed);
  a.field("axes", v.axes);
  a.field("other_ranges", v.other_ranges);
  a.field("bound", v.bound);
  a.field("classes_impossible", v.classes_impossible);
  a.field("possible_failure", v.possible_failure);
  a.field("certain_failure", v.certain_failure);
  a.field("safe", v.safe);
  a.field("only_at_ties", v.only_at_ties);
  a.field("grid", v.grid);
  a.field("contradictions", v.contradictions);
  a.field("minima", v.minima);
  a.field("margins", v.margins);
  a.field("wall_seconds", v.wall_seconds);
  a.field("exit_code", v.exit_code);
}

}  // namespace raceproof::report
