// The types of columns and the texts of their values, as PostgreSQL reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/ports/database.hpp"

namespace raceproof::fakes::database {

using gateway::database::Error;
using gateway::database::Value;

/// `unknown` is the type of a string, a parameter or NULL until its surroundings decide.
enum class Type { unknown, text, integer, bigint, boolean, timestamptz };

/// As in PostgreSQL's messages: "timestamp with time zone".
std::string_view name_of(Type type);
/// The type of a name in CREATE TABLE ("int8", "boolean"); none when there is no such type here.
std::optional<Type> find_type(std::string_view name);
[[nodiscard]] bool is_number(Type type);

/// The one text that stands for the value within the engine: two values are equal if their texts
/// are, and timestamps are in the order of theirs. Throws 22P02, 22003, 22007, 22008.
std::string canonical(Type type, std::string_view input);
/// What a client gets for a canonical text.
std::string output(Type type, const std::string& canonical);
/// Less than, equal to or greater than 0. Texts compare by their bytes (collation "C").
int compare(Type type, const std::string& left, const std::string& right);

/// A canonical number; `type` for the message of 22003.
std::int64_t to_number(const std::string& canonical);
std::string from_number(Type type, std::int64_t number);
/// The canonical timestamp of Runtime::timestamp()'s "2025-09-08T19:22:00.000000Z".
std::string timestamp_of(std::string_view runtime_timestamp);

}  // namespace raceproof::fakes::database
