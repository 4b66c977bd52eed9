// See table.hpp.
#include "fakes/database/table.hpp"

#include "fakes/database/expression.hpp"

namespace raceproof::fakes::database {
namespace {

std::string usual_name(const CreateTable& definition, const UniqueDefinition& unique) {
  if (!unique.name.empty()) return unique.name;
  if (unique.primary) return definition.table + "_pkey";
  std::string name = definition.table;
  for (const auto& column : unique.columns) name += "_" + column;
  return name + "_key";
}

void add_column(Table& table, ColumnDefinition column) {
  if (table.find_column(column.name)) {
    throw Error("42701", "column \"" + column.name + "\" specified more than once");
  }
  if (column.initial) {
    Analysis without_table;
    without_table.assign(*column.initial, column.type, column.name);
    without_table.finish(0);
  }
  table.columns.push_back({std::move(column)});
}

void add_unique(Table& table, const CreateTable& definition, const UniqueDefinition& written) {
  Unique unique{usual_name(definition, written), {}, written.primary};
  for (const auto& name : written.columns) {
    const auto column = table.find_column(name);
    if (!column) throw Error("42703", "column \"" + name + "\" named in key does not exist");
    unique.columns.push_back(*column);
    if (written.primary) table.columns[*column].definition.not_null = true;
  }
  for (const auto& other : table.uniques) {
    if (other.primary && written.primary) {
      throw Error("42P16",
                  "multiple primary keys for table \"" + table.name + "\" are not allowed");
    }
  }
  constexpr std::size_t uniques_max = 64;  // a bit for each in Version::entered
  if (table.uniques.size() == uniques_max) {
    throw Error("0A000", "the fake database does not support more than 64 unique constraints");
  }
  table.uniques.push_back(std::move(unique));
}

}  // namespace

bool conflict(RowLock a, RowLock b) {
  switch (a) {
    case RowLock::key_share:
      return b == RowLock::update;
    case RowLock::share:
      return b == RowLock::no_key_update || b == RowLock::update;
    case RowLock::no_key_update:
      return b != RowLock::key_share;
    case RowLock::update:
      break;
  }
  return true;
}

const Version* Row::visible_to(const Snapshot& snapshot) const {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->visible_to(snapshot)) return &*version;
  }
  return nullptr;
}

std::optional<std::size_t> Table::find_column(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].definition.name == column) return i;
  }
  return std::nullopt;
}

std::size_t Table::column(std::string_view wanted) const {
  if (const auto found = find_column(wanted)) return *found;
  throw Error("42703",
              "column \"" + std::string(wanted) + "\" of relation \"" + name + "\" does not exist");
}

bool Table::is_unique(std::size_t column) const {
  for (const auto& unique : uniques) {
    if (unique.columns.size() == 1 && unique.columns[0] == column) return true;
  }
  return false;
}

std::string Table::key_of(const std::vector<Value>& values) const {
  std::string key;
  for (const auto& unique : uniques) {
    if (!unique.primary) continue;
    for (const auto column : unique.columns) {
      key += (key.empty() ? "" : ",") + values[column].value_or("");
    }
    return key;
  }
  return values[0].value_or("");
}

std::unique_ptr<Table> make_table(const CreateTable& definition) {
  auto table = std::make_unique<Table>();
  table->name = definition.table;
  for (const auto& column : definition.columns) add_column(*table, column);
  if (table->columns.empty()) {
    throw Error("0A000", "the fake database does not support tables without columns");
  }
  // PostgreSQL makes the primary key's index first.
  for (const bool primary : {true, false}) {
    for (const auto& unique : definition.uniques) {
      if (unique.primary == primary) add_unique(*table, definition, unique);
    }
  }
  return table;
}

}  // namespace raceproof::fakes::database
