#include "gateway/agents/context.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <span>
#include <utility>

namespace raceproof::gateway {

namespace {

constexpr std::array<std::string_view, 19> placeholders{
    "registry", "placeholder", "default", "temp", "none",    "null", "undefined",
    "0",        "1",           "xxx",     "yyy",  "example", "test", "demo",
    "sample",   "template",    "mock",    "fake", "dummy"};
constexpr std::array<std::string_view, 10> placeholder_prefixes{
    "placeholder_", "registry_", "temp_", "example_", "demo_",
    "sample_",      "template_", "mock_", "fake_",    "default_"};
constexpr std::string_view testing_prefix = "test_";
/// Ids of this length or longer are believed whatever they begin with.
constexpr std::size_t believed_length = 20;
constexpr std::array<std::string_view, 7> real_ids{
    "default_user",    "default_admin",  "default_system", "default_account",
    "default_service", "default_client", "default_guest"};
constexpr std::array<std::string_view, 7> reserved_keys{
    "user_id",    "thread_id",          "run_id", "request_id", "created_at",
    "db_session", "websocket_client_id"};

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

bool is_placeholder(std::string_view id, EnvironmentName environment) {
  const std::string lower = in_lower_case(id);
  if (std::ranges::find(placeholders, lower) != placeholders.end()) return true;
  if (id.size() >= believed_length) return false;
  if (std::ranges::find(real_ids, lower) != real_ids.end()) return false;
  if (environment != EnvironmentName::testing && lower.starts_with(testing_prefix)) return true;
  return std::ranges::any_of(placeholder_prefixes,
                             [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

void check_id(std::string_view name, const std::string& id, EnvironmentName environment) {
  if (is_blank(id)) throw InvalidContextError(std::string(name).append(" must not be blank"));
  if (is_placeholder(id, environment)) {
    throw InvalidContextError(
        std::string(name).append(" '").append(id).append("' is a placeholder"));
  }
}

void check_metadata(std::string_view name, const nlohmann::json& metadata) {
  if (!metadata.is_object()) {
    throw InvalidContextError(std::string(name).append(" must be a JSON object"));
  }
  for (const std::string_view key : reserved_keys) {
    if (!metadata.contains(key)) continue;
    throw InvalidContextError(
        std::string(name).append(" must not have the reserved key ").append(key));
  }
}

/// Whether an object within `value` says that it is of another user.
bool has_foreign_user(const nlohmann::json& value, const std::string& user) {
  if (value.is_object()) {
    const auto id = value.find("user_id");
    if (id != value.end() && *id != user) return true;
  }
  return value.is_structured() && std::ranges::any_of(value, [&](const nlohmann::json& inner) {
           return has_foreign_user(inner, user);
         });
}

void append_hex(std::string& out, std::span<const unsigned char> bytes) {
  for (const unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 0xF];
  }
}

std::string random_hex(Runtime& runtime) {
  const std::uint64_t number = runtime.random();
  std::array<unsigned char, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(number >> (56 - 8 * i));
  }
  std::string hex;
  append_hex(hex, bytes);
  return hex;
}

std::string make_fingerprint(const ContextFields& of, const std::string& token) {
  std::string text = of.user_id;
  for (const std::string* part : {&of.thread_id, &of.request_id, &token}) {
    text.append(1, ':').append(*part);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available");
  }
  std::string fingerprint;
  append_hex(fingerprint, std::span(digest).first(8));
  return fingerprint;
}

}  // namespace

struct UserExecutionContext::Data {
  ContextFields fields;
  std::string parent_request_id;
  std::int64_t operation_depth = 0;
  nlohmann::json agent_context;
  nlohmann::json audit_metadata;
  std::string created_at;
  std::string fingerprint;

  void stamp(Runtime& runtime) {
    created_at = runtime.timestamp();
    fingerprint = make_fingerprint(fields, random_hex(runtime));
  }
};

UserExecutionContext::UserExecutionContext(Runtime& runtime, EnvironmentName environment,
                                           ContextFields fields)
    : UserExecutionContext(runtime, environment, std::move(fields), nlohmann::json::object(),
                           nlohmann::json::object()) {}

UserExecutionContext::UserExecutionContext(Runtime& runtime, EnvironmentName environment,
                                           ContextFields fields,
                                           const nlohmann::json& agent_context,
                                           const nlohmann::json& audit_metadata) {
  if (fields.request_id.empty()) fields.request_id = make_id(runtime, "req");
  check_id("user_id", fields.user_id, environment);
  check_id("thread_id", fields.thread_id, environment);
  check_id("run_id", fields.run_id, environment);
  check_id("request_id", fields.request_id, environment);
  check_metadata("agent_context", agent_context);
  check_metadata("audit_metadata", audit_metadata);
  if (has_foreign_user(agent_context, fields.user_id)) {
    throw ContextIsolationError("agent_context carries something of another user");
  }
  auto data = std::make_shared<Data>();
  data->fields = std::move(fields);
  data->agent_context = agent_context;
  data->audit_metadata = audit_metadata;
  data->stamp(runtime);
  data_ = std::move(data);
}

const std::string& UserExecutionContext::user_id() const { return data_->fields.user_id; }
const std::string& UserExecutionContext::thread_id() const { return data_->fields.thread_id; }
const std::string& UserExecutionContext::run_id() const { return data_->fields.run_id; }
const std::string& UserExecutionContext::request_id() const { return data_->fields.request_id; }
const std::string& UserExecutionContext::websocket_client_id() const {
  return data_->fields.websocket_client_id;
}
const std::string& UserExecutionContext::created_at() const { return data_->created_at; }
const std::string& UserExecutionContext::parent_request_id() const {
  return data_->parent_request_id;
}
std::int64_t UserExecutionContext::operation_depth() const { return data_->operation_depth; }
const nlohmann::json& UserExecutionContext::agent_context() const { return data_->agent_context; }
const nlohmann::json& UserExecutionContext::audit_metadata() const { return data_->audit_metadata; }
const std::string& UserExecutionContext::fingerprint() const { return data_->fingerprint; }

UserExecutionContext UserExecutionContext::child(Runtime& runtime,
                                                 std::string_view operation) const {
  if (is_blank(operation)) throw InvalidContextError("an operation must have a name");
  if (data_->operation_depth == operation_depth_max) {
    throw InvalidContextError("operations are nested more than " +
                              std::to_string(operation_depth_max) + " deep");
  }
  auto data = std::make_shared<Data>(*data_);
  data->parent_request_id = std::exchange(data->fields.request_id, make_id(runtime, "req"));
  ++data->operation_depth;
  data->agent_context["operation_name"] = operation;
  data->stamp(runtime);
  return UserExecutionContext(std::move(data));
}

void UserExecutionContext::require_user(std::string_view user) const {
  if (user != user_id()) throw ContextIsolationError("the context belongs to another user");
}

std::string make_id(Runtime& runtime, std::string_view prefix) {
  return std::string(prefix).append(1, '_').append(random_hex(runtime));
}

}  // namespace raceproof::gateway
