// Passing means: the figures are in the text as Prometheus reads it.
#include "gateway/metrics.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

// What was lost is told by reason, the reasons that have not occurred included.
TEST(Metrics, TellsWhyMessagesWereLost) {
  ConnectionFigures figures;
  figures.absent_users = 3;
  figures.lost_total = 5;
  figures.lost[static_cast<std::size_t>(Loss::expired)] = 4;
  figures.lost[static_cast<std::size_t>(Loss::too_many_users)] = 1;
  MetricsText text;
  write(text, figures);
  const std::string got = text.take();
  for (const char* line : {
           "gateway_messages_total{delivery=\"lost\"} 5\n",
           "# TYPE gateway_messages_lost_total counter\n",
           "gateway_messages_lost_total{reason=\"expired\"} 4\n",
           "gateway_messages_lost_total{reason=\"too many absent users\"} 1\n",
           "gateway_messages_lost_total{reason=\"queue full\"} 0\n",
           "gateway_absent_users 3\n",
       }) {
    EXPECT_NE(got.find(line), std::string::npos) << line << "is missing in\n" << got;
  }
}

}  // namespace
}  // namespace raceproof::gateway
