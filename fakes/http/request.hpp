// What a client asked over HTTP.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raceproof::fakes::http {

/// One header: name and value. Of a request, the name is in lower case.
using Header = std::pair<std::string, std::string>;

struct Request {
  std::string method;
  std::string target;  ///< as it was sent, with its query
  std::vector<Header> headers;
  std::string body;
  bool keep_alive = false;

  /// The target without its query.
  [[nodiscard]] std::string_view path() const {
    return std::string_view(target).substr(0, target.find('?'));
  }
  /// The value of a header, `name` in lower case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

}  // namespace raceproof::fakes::http
