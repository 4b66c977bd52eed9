#include "harness/campaign/wall_draw.hpp"

#include <set>
#include <stdexcept>

#include "runtime/asio/random_stream.hpp"

namespace raceproof::campaign {

namespace {

/// Walks the durations of a settings struct and passes over everything else.
class DurationWalker : public SettingsVisitor {
 public:
  /// `value` is the range, or the single duration twice.
  explicit DurationWalker(std::function<void(DelayRange& value)> each) : each_(std::move(each)) {}

  void on(std::string_view, Duration& value, std::string_view) override {
    DelayRange range{value, value};
    each_(range);
    value = range.low;
  }
  void on(std::string_view, DelayRange& value, std::string_view) override { each_(value); }
  void on(std::string_view, bool&, std::string_view) override {}
  void on(std::string_view, std::int64_t&, std::int64_t, std::int64_t, std::string_view) override {}
  void on(std::string_view, std::string&, std::string_view) override {}
  void on(std::string_view, std::vector<std::string>&, std::string_view) override {}
  void on(std::string_view, std::vector<std::int64_t>&, std::int64_t, std::int64_t,
          std::string_view) override {}
  void on(std::string_view, std::map<std::string, std::string>&, std::string_view) override {}

 protected:
  void on_choice(std::string_view, std::span<const std::string_view>, std::size_t&,
                 std::string_view) override {}
  void on_group(std::string_view, std::function<void(SettingsVisitor&)> fields,
                std::string_view) override {
    fields(*this);
  }
  void on_map(std::string_view, const std::vector<std::string>& names,
              std::function<void(const std::string&, SettingsVisitor&)> entry,
              std::string_view) override {
    for (const auto& name : names) entry(name, *this);
  }
  std::size_t on_list(std::string_view, std::size_t count,
                      std::function<void(std::size_t, SettingsVisitor&)> element,
                      std::string_view) override {
    for (std::size_t i = 0; i < count; ++i) element(i, *this);
    return count;
  }
  bool begin_optional(std::string_view, bool present) override { return present; }

 private:
  std::function<void(DelayRange&)> each_;
};

void walk_clients(std::vector<fakes::client::Script>& scripts,
                  std::function<void(DelayRange&)> each) {
  DurationWalker walker(std::move(each));
  for (auto& script : scripts) {
    for (auto& step : script.steps) fakes::client::describe(step, walker);
  }
}

/// The parameters that the clients' scripts use.
std::set<FormId> client_forms(const scenario::ResolvedVariant& variant) {
  std::set<FormId> forms;
  auto scripts = variant.clients;  // the walk hands out references that may be changed
  walk_clients(scripts, [&](DelayRange& range) {
    forms.insert(range.low.affine().form);
    forms.insert(range.high.affine().form);
  });
  return forms;
}

std::int64_t draw(const scenario::Parameter& parameter, std::uint64_t seed) {
  detail::RandomStream random(seed, parameter.name);
  const auto width = static_cast<std::uint64_t>(parameter.high_ns - parameter.low_ns);
  return parameter.low_ns + static_cast<std::int64_t>(random.up_to(width));
}

}  // namespace

std::vector<std::int64_t> draw_parameters(const scenario::ResolvedVariant& variant,
                                          const DrawOptions& options) {
  const auto early = client_forms(variant);
  auto given = options.given;
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < variant.parameters.size(); ++i) {
    const auto& parameter = variant.parameters[i];
    if (const auto found = given.find(parameter.name); found != given.end()) {
      values.push_back(found->second.count());
      if (values.back() < parameter.low_ns || values.back() > parameter.high_ns) {
        throw std::out_of_range("outside the range of parameter " + parameter.name);
      }
      given.erase(found);
    } else if (options.worst_case) {
      const bool is_clients = early.contains(static_cast<FormId>(i + 1));
      values.push_back(is_clients ? parameter.low_ns : parameter.high_ns);
    } else {
      values.push_back(draw(parameter, options.seed));
    }
  }
  if (!given.empty()) {
    throw std::invalid_argument("no parameter '" + given.begin()->first + "' in variant " +
                                variant.name);
  }
  return values;
}

void make_clients_early(scenario::ResolvedVariant& variant) {
  walk_clients(variant.clients, [](DelayRange& range) { range.high = range.low; });
}

}  // namespace raceproof::campaign
