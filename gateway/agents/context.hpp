// For whom something is done: the ids and the metadata of one request of one user, checked once and
// never changed (domain.md section 8).
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "gateway/environment.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// An id that is missing or a placeholder, metadata with a reserved key, or operations that are
/// nested too deeply.
class InvalidContextError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something of one user in the context of another.
class ContextIsolationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a context is made from.
struct ContextFields {
  std::string user_id;
  std::string thread_id;
  std::string run_id;
  std::string request_id;           ///< empty: a new one is made
  std::string websocket_client_id;  ///< may be empty; not checked
};

/// Immutable, and cheap to copy: copies share what never changes.
class UserExecutionContext {
 public:
  /// How many operations may be nested below a request.
  static constexpr std::int64_t operation_depth_max = 10;

  /// Throws InvalidContextError unless each of the four ids is a non-blank string and none of them
  /// a placeholder: case aside, one of the words that stand for "nothing here" (registry, default,
  /// none, 0, test ...) or, if shorter than 20 characters, with a prefix that says so (temp_,
  /// mock_, default_ ...; test_ outside the testing environment). default_user and six more like it
  /// are real ids. On a strand of `runtime`, which gives new ids and the time.
  UserExecutionContext(Runtime& runtime, EnvironmentName environment, ContextFields fields);
  /// With metadata: JSON objects, copied. Throws InvalidContextError also when one of them has one
  /// of the keys that name fields of the context, and ContextIsolationError when an object inside
  /// `agent_context` carries another user's user_id.
  UserExecutionContext(Runtime& runtime, EnvironmentName environment, ContextFields fields,
                       const nlohmann::json& agent_context, const nlohmann::json& audit_metadata);

  [[nodiscard]] const std::string& user_id() const;
  [[nodiscard]] const std::string& thread_id() const;
  [[nodiscard]] const std::string& run_id() const;
  [[nodiscard]] const std::string& request_id() const;
  [[nodiscard]] const std::string& websocket_client_id() const;
  /// `Runtime::timestamp()` when it was made.
  [[nodiscard]] const std::string& created_at() const;
  /// Of the context that this one is a child of; empty for a request's own.
  [[nodiscard]] const std::string& parent_request_id() const;
  /// 0 for a request's own context, one more for each child.
  [[nodiscard]] std::int64_t operation_depth() const;
  [[nodiscard]] const nlohmann::json& agent_context() const;
  [[nodiscard]] const nlohmann::json& audit_metadata() const;
  /// The first 16 hexadecimal digits of SHA-256 over user:thread:request:token, where the token is
  /// random: no two contexts have the same.
  [[nodiscard]] const std::string& fingerprint() const;

  /// A context for a part of the work: same user, thread, run and metadata (copied, with
  /// `operation` as operation_name in agent_context), a request id of its own and this one's as its
  /// parent's. Throws InvalidContextError for a blank `operation` and below the greatest depth.
  [[nodiscard]] UserExecutionContext child(Runtime& runtime, std::string_view operation) const;
  /// Throws ContextIsolationError unless this is `user`'s context.
  void require_user(std::string_view user) const;

 private:
  struct Data;
  explicit UserExecutionContext(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

/// `prefix`, '_' and 16 random hexadecimal digits. On a strand of `runtime`.
std::string make_id(Runtime& runtime, std::string_view prefix);

}  // namespace raceproof::gateway
