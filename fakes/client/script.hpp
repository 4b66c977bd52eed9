// What a scripted client does, step by step: the typed form of `clients:` in a scenario file. The
// structs describe themselves (`runtime/settings.hpp`), so that the scenario reader, its
// diagnostics and the JSON Schema need no knowledge of their own about them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/settings.hpp"

namespace raceproof::fakes::client {

/// Does nothing for a while. A close that arrives meanwhile is met by the next step.
struct Wait {
  static constexpr std::string_view key = "wait", shorthand = "delay";
  DelayRange delay;
  void describe(SettingsVisitor& visitor);
};

/// How the token travels: `Authorization: Bearer TOKEN`, or the subprotocol `jwt.TOKEN`, offered
/// last.
enum class TokenAs { header, subprotocol };
std::span<const std::string_view> choices(TokenAs);

/// From when to when a token says that it is valid (`nbf` and `exp`), in whole seconds.
struct TokenValidity {
  Duration from;                            ///< since the start of the run
  Duration span = std::chrono::minutes(5);  ///< key `for`
  void describe(SettingsVisitor& visitor);
};

/// What `token` says in words; everything else is a token as it stands. What they come to is for
/// the owner of the script to put in their place, but for `none`.
inline constexpr std::string_view token_words[] = {"valid",  "expired",        "not_yet_valid",
                                                   "forged", "wrong_audience", "none"};

/// Connects and upgrades to WebSocket; an earlier connection that is still open is closed first.
/// Whatever is not in `retry_on` fails the step at once, unless the next step is
/// `expect: {http: ...}`.
struct Connect {
  static constexpr std::string_view key = "connect", shorthand = "token";
  std::string path = "/ws";
  std::string user;             ///< query parameter `user`; the client's name when empty
  std::string token = "valid";  ///< one of `token_words`, or the token itself; empty: none
  std::optional<TokenValidity> token_valid;
  TokenAs send_token_as = TokenAs::header;
  std::vector<std::string> subprotocols;       ///< offered, in this order
  std::map<std::string, std::string> headers;  ///< further ones of the upgrade request
  /// HTTP statuses, "refused" (a refused connection), and "lost" (no HTTP answer: ended or too
  /// late).
  std::vector<std::string> retry_on;
  DelayRange every{std::chrono::milliseconds(250), std::chrono::milliseconds(250)};
  Duration give_up = std::chrono::seconds(10);  ///< key `for`
  std::optional<Duration> within;  ///< of one attempt, from the TCP connect to the HTTP answer
  void describe(SettingsVisitor& visitor);
};

/// Waits for a frame, for the server's close, or for the HTTP answer to the `connect` just before;
/// or looks at the subprotocol of the connection.
/// A frame is looked for from the first one that no earlier step has consumed.
struct Expect {
  static constexpr std::string_view key = "expect", shorthand = "type";
  std::string type;         ///< the frame's JSON "type"; any when empty
  std::string text;         ///< substring of the frame, or of the close reason
  bool strict = false;      ///< the very next frame must match; otherwise others are passed over
  std::int64_t close = 0;   ///< close code (1006: lost without a close frame); 0: not a close
  std::int64_t http = 0;    ///< HTTP status; 0: not an HTTP answer
  std::string subprotocol;  ///< that the server chose at the connect; empty: not asked
  std::optional<Duration> within;
  void describe(SettingsVisitor& visitor);
};

/// Sends one frame: `{"type": type, "text": text}`, with "thread_id" where there is a `thread` and
/// "run_id" with `with_run`, or `raw` as it stands.
struct Send {
  static constexpr std::string_view key = "send", shorthand = "text";
  std::string type = "chat";
  std::string text;
  std::string raw;
  std::string thread;
  bool with_run = false;   ///< names the run of the latest frame that names one
  bool binary = false;     ///< a binary frame instead of a text frame
  std::int64_t bytes = 0;  ///< the text is filled up with "x" until the frame is as long as this
  void describe(SettingsVisitor& visitor);
};

/// Stops reading from now on, for a while; the script goes on meanwhile. What is on its way fills
/// the buffers between the two, as with a client that is too slow.
struct ReadSlowly {
  static constexpr std::string_view key = "read_slowly", shorthand = "for";
  DelayRange span;  ///< key `for`
  void describe(SettingsVisitor& visitor);
};

/// Closes with a close frame and waits for the server's.
struct Close {
  static constexpr std::string_view key = "close", shorthand = "code";
  std::int64_t code = 1000;
  std::string reason;
  std::optional<Duration> within;
  void describe(SettingsVisitor& visitor);
};

/// One HTTP GET on a connection of its own, as a health probe makes it. With `for`, repeated until
/// the status is the expected one.
struct Get {
  static constexpr std::string_view key = "get", shorthand = "path";
  std::string path = "/health/ready";
  std::int64_t status = 200;
  DelayRange every{std::chrono::milliseconds(250), std::chrono::milliseconds(250)};
  std::optional<Duration> give_up;  ///< key `for`; a single attempt without it
  std::optional<Duration> within;   ///< of one attempt, from the TCP connect to the answer
  void describe(SettingsVisitor& visitor);
};

/// Resets the connection, as a client does that dies or loses its network.
struct Abort {
  static constexpr std::string_view key = "abort", shorthand = "";
  void describe(SettingsVisitor&) {}
};

using Step = std::variant<Wait, Connect, Expect, Send, Close, Get, Abort, ReadSlowly>;

/// The keys of all steps, in the variant's order, for diagnostics and the schema.
std::span<const std::string_view> step_keys();
/// A step of that key with its defaults; nothing for an unknown key.
std::optional<Step> make_step(std::string_view key);
/// The key that `step` is written with.
std::string_view step_key(const Step& step);
/// The field that a bare value stands for (`expect: hello` is `expect: {type: hello}`); empty when
/// the step takes none.
std::string_view step_shorthand(const Step& step);
/// Walks the fields of `step`, whichever it is.
void describe(Step& step, SettingsVisitor& visitor);
/// What is wrong with `step` beyond what the fields' own bounds say, as one sentence; empty if
/// fine.
std::string problem(const Step& step);

/// All that one client does. `name` is also the name of its strand.
struct Script {
  std::string name;
  std::vector<Step> steps;
};

}  // namespace raceproof::fakes::client
