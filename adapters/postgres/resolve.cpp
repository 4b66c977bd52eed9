#include "adapters/postgres/resolve.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "runtime/signal.hpp"

namespace raceproof::postgres {

namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

/// Shared with the look-up, which cannot be interrupted and may outlive whoever waits for it.
struct Lookup {
  Lookup(Runtime& runtime, const Executor& strand) : resolver(strand), finished(runtime, strand) {}

  Resolver resolver;
  Signal finished;
  bool over = false;
  ErrorCode error;
  std::vector<std::string> addresses;
};

}  // namespace

Awaitable<std::vector<std::string>> resolve(Runtime& runtime, Executor strand, std::string host) {
  ErrorCode not_numeric;
  (void)asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return std::vector<std::string>{host};
  auto lookup = std::make_shared<Lookup>(runtime, strand);
  auto found = [lookup](ErrorCode error, const Resolver::results_type& results) {
    lookup->over = true;
    lookup->error = error;
    for (const auto& entry : results) {
      lookup->addresses.push_back(entry.endpoint().address().to_string());
    }
    lookup->finished.notify_all();
  };
  lookup->resolver.async_resolve(host, "", asio::bind_executor(strand, std::move(found)));
  while (!lookup->over) co_await lookup->finished.wait("name resolution");
  if (lookup->error) throw boost::system::system_error(lookup->error, host);
  co_return lookup->addresses;
}

}  // namespace raceproof::postgres
