// Passing means: a context has real ids and its own metadata or is not made at all, and no two are
// alike.
#include "gateway/agents/context.hpp"

#include <cctype>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/gateway/agents/simulation.hpp"

namespace raceproof::gateway {
namespace {

using nlohmann::json;
using testing::on_a_strand;

constexpr auto staging = EnvironmentName::staging;

ContextFields real_ids() { return {"alice", "thread_7", "run_42", "req_1", ""}; }

/// Whether a context can be made with `id` in the place of the `index`-th id.
bool accepts(Runtime& runtime, const std::string& id, int index,
             EnvironmentName environment = staging) {
  ContextFields fields = real_ids();
  (index == 0   ? fields.user_id
   : index == 1 ? fields.thread_id
   : index == 2 ? fields.run_id
                : fields.request_id) = id;
  try {
    const UserExecutionContext context(runtime, environment, fields);
    return true;
  } catch (const InvalidContextError&) {
    return false;
  }
}

std::string in_some_case(std::string text, explore::Random& random) {
  for (char& c : text) {
    if (random.below(2) == 1) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string letters(std::size_t count, explore::Random& random) {
  std::string text;
  while (text.size() < count) text += static_cast<char>('a' + random.below(26));
  return text;
}

// A listed word is refused in each of the four places and in any mixture of cases; with one letter
// more it is a real id.
TEST(Context, RefusesPlaceholders) {
  on_a_strand([](Runtime& runtime) {
    explore::Random random(1);
    for (const char* word :
         {"registry", "placeholder", "default", "temp", "none", "null", "undefined", "0", "1",
          "xxx", "yyy", "example", "test", "demo", "sample", "template", "mock", "fake", "dummy"}) {
      for (int index = 0; index < 4; ++index) {
        const std::string id = in_some_case(word, random);
        EXPECT_FALSE(accepts(runtime, id, index)) << id;
        EXPECT_TRUE(accepts(runtime, id + "q", index)) << id;
      }
    }
  });
}

// A prefix counts below 20 characters and not from there on, whatever follows it.
TEST(Context, RefusesShortIdsWithPrefixes) {
  on_a_strand([](Runtime& runtime) {
    explore::Random random(2);
    for (int round = 0; round < 50; ++round) {
      for (const std::string prefix : {"placeholder_", "registry_", "temp_", "example_", "demo_",
                                       "sample_", "template_", "mock_", "fake_", "default_"}) {
        const int index = static_cast<int>(random.below(4));
        const std::size_t room = 19 - prefix.size();
        const std::string id =
            in_some_case(prefix + letters(random.below(room + 1), random), random);
        EXPECT_FALSE(accepts(runtime, id, index)) << id;
        const std::string longer = id + letters(20 + random.below(30) - id.size(), random);
        EXPECT_TRUE(accepts(runtime, longer, index)) << longer;
      }
    }
  });
}

// test_ is a placeholder's prefix everywhere but in the testing environment.
TEST(Context, TestPrefixIsFineInTests) {
  on_a_strand([](Runtime& runtime) {
    using enum EnvironmentName;
    for (const auto environment : {development, staging, production}) {
      EXPECT_FALSE(accepts(runtime, "test_user", 0, environment));
    }
    EXPECT_TRUE(accepts(runtime, "test_user", 0, testing));
    EXPECT_FALSE(accepts(runtime, "test", 0, testing));
  });
}

// The seven real ids that look like placeholders are accepted, and nothing that resembles them.
TEST(Context, AcceptsTheExceptions) {
  on_a_strand([](Runtime& runtime) {
    for (const char* id : {"default_user", "default_admin", "default_system", "default_account",
                           "default_service", "default_client", "default_guest", "Default_User"}) {
      EXPECT_TRUE(accepts(runtime, id, 0)) << id;
      EXPECT_FALSE(accepts(runtime, std::string(id) + "s", 0)) << id;
    }
  });
}

// Blank ids are refused; a request id that is not given is made.
TEST(Context, NeedsFourIds) {
  on_a_strand([](Runtime& runtime) {
    for (int index = 0; index < 4; ++index) EXPECT_FALSE(accepts(runtime, " \t\n", index));
    for (int index = 0; index < 3; ++index) EXPECT_FALSE(accepts(runtime, "", index));
    ContextFields fields = real_ids();
    fields.request_id.clear();
    const UserExecutionContext context(runtime, staging, fields);
    EXPECT_TRUE(context.request_id().starts_with("req_"));
    EXPECT_EQ(context.request_id().size(), 20U);
  });
}

// What was handed in may change afterwards; the context does not.
TEST(Context, CopiesItsMetadata) {
  on_a_strand([](Runtime& runtime) {
    json agent = {{"plan", {{"steps", {1, 2}}}}};
    json audit = {{"source", "web"}};
    const UserExecutionContext context(runtime, staging, real_ids(), agent, audit);
    agent["plan"]["steps"].push_back(3);
    audit["source"] = "changed";
    EXPECT_EQ(context.agent_context().dump(), R"({"plan":{"steps":[1,2]}})");
    EXPECT_EQ(context.audit_metadata().dump(), R"({"source":"web"})");
  });
}

// Keys that name fields of the context are refused at the top of either map, and a foreign user at
// any depth of the agent's.
TEST(Context, RefusesForeignMetadata) {
  on_a_strand([](Runtime& runtime) {
    const json none = json::object();
    const auto make = [&](const json& agent, const json& audit) {
      const UserExecutionContext context(runtime, staging, real_ids(), agent, audit);
    };
    for (const char* key : {"user_id", "thread_id", "run_id", "request_id", "created_at",
                            "db_session", "websocket_client_id"}) {
      const json reserved = {{key, "alice"}};
      EXPECT_THROW(make(reserved, none), InvalidContextError) << key;
      EXPECT_THROW(make(none, reserved), InvalidContextError) << key;
      EXPECT_NO_THROW(make(json{{"inner", {{key, "alice"}}}}, none)) << key;
    }
    EXPECT_THROW(make(json::array(), none), InvalidContextError);
    const json nested = {{"memory", {1, {{"deep", {{"user_id", "bob"}}}}}}};
    EXPECT_THROW(make(nested, none), ContextIsolationError);
    EXPECT_THROW(make(json{{"memory", {{"user_id", 7}}}}, none), ContextIsolationError);
  });
}

// A child does part of the same work: same user, thread, run and metadata, a request of its own.
TEST(Context, HasChildrenDownToTheGreatestDepth) {
  on_a_strand([](Runtime& runtime) {
    const json agent = {{"plan", "short"}};
    UserExecutionContext context(runtime, staging, real_ids(), agent, json::object());
    EXPECT_TRUE(context.parent_request_id().empty());
    for (std::int64_t depth = 1; depth <= UserExecutionContext::operation_depth_max; ++depth) {
      const UserExecutionContext child = context.child(runtime, "part");
      EXPECT_EQ(child.operation_depth(), depth);
      EXPECT_EQ(child.parent_request_id(), context.request_id());
      EXPECT_NE(child.request_id(), context.request_id());
      EXPECT_NE(child.fingerprint(), context.fingerprint());
      EXPECT_EQ(child.user_id(), "alice");
      EXPECT_EQ(child.thread_id(), "thread_7");
      EXPECT_EQ(child.run_id(), "run_42");
      EXPECT_EQ(child.agent_context()["plan"], "short");
      EXPECT_EQ(child.agent_context()["operation_name"], "part");
      context = child;
    }
    EXPECT_THROW((void)context.child(runtime, "too deep"), InvalidContextError);
    EXPECT_THROW((void)context.child(runtime, "  "), InvalidContextError);
    EXPECT_EQ(agent.dump(), R"({"plan":"short"})");
  });
}

// A hundred contexts of the very same request differ, and each knows whose it is.
TEST(Context, IsIsolated) {
  on_a_strand([](Runtime& runtime) {
    std::set<std::string> fingerprints;
    for (int i = 0; i < 100; ++i) {
      const UserExecutionContext context(runtime, staging, real_ids());
      EXPECT_EQ(context.fingerprint().size(), 16U);
      EXPECT_EQ(context.fingerprint().find_first_not_of("0123456789abcdef"), std::string::npos);
      EXPECT_EQ(context.created_at().size(), 27U);
      EXPECT_NO_THROW(context.require_user("alice"));
      EXPECT_THROW(context.require_user("bob"), ContextIsolationError);
      fingerprints.insert(context.fingerprint());
    }
    EXPECT_EQ(fingerprints.size(), 100U);
  });
}

}  // namespace
}  // namespace raceproof::gateway
