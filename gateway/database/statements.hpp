// Every statement that the gateway sends to its database, in one place: plain SQL that PostgreSQL
// and the database in memory understand alike. Parameters are text; PostgreSQL takes their types
// from the columns.
#pragma once

#include <array>
#include <string_view>

namespace raceproof::gateway::database::statements {

// --- migrations: the table that records them, and what each does ---------------------------------

inline constexpr std::string_view create_migrations =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "version bigint PRIMARY KEY, name text NOT NULL)";
inline constexpr std::string_view applied_migrations =
    "SELECT version FROM schema_migrations ORDER BY version";
/// Readers go on; whoever else wants to migrate waits until the end of the transaction.
inline constexpr std::string_view lock_migrations =
    "LOCK TABLE schema_migrations IN EXCLUSIVE MODE";
inline constexpr std::string_view record_migration =
    "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";

inline constexpr std::array<std::string_view, 4> create_runs = {
    "CREATE TABLE IF NOT EXISTS users ("
    "id text PRIMARY KEY, runs_begun bigint NOT NULL, runs_ended bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS threads ("
    "id text PRIMARY KEY, user_id text NOT NULL, "
    "runs_begun bigint NOT NULL, runs_ended bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS runs ("
    "id text PRIMARY KEY, thread_id text NOT NULL, user_id text NOT NULL, status text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS messages ("
    "id bigserial PRIMARY KEY, thread_id text NOT NULL, run_id text NOT NULL, "
    "role text NOT NULL, body text NOT NULL)",
};
inline constexpr std::array<std::string_view, 1> create_outbox = {
    "CREATE TABLE IF NOT EXISTS outbox ("
    "id bigserial PRIMARY KEY, instance text NOT NULL, type text NOT NULL, user_id text NOT NULL, "
    "thread_id text NOT NULL, run_id text NOT NULL, agent text NOT NULL, tool text NOT NULL, "
    "body text NOT NULL, created_at text NOT NULL)",
};

// --- the counters that the beginning and the end of a run both update ---------------------------

/// $1 the user. Nothing is affected when the user is new.
inline constexpr std::string_view count_begun_of_user =
    "UPDATE users SET runs_begun = runs_begun + 1 WHERE id = $1";
inline constexpr std::string_view add_user =
    "INSERT INTO users (id, runs_begun, runs_ended) VALUES ($1, 1, 0) ON CONFLICT (id) DO NOTHING";
inline constexpr std::string_view count_ended_of_user =
    "UPDATE users SET runs_ended = runs_ended + 1 WHERE id = $1";
/// $1 the thread, $2 the user. Nothing is affected when the thread is new or another user's.
inline constexpr std::string_view count_begun_of_thread =
    "UPDATE threads SET runs_begun = runs_begun + 1 WHERE id = $1 AND user_id = $2";
inline constexpr std::string_view add_thread =
    "INSERT INTO threads (id, user_id, runs_begun, runs_ended) VALUES ($1, $2, 1, 0) "
    "ON CONFLICT (id) DO NOTHING";
inline constexpr std::string_view count_ended_of_thread =
    "UPDATE threads SET runs_ended = runs_ended + 1 WHERE id = $1 AND user_id = $2";

// --- runs, messages, outbox ----------------------------------------------------------------------

/// $1 the run, $2 its thread, $3 its user.
inline constexpr std::string_view add_run =
    "INSERT INTO runs (id, thread_id, user_id, status) VALUES ($1, $2, $3, 'running')";
/// $1 the run, $2 its thread, $3 its user, $4 how it ended ("completed", "failed").
inline constexpr std::string_view end_run =
    "UPDATE runs SET status = $4 "
    "WHERE id = $1 AND thread_id = $2 AND user_id = $3 AND status = 'running'";
/// $1 the thread, $2 the run, $3 "user", "agent" or "failure", $4 the text.
inline constexpr std::string_view add_message =
    "INSERT INTO messages (thread_id, run_id, role, body) VALUES ($1, $2, $3, $4)";
/// $1 the instance that will send it; then the event.
inline constexpr std::string_view add_event =
    "INSERT INTO outbox "
    "(instance, type, user_id, thread_id, run_id, agent, tool, body, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";
/// $1 the event's id.
inline constexpr std::string_view remove_event = "DELETE FROM outbox WHERE id = $1";
/// $1 the instance, $2 how many at most.
inline constexpr std::string_view unsent_events =
    "SELECT id, type, user_id, thread_id, run_id, agent, tool, body, created_at FROM outbox "
    "WHERE instance = $1 ORDER BY id LIMIT $2";

/// $1 the run, $2 the event's type: whether a transaction whose commit was not answered is there.
inline constexpr std::string_view find_event =
    "SELECT id FROM outbox WHERE run_id = $1 AND type = $2";

/// Proves a connection.
inline constexpr std::string_view probe = "SELECT 1";

}  // namespace raceproof::gateway::database::statements
