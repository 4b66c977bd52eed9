#include "harness/check/invariants.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace raceproof::check {

namespace {

using trace::FieldRecord;
using trace::FieldType;
using trace::ObservationRecord;
using trace::Trace;

/// The observations that invariants look at.
enum class Told : std::uint8_t {
  unknown,  ///< not looked up yet
  other,
  client_connecting,
  client_done,
  client_open,
  client_frame,
  client_close,
  session_accepted,
  session_closing,
  session_closed,
  ws_sent,
  transition,
  transaction,
  event_leaves,
  db_listening,
  db_row,
  db_connection,
  db_disconnection,
  shutdown_end,
  process_left,
  backend_left,
  unfinished,
};

Told told_by(std::string_view name) {
  static constexpr std::string_view names[] = {
      "client_connecting", "client_done",     "client_open",    "client_frame", "client_close",
      "session_accepted",  "session_closing", "session_closed", "ws_sent",      "transition",
      "transaction",       "event_leaves",    "db_listening",   "db_row",       "db_connection",
      "db_disconnection",  "shutdown_end",    "process_left",   "backend_left", "unfinished"};
  const auto found = std::ranges::find(names, name);
  if (found == std::end(names)) return Told::other;
  return static_cast<Told>(static_cast<std::size_t>(Told::client_connecting) +
                           static_cast<std::size_t>(found - std::begin(names)));
}

/// What a field says, whatever its type: identities may be numbers or texts.
struct Value {
  std::string_view text;
  std::int64_t number = 0;
  friend bool operator==(const Value&, const Value&) = default;
};

std::string print(const Value& value) {
  return value.text.empty() ? std::to_string(value.number) : std::string(value.text);
}

bool is_agent_event(std::string_view type) {
  return type == "agent_started" || type == "agent_thinking" || type == "tool_executing" ||
         type == "tool_completed" || type == "agent_completed" || type == "agent_failed";
}

/// One run as one client sees it, over all of its connections.
struct Run {
  std::string_view id;
  std::uint32_t connection = 0;  ///< of the latest event
  bool started = false;
  bool ended = false;
  bool live = false;                    ///< an event of the latest connection was not recovered
  bool patchy = false;                  ///< events may have been missed
  std::string_view latest;              ///< frame
  std::vector<std::string_view> tools;  ///< at work
};

struct Client {
  std::string_view name;
  std::string_view user;
  std::uint32_t connections = 0;
  bool open = false;
  std::vector<Run> runs;
};

struct Session {
  trace::StrandId strand = 0;
  std::string_view user;
  bool closing = false;
  bool closed = false;
};

struct Machine {
  std::string_view process;
  std::size_t life = 0;  ///< how often the process had been killed
  std::string_view kind;
  Value id;
  std::string_view state;
};

/// One judgement of one trace.
class Judge {
 public:
  Judge(const Trace& trace, Violations& violations) : trace_(trace), violations_(violations) {}

  void judge() {
    const auto& observations = trace_.observations();
    for (at_ = 0; at_ < observations.size(); ++at_) look_at(observations[at_]);
    look_at_runs();
    look_at_transactions();
  }

 private:
  void violated(Invariant invariant, std::size_t observation, std::string why) {
    auto& violation = violations_[static_cast<std::size_t>(invariant)];
    if (violation && violation->observation <= observation) return;
    violation = Violation{observation, std::move(why)};
  }
  void violated(Invariant invariant, std::string why) { violated(invariant, at_, std::move(why)); }

