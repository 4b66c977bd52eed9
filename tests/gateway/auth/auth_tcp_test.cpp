// The same authentication and the same service on the production runtime, over loopback, with the
// calendar of the machine.
#include <chrono>
#include <gtest/gtest.h>

#include "fakes/auth/server.hpp"
#include "fakes/auth/token.hpp"
#include "gateway/auth/auth.hpp"
#include "runtime/asio/runtime.hpp"

namespace raceproof::gateway {
namespace {

using fakes::auth::make_token;
using fakes::auth::TokenKind;
using fakes::auth::TokenSpec;

struct Outcomes {
  AuthResult alice;
  AuthResult again;
  AuthResult expired;
  AuthResult mallory;
  bool usable = false;
};

TokenSpec spec_now(std::string user) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  TokenSpec spec;
  spec.user = std::move(user);
  spec.kind = TokenKind::rs256;
  spec.now = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return spec;
}

Awaitable<> use(AsioRuntime& runtime, fakes::auth::Server& server, AuthSettings& settings,
                std::unique_ptr<Auth>& auth, Outcomes& outcomes) {
  settings.port = co_await server.listening();
  auth = std::make_unique<Auth>(runtime, settings, [](bool) {});
  co_await call(auth->strand(), auth->start());
  outcomes.usable = auth->usable();
  const std::string alice = make_token(spec_now("alice"));
  outcomes.alice = co_await call(auth->strand(), auth->authenticate(alice));
  outcomes.again = co_await call(auth->strand(), auth->authenticate(alice));
  TokenSpec old = spec_now("alice");
  old.expires_in = -60;
  outcomes.expired = co_await call(auth->strand(), auth->authenticate(make_token(old)));
  TokenSpec forged = spec_now("mallory");
  forged.kind = TokenKind::forged_rs256;
  outcomes.mallory = co_await call(auth->strand(), auth->authenticate(make_token(forged)));
  co_await call(auth->strand(), auth->stop());
  co_await server.stop();
  runtime.stop();
}

TEST(AuthOverTcp, WithPublishedKeys) {
  AsioRuntime runtime({.threads = 2});
  fakes::auth::Settings service;
  service.listen.host = "127.0.0.1";
  service.listen.port = 0;
  fakes::auth::Server server(runtime, service);
  AuthSettings settings;
  settings.host = "127.0.0.1";
  settings.jwt.algorithm = JwtAlgorithm::rs256;
  settings.jwt.key_set = "/jwks.json";
  std::unique_ptr<Auth> auth;
  Outcomes outcomes;
  const auto control = runtime.make_strand("control");
  server.start();
  spawn(runtime, control, "use", use(runtime, server, settings, auth, outcomes));
  const auto work = runtime.keep_alive();
  runtime.run();
  EXPECT_FALSE(runtime.failed());
  EXPECT_TRUE(outcomes.usable);
  EXPECT_EQ(outcomes.alice.user, "alice");
  EXPECT_EQ(outcomes.again.user, "alice");
  EXPECT_EQ(outcomes.expired.reason, AuthReason::expired);
  EXPECT_EQ(outcomes.mallory.reason, AuthReason::bad_signature);
}

}  // namespace
}  // namespace raceproof::gateway
