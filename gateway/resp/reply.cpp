#include "gateway/resp/reply.hpp"

namespace raceproof::gateway::resp {

std::string Reply::describe() const {
  std::string out;
  switch (type) {
    case Type::status:
      return out.append(1, '+').append(text);
    case Type::error:
      return out.append(1, '-').append(text);
    case Type::string:
      return out.append(1, '$').append(text);
    case Type::integer:
      return out.append(1, ':').append(std::to_string(integer));
    case Type::array:
      return out.append(1, '*').append(std::to_string(elements.size()));
    case Type::nil:
      break;
  }
  return "nil";
}

bool has_error_code(const Reply& reply, std::string_view code) {
  return reply.is_error() && reply.text.starts_with(code) &&
         (reply.text.size() == code.size() || reply.text[code.size()] == ' ');
}

}  // namespace raceproof::gateway::resp