  [[nodiscard]] Told told(const ObservationRecord& record) {
    if (record.name >= known_.size()) known_.resize(record.name + 64, Told::unknown);
    Told& known = known_[record.name];
    if (known == Told::unknown) known = told_by(trace_.text(record.name));
    return known;
  }
  [[nodiscard]] Value value(const ObservationRecord& record, std::string_view key) const {
    const FieldRecord* field = trace_.find(record, key);
    if (field == nullptr) return {};
    if (field->type == FieldType::text) return {trace_.value_text(*field), 0};
    return {{}, field->number};
  }
  [[nodiscard]] std::string_view text(const ObservationRecord& record, std::string_view key) const {
    return value(record, key).text;
  }
  [[nodiscard]] bool flag(const ObservationRecord& record, std::string_view key) const {
    return value(record, key).number != 0;
  }
  /// The first part of the strand's name.
  [[nodiscard]] std::string_view process_of(const ObservationRecord& record) const {
    const std::string_view strand = trace_.strand_name(record.strand);
    return strand.substr(0, strand.find('/'));
  }

  void look_at(const ObservationRecord& record) {
    switch (told(record)) {
      case Told::client_open:
        return client_opens(record);
      case Told::client_frame:
        return client_receives(record);
      case Told::client_connecting:
      case Told::client_done:
      case Told::client_close:
        client(record).open = false;
        return;
      case Told::session_accepted:
        sessions_.push_back({record.strand, text(record, "user")});
        return;
      case Told::session_closing:
        if (Session* session = session_on(record.strand)) session->closing = true;
        return;
      case Told::session_closed:
        if (Session* session = session_on(record.strand)) session->closed = true;
        return;
      case Told::ws_sent:
        return session_sends(record);
      case Told::transition:
        return machine_moves(record);
      case Told::transaction: {
        const auto status = text(record, "status");
        if (status != "committed" && status != "unknown") return;
        committed_.emplace_back(process_of(record), value(record, "id"));
        return;
      }
      case Told::db_listening:
        rows_are_told_ = true;
        return;
      case Told::db_row:
        if (text(record, "table") == "runs") {
          rows_.emplace_back(text(record, "key"), text(record, "change"));
        }
        return;
      case Told::event_leaves:
        return event_leaves(record);
      case Told::db_connection:
        return database_session_begins(record);
      case Told::db_disconnection:
        return database_session_ends(record);
      case Told::shutdown_end: {
        const auto process = process_of(record);
        shut_down_.emplace_back(process, life_of(process, record.event));
        return;
      }
      case Told::process_left:
        return process_left(record);
      case Told::backend_left:
        return backend_left(record);
      case Told::unfinished:
        return unfinished(record);
      default:
        return;
    }
  }

  // --- what clients see -------------------------------------------------------------------------

  Client& client(const ObservationRecord& record) {
    const auto name = text(record, "client");
    const auto known = std::ranges::find(clients_, name, &Client::name);
    if (known != clients_.end()) return *known;
    Client& made = clients_.emplace_back();
    made.name = name;
    return made;
  }

  void client_opens(const ObservationRecord& record) {
    Client& who = client(record);
    who.user = text(record, "user");
    who.open = true;
    ++who.connections;
  }

  void client_receives(const ObservationRecord& record) {
    Client& who = client(record);
    const auto type = text(record, "type");
    if (!who.open) {
      violated(Invariant::frames_within_session,
               fmt::format("{} received '{}' without an open connection", who.name, type));
    }
    const auto user = text(record, "user");
    if (!user.empty() && !who.user.empty() && user != who.user) {
      violated(Invariant::user_isolation,
               fmt::format("{} received '{}', which is for {}", described(who), type, user));
    }
    const auto id = text(record, "run");
    if (id.empty() || !is_agent_event(type)) return;
    of_one_user(who, id);
    agent_event(record, who, id, type);
  }

  static std::string described(const Client& who) {
    return who.name == who.user ? fmt::format("{}", who.name)
                                : fmt::format("{} (user {})", who.name, who.user);
  }

  /// A run belongs to one user, whatever its frames say.
  void of_one_user(const Client& who, std::string_view run) {
    for (const Client& other : clients_) {
      if (other.user == who.user || other.user.empty() || who.user.empty()) continue;
      if (std::ranges::find(other.runs, run, &Run::id) == other.runs.end()) continue;
      violated(Invariant::user_isolation, fmt::format("{} and {} both received events of run {}",
                                                      described(other), described(who), run));
    }
  }

