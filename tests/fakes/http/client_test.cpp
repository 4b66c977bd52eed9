// The gateway's HTTP client against the fakes' server, simulated. Passing means: whole answers and
// streams of lines arrive as they were sent however the network cuts them, and every way in which
// an answer can fail is told apart by its error.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>

#include "gateway/http_client.hpp"
#include "tests/fakes/http/http_world.hpp"

namespace raceproof::fakes::http::test {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;
using gateway::http_fetch;
using gateway::http_lines;
using gateway::HttpAnswer;
using gateway::HttpCall;

const Endpoint service{"service", 80};

/// What one fetch gave: "status body", or the error.
struct Fetched {
  std::string answer;
  std::string error;
};

Awaitable<> fetch(Runtime& runtime, HttpCall call, Fetched& fetched) {
  try {
    HttpAnswer answer = co_await http_fetch(runtime, service, std::move(call));
    fetched.answer = std::to_string(answer.status) + " " + answer.body;
  } catch (const boost::system::system_error& error) {
    fetched.error = error.what();
  }
}

Fetched fetch_from(Handler handler, HttpCall call = {}) {
  HttpWorld world(always(std::move(handler)));
  Fetched fetched;
  const auto end = world.run([&](Runtime& runtime) { return fetch(runtime, call, fetched); });
  EXPECT_EQ(end, sim::RunEnd::stopped) << world.failure;
  return fetched;
}

/// What reading all lines gave.
struct LinesRead {
  unsigned status = 0;
  std::vector<std::string> lines;
  std::string error;
};

Awaitable<> read_lines(Runtime& runtime, LinesRead& read) {
  try {
    HttpCall call;
    call.method = "POST";
    call.body = "go";
    const auto answer = co_await http_lines(runtime, service, std::move(call));
    read.status = answer->status();
    for (;;) {
      auto line = co_await answer->next();
      if (!line) break;
      read.lines.push_back(std::move(*line));
    }
  } catch (const boost::system::system_error& error) {
    read.error = error.what();
  }
}

LinesRead lines_from(Handler handler) {
  HttpWorld world(always(std::move(handler)));
  LinesRead read;
  const auto end = world.run([&](Runtime& runtime) { return read_lines(runtime, read); });
  EXPECT_EQ(end, sim::RunEnd::stopped) << world.failure;
  return read;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Says what it was asked.
Awaitable<> mirror(Request request, Exchange& exchange) {
  std::string seen = request.method + " " + request.target;
  for (const auto& [name, value] : request.headers) seen.append("|" + name + "=" + value);
  seen += "|" + request.body;
  co_await exchange.answer(200, std::move(seen));
}

Awaitable<> refuse(Request, Exchange& exchange) { co_await exchange.answer(503, "not now"); }

Awaitable<> answer_in_chunks(Request, Exchange& exchange) {
  co_await exchange.begin(200, "application/x-ndjson");
  co_await exchange.chunk("first\nsec");
  co_await exchange.chunk("ond\r\n\nlast");
  co_await exchange.end();
}

Awaitable<> empty_body_in_pieces(Request, Exchange& exchange) {
  co_await exchange.begin(200, "text/plain");
  co_await exchange.raw("0\r\n");
  co_await exchange.raw("\r");
  co_await exchange.raw("\n");
}

Awaitable<> answer_until_the_end(Request, Exchange& exchange) {
  co_await exchange.raw("HTTP/1.1 200 OK\r\n\r\none\ntwo\n");
  exchange.cut();
}

Awaitable<> answer_after_an_interim_one(Request, Exchange& exchange) {
  co_await exchange.raw(
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

Awaitable<> cut_in_the_body(Request, Exchange& exchange) {
  co_await exchange.announce(200, 100);
  co_await exchange.raw("part\n");
  exchange.cut();
}

Awaitable<> cut_between_chunks(Request, Exchange& exchange) {
  co_await exchange.begin(200, "text/plain");
  co_await exchange.chunk("whole\npart");
  exchange.cut();
}

Awaitable<> cut_in_the_header(Request, Exchange& exchange) {
  co_await exchange.raw("HTTP/1.1 200 OK\r\nContent-");
  exchange.cut();
}

Awaitable<> cut_at_once(Request, Exchange& exchange) {
  exchange.cut();
  co_return;
}

Awaitable<> reset_at_once(Request, Exchange& exchange) {
  exchange.reset();
  co_return;
}

Awaitable<> not_http(Request, Exchange& exchange) {
  co_await exchange.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n");
}

Awaitable<> long_body(Request, Exchange& exchange) {
  co_await exchange.answer(200, std::string(1024 * 1024 + 1, 'x'));
}

Awaitable<> long_chunked_body(Request, Exchange& exchange) {
  co_await exchange.begin(200, "text/plain");
  for (int i = 0; i < 17; ++i) co_await exchange.chunk(std::string(64 * 1024, 'x'));
  co_await exchange.end();
}

Awaitable<> absurd_length(Request, Exchange& exchange) {
  co_await exchange.raw("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx\n");
}

Awaitable<> long_header(Request, Exchange& exchange) {
  co_await exchange.raw("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'));
}

Awaitable<> long_lines(Request, Exchange& exchange) {
  co_await exchange.begin(200, "text/plain");
  co_await exchange.chunk(std::string(64 * 1024, 'x') + "\n");
  co_await exchange.chunk(std::string(64 * 1024 + 1, 'y') + "\n");
  co_await exchange.end();
}

Awaitable<> endless_line(Request, Exchange& exchange) {
  co_await exchange.begin(200, "text/plain");
  for (;;) co_await exchange.chunk(std::string(16 * 1024, 'x'));
}

// The request arrives as it was made, with what HTTP/1.1 asks of a client.
TEST(Fetch, SendsTheRequest) {
  HttpCall call;
  call.method = "POST";
  call.target = "/validate?x=1";
  call.headers = {{"X-Id", "7"}, {"Content-Type", "application/json"}};
  call.body = R"({"token":"t"})";
  EXPECT_EQ(fetch_from(mirror, call).answer,
            "200 POST /validate?x=1|host=service:80|user-agent=raceproof-gateway|connection=close"
            "|x-id=7|content-type=application/json|content-length=13|{\"token\":\"t\"}");
  EXPECT_EQ(fetch_from(mirror).answer,
            "200 GET /|host=service:80|user-agent=raceproof-gateway|connection=close|");
}

// An IPv6 address stands in brackets before its port (RFC 3986 section 3.2.2).
TEST(Fetch, BracketsAnIpv6Address) {
  HttpWorld world(always(mirror));
  world.settings.host = "::1";
  std::string answer;
  world.run([&](Runtime& runtime) -> Awaitable<> {
    HttpCall call;
    const Endpoint to("::1", 80);
    const HttpAnswer answered = co_await http_fetch(runtime, to, std::move(call));
    answer = answered.body;
  });
  EXPECT_TRUE(contains(answer, "|host=[::1]:80|")) << answer;
}

// A header that would break out of its line is not sent.
TEST(Fetch, RefusesControlCharacters) {
  HttpCall call;
  call.headers = {{"X-Id", "7\r\nX-Admin: 1"}};
  const auto fetched = fetch_from(mirror, call);
  EXPECT_TRUE(contains(fetched.error, "control character")) << fetched.error;
}

TEST(Fetch, TakesWholeAnswersOfEveryForm) {
  EXPECT_EQ(fetch_from(refuse).answer, "503 not now");
  EXPECT_EQ(fetch_from(answer_in_chunks).answer, "200 first\nsecond\r\n\nlast");
  EXPECT_EQ(fetch_from(empty_body_in_pieces).answer, "200 ");
  EXPECT_EQ(fetch_from(answer_until_the_end).answer, "200 one\ntwo\n");
  EXPECT_EQ(fetch_from(answer_after_an_interim_one).answer, "200 ok");
  HttpCall head;
  head.method = "HEAD";
  EXPECT_EQ(fetch_from(refuse, head).answer, "503 ");
}

TEST(Fetch, SaysHowAnAnswerFailed) {
  for (const auto handler : {cut_in_the_body, cut_between_chunks, cut_in_the_header}) {
    const auto fetched = fetch_from(handler);
    EXPECT_TRUE(contains(fetched.error, "GET service:80/: the answer was cut off"))
        << fetched.error;
  }
  for (const auto handler : {cut_at_once, reset_at_once}) {
    const auto fetched = fetch_from(handler);
    EXPECT_TRUE(contains(fetched.error, "GET service:80/: no answer")) << fetched.error;
  }
  const auto garbage = fetch_from(not_http);
  EXPECT_TRUE(contains(garbage.error, "the answer is not HTTP")) << garbage.error;
  for (const auto handler : {long_body, long_chunked_body, absurd_length, long_header}) {
    const auto fetched = fetch_from(handler);
    EXPECT_TRUE(contains(fetched.error, "the answer is too long")) << fetched.error;
  }
}

TEST(Fetch, SaysThatNobodyListens) {
  HttpWorld world(always(mirror));
  world.settings.listen_after = 10s;
  Fetched fetched;
  world.run([&](Runtime& runtime) { return fetch(runtime, {}, fetched); });
  EXPECT_TRUE(contains(fetched.error, "no connection")) << fetched.error;
}

TEST(Lines, ComeAsTheyWereSent) {
  const auto read = lines_from(answer_in_chunks);
  EXPECT_EQ(read.status, 200U);
  EXPECT_EQ(read.lines, (std::vector<std::string>{"first", "second", "", "last"}));
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(lines_from(answer_until_the_end).lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(lines_from(refuse).status, 503U);
  EXPECT_EQ(lines_from(refuse).lines, std::vector<std::string>{"not now"});
}

// What came whole before the cut is still read; the cut is an error, not the end.
TEST(Lines, TellACutFromTheEnd) {
  const auto chunked = lines_from(cut_between_chunks);
  EXPECT_EQ(chunked.lines, std::vector<std::string>{"whole"});
  EXPECT_TRUE(contains(chunked.error, "cut off")) << chunked.error;
  const auto counted = lines_from(cut_in_the_body);
  EXPECT_EQ(counted.lines, std::vector<std::string>{"part"});
  EXPECT_TRUE(contains(counted.error, "cut off")) << counted.error;
}

// 64 KiB are a line; one byte more is not, and neither is a line that never ends.
TEST(Lines, AreBounded) {
  const auto read = lines_from(long_lines);
  ASSERT_EQ(read.lines.size(), 1U);
  EXPECT_EQ(read.lines[0].size(), 64U * 1024);
  EXPECT_TRUE(contains(read.error, "a line exceeds 64 KiB")) << read.error;
  const auto endless = lines_from(endless_line);
  EXPECT_TRUE(endless.lines.empty());
  EXPECT_TRUE(contains(endless.error, "a line exceeds 64 KiB")) << endless.error;
}

// However the bytes are cut into segments, the same comes out.
TEST(Lines, SurviveFragmentation) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    HttpWorld world(always(answer_in_chunks));
    world.options.fragment = true;
    LinesRead read;
    Fetched fetched;
    explore::RandomDecider decider(seed);
    world.run(
        [&](Runtime& runtime) -> Awaitable<> {
          co_await read_lines(runtime, read);
          HttpCall call;
          co_await fetch(runtime, std::move(call), fetched);
        },
        decider);
    EXPECT_EQ(read.lines, (std::vector<std::string>{"first", "second", "", "last"}));
    EXPECT_EQ(fetched.answer, "200 first\nsecond\r\n\nlast");
  }
}

/// A line every 100 ms.
Handler slow_lines(Runtime& runtime) {
  return [&runtime](Request, Exchange& exchange) -> Awaitable<> {
    co_await exchange.begin(200, "application/x-ndjson");
    for (int i = 0; i < 20; ++i) {
      co_await exchange.chunk(std::to_string(i) + "\n");
      co_await runtime.sleep_for(100ms, "between lines");
    }
    co_await exchange.end();
  };
}

// Lines are there when they have been sent, not only at the end.
TEST(Lines, AreReadWhileTheAnswerGoesOn) {
  HttpWorld world(slow_lines);
  std::string first;
  world.run([&](Runtime& runtime) -> Awaitable<> {
    HttpCall call;
    const auto answer = co_await http_lines(runtime, service, std::move(call));
    auto line = co_await answer->next();
    first = line.value_or("none");
  });
  EXPECT_EQ(first, "0");
  EXPECT_LT(world.end_ms, 100);
}

// A time-out ends a fetch and a stream where they are; both sides come to rest.
TEST(Cancel, EndsTheConnection) {
  HttpWorld world(slow_lines);
  world.stop_when_done = false;
  int disconnections = 0;
  world.options.on_observation = [&](const Observation& observation) {
    if (observation.name == "service_disconnection") ++disconnections;
  };
  std::size_t fetch_ended_by = 0;
  std::size_t lines_ended_by = 0;
  const auto end = world.run([&](Runtime& runtime) -> Awaitable<> {
    HttpCall call;
    const auto fetched = co_await (http_fetch(runtime, service, std::move(call)) ||
                                   runtime.sleep_for(150ms, "limit"));
    fetch_ended_by = fetched.index();
    LinesRead read;
    const auto lines = co_await (read_lines(runtime, read) || runtime.sleep_for(250ms, "limit"));
    lines_ended_by = lines.index();
    EXPECT_EQ(read.lines.size(), 3U);
  });
  EXPECT_EQ(end, sim::RunEnd::horizon) << world.failure;
  // Nobody waits for anything but the server for its next client, and for its own end.
  EXPECT_EQ(world.waiting, (std::vector<std::string>{"service/service waits for tasks to end",
                                                     "service/service waits for a connection"}));
  EXPECT_EQ(fetch_ended_by, 1U);
  EXPECT_EQ(lines_ended_by, 1U);
  EXPECT_EQ(disconnections, 2);
}

}  // namespace
}  // namespace raceproof::fakes::http::test
