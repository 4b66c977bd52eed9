// The definition behind http.hpp's opaque request, for the two sources that know Boost.Beast.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gateway/http.hpp"

namespace raceproof::gateway {

struct BeastRequest {
  boost::beast::http::request<boost::beast::http::string_body> message;
};

}  // namespace raceproof::gateway