  void agent_event(const ObservationRecord& record, Client& who, std::string_view id,
                   std::string_view type) {
    const bool recovered = flag(record, "recovered");
    const auto known = std::ranges::find(who.runs, id, &Run::id);
    const bool fresh = known == who.runs.end();
    Run& run = fresh ? who.runs.emplace_back() : *known;
    run.id = id;
    const bool continued = !fresh && run.connection != who.connections;
    if (continued || fresh) run.live = false;
    run.patchy |= continued || (fresh && type != "agent_started");
    run.connection = who.connections;
    const auto wrong = [&](std::string_view what) {
      violated(Invariant::agent_event_order,
               fmt::format("{} received '{}' of run {} {}", who.name, type, id, what));
    };
    const auto frame = text(record, "text");
    const bool starts = type == "agent_started";
    const bool ends = type == "agent_completed" || type == "agent_failed";
    if (recovered) {
      if (run.live) wrong("as recovered, behind what happened after it");
    } else {
      if (run.ended) {
        wrong(ends ? "a second time, or after another end" : "after its end");
      } else if (starts && run.started) {
        wrong("a second time");
      } else if (!starts && fresh && type != "agent_failed") {  // alone: it could not begin
        unbegun_.push_back({at_, &who - clients_.data(), id, type});
      } else if (!continued && frame == run.latest) {
        wrong("twice in a row");
      }
      run.live = true;
    }
    tool(record, run, type, recovered || run.patchy, wrong);
    run.started |= starts;
    run.ended |= ends;
    run.latest = frame;
  }

  template <class Wrong>
  void tool(const ObservationRecord& record, Run& run, std::string_view type, bool may_miss,
            const Wrong& wrong) {
    const bool begins = type == "tool_executing";
    if (!begins && type != "tool_completed") return;
    const auto name = text(record, "tool");
    const auto at_work = std::ranges::find(run.tools, name);
    if (begins) {
      if (at_work != run.tools.end()) {
        if (!may_miss) wrong("while that tool was executing already");
        return;
      }
      run.tools.push_back(name);
    } else if (at_work == run.tools.end()) {
      if (!may_miss) wrong("before the tool_executing that belongs to it");
    } else {
      run.tools.erase(at_work);
    }
  }

  /// What can be said only when everything is known.
  void look_at_runs() {
    for (const Unbegun& unbegun : unbegun_) {
      const Client& who = clients_[static_cast<std::size_t>(unbegun.client)];
      const auto same_user = [&](const Client& other) { return other.user == who.user; };
      if (who.connections > 1 || std::ranges::count_if(clients_, same_user) > 1) continue;
      violated(Invariant::agent_event_order, unbegun.observation,
               fmt::format("{} received '{}' of run {} before its agent_started", who.name,
                           unbegun.type, unbegun.run));
    }
    if (!still_) return;
    for (const Client& who : clients_) {
      for (const Run& run : who.runs) {
        if (!who.open || run.connection != who.connections || !run.started || run.ended) continue;
        violated(Invariant::agent_event_order, *still_,
                 fmt::format("run {} of {} was started and never ended", run.id, who.name));
      }
    }
  }

  // --- what the gateway says --------------------------------------------------------------------

  Session* session_on(trace::StrandId strand) {
    const auto found = std::ranges::find(sessions_, strand, &Session::strand);
    return found == sessions_.end() ? nullptr : &*found;
  }

  void session_sends(const ObservationRecord& record) {
    const auto wrong = [&](std::string_view when) {
      violated(
          Invariant::frames_within_session,
          fmt::format("'{}' was sent to {} {}", text(record, "type"), text(record, "peer"), when));
    };
    const Session* session = session_on(record.strand);
    if (session == nullptr) return wrong("before the session was accepted");
    if (session->closed) {
      wrong("after the session was closed");
    } else if (session->closing) {
      wrong("after the session began to close");
    }
    const auto user = text(record, "user");
    if (user.empty() || session->user.empty() || user == session->user) return;
    violated(Invariant::user_isolation,
             fmt::format("'{}', which is for {}, was sent to {}, a session of {}",
                         text(record, "type"), user, text(record, "peer"), session->user));
  }

  /// How often the process had been killed before this event. Kills are events of its root strand.
  [[nodiscard]] std::size_t life_of(std::string_view process, trace::EventId event) {
    if (!kills_known_) {
      kills_known_ = true;
      for (trace::EventId id = 0; id < trace_.events().size(); ++id) {
        const trace::Event& happened = trace_.events()[id];
        if (happened.kind != trace::EventKind::process || trace_.text(happened.label) != "kill") {
          continue;
        }
        kills_.emplace_back(trace_.strand_name(happened.strand), id);
      }
    }
    return static_cast<std::size_t>(std::ranges::count_if(
        kills_, [&](const auto& kill) { return kill.first == process && kill.second < event; }));
  }

  void machine_moves(const ObservationRecord& record) {
    const auto process = process_of(record);
    const auto kind = text(record, "machine");
    const auto from = text(record, "from");
    const auto to = text(record, "to");
    const Value id = value(record, "id");
    const std::size_t life = life_of(process, record.event);
    const auto name = [&] { return fmt::format("{} {}", kind, print(id)); };
    if (!is_legal(kind, from, to)) {
      violated(Invariant::legal_states, fmt::format("{} went from {} to {}", name(), from, to));
    }
    const auto known = std::ranges::find_if(machines_, [&](const Machine& machine) {
      return machine.process == process && machine.life == life && machine.kind == kind &&
             machine.id == id;
    });
    if (known == machines_.end()) {
      machines_.push_back({process, life, kind, id, to});
      return;
    }
    if (known->state != from) {
      violated(Invariant::legal_states,
               fmt::format("{} went from {} to {}, but it was {}", name(), from, to, known->state));
    }
    known->state = to;
  }

  void event_leaves(const ObservationRecord& record) {
    const Value id = value(record, "transaction");
    if (id == Value{}) return;  // it reports none
    const auto type = text(record, "type");
    const auto run = text(record, "run");
    const std::pair wanted{process_of(record), id};
    if (std::ranges::find(committed_, wanted) == committed_.end()) {
      violated(Invariant::commit_first,
               fmt::format("'{}' of run {} left before transaction {} was committed", type, run,
                           print(id)));
    }
    if (!rows_are_told_ || !is_agent_event(type)) return;
    const bool ends = type == "agent_completed" || type == "agent_failed";
    const std::pair row{run, ends ? std::string_view("updated") : std::string_view("inserted")};
    if (std::ranges::find(rows_, row) != rows_.end()) return;
    violated(Invariant::commit_first,
             fmt::format("'{}' of run {} left before the database had committed it", type, run));
  }

  void process_left(const ObservationRecord& record) {
    std::string what;
    for (const std::string_view kind :
         {"timers", "reads", "writes", "accepts", "connects", "streams", "listeners", "handlers"}) {
      const auto count = value(record, kind).number;
      if (count > 0) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", count, kind);
    }
    if (what.empty()) return;
    const auto names = text(record, "names");
    violated(Invariant::nothing_left,
             fmt::format("after its shutdown {} still has {}{}{}{}", text(record, "process"), what,
                         names.empty() ? "" : " (", names, names.empty() ? "" : ")"));
  }

  /// Behind the violation that it explains.
  void backend_left(const ObservationRecord& record) {
    auto& violation = violations_[static_cast<std::size_t>(Invariant::nothing_left)];
    if (!violation) return;
    const auto subscriptions = value(record, "subscriptions").number;
    const auto state = text(record, "state");
    std::string what;
    if (subscriptions > 0) what = fmt::format("{} subscriptions", subscriptions);
    if (state == idle_in_transaction) {
      what = fmt::format("an open transaction with {} rows", value(record, "rows").number);
    }
    if (what.empty()) return;
    violation->why += fmt::format("; {} holds {} of {}", text(record, "backend"), what,
                                  text(record, "connection"));
  }

  void database_session_begins(const ObservationRecord& record) {
    const auto connection = text(record, "connection");
    const auto process = connection.substr(0, connection.find('/'));
    database_sessions_.push_back(
        {value(record, "session").number, process, life_of(process, record.event)});
  }

  void database_session_ends(const ObservationRecord& record) {
    if (!flag(record, "left") || text(record, "state") != idle_in_transaction) return;
    const auto number = value(record, "session").number;
    const auto session = std::ranges::find(database_sessions_, number, &DatabaseSession::number);
    if (session == database_sessions_.end()) return;
    session->ended = at_;
    session->rows = value(record, "rows").number;
  }

  /// Of processes that have ended in order; what a kill interrupts, the database ends.
  void look_at_transactions() {
    for (const DatabaseSession& session : database_sessions_) {
      const std::pair life{session.process, session.life};
      if (!session.ended || std::ranges::find(shut_down_, life) == shut_down_.end()) continue;
      violated(Invariant::nothing_left, *session.ended,
               fmt::format("{} has shut down, and closed session {} of the database with a "
                           "transaction open in it, which had changed or locked {} rows",
                           session.process, session.number, session.rows));
    }
  }

  void unfinished(const ObservationRecord& record) {
    const bool quiescent = text(record, "end") == "quiescent";
    if (quiescent && !still_) still_ = at_;
    if (!quiescent && !flag(record, "stuck")) return;
    const auto waits = text(record, "waits");
    violated(Invariant::no_deadlock,
             fmt::format("{}, and {} is not done: {}",
                         quiescent ? "nothing is left to happen" : "the time is up",
                         text(record, "client"),
                         waits.empty() ? std::string_view("nobody waits for anything") : waits));
  }

  struct Unbegun {
    std::size_t observation;
    std::ptrdiff_t client;
    std::string_view run;
    std::string_view type;
  };

  struct DatabaseSession {
    std::int64_t number;
    std::string_view process;               ///< of the client
    std::size_t life;                       ///< of that process
    std::optional<std::size_t> ended = {};  ///< where its end with an open transaction is told
    std::int64_t rows = 0;
  };
  static constexpr std::string_view idle_in_transaction = "idle in transaction";

  const Trace& trace_;
  Violations& violations_;
  std::size_t at_ = 0;  ///< the observation looked at
  std::vector<Told> known_;
  std::vector<Client> clients_;
  std::vector<Unbegun> unbegun_;
  std::vector<Session> sessions_;
  std::vector<Machine> machines_;
  std::vector<std::pair<std::string_view, Value>> committed_;
  bool rows_are_told_ = false;
  std::vector<std::pair<std::string_view, std::string_view>> rows_;  ///< of runs: key, change
  std::vector<std::pair<std::string_view, trace::EventId>> kills_;
  bool kills_known_ = false;
  std::vector<DatabaseSession> database_sessions_;
  std::vector<std::pair<std::string_view, std::size_t>> shut_down_;  ///< processes and their lives
  std::optional<std::size_t> still_;  ///< where it says that nothing is left to happen
};

}  // namespace

const Violations& Invariants::judge(const Trace& trace) {
  violations_.fill(std::nullopt);
  Judge(trace, violations_).judge();
  return violations_;
}

std::vector<InvariantRelation> related_by(Invariant invariant) {
  switch (invariant) {
    case Invariant::legal_states:
      return {{{{"transition", {"machine", "id"}}}}};
    case Invariant::commit_first:
      return {{{{"transaction", {"id"}}, {"event_leaves", {"transaction"}}}},
              {{{"db_row", {"key"}}, {"event_leaves", {"run"}}}, true}};
    default:
      return {};
  }
}

}  // namespace raceproof::check
