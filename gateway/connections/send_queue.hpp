// Frames that wait for one socket, bounded; no I/O.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "gateway/connections/frame.hpp"

namespace raceproof::gateway {

/// First in, first out, up to a number of frames and of bytes, the one being written included. One
/// frame is always taken, however large.
class SendQueue {
 public:
  SendQueue(std::size_t frames_max, std::size_t bytes_max)
      : frames_max_(frames_max), bytes_max_(bytes_max) {}

  /// False, and nothing is taken, when the consumer is too slow for it.
  [[nodiscard]] bool push(FramePtr frame) {
    const std::size_t size = frame->text.size();
    if (!frames_.empty() && (frames_.size() >= frames_max_ || bytes_ + size > bytes_max_)) {
      return false;
    }
    bytes_ += size;
    frames_.push_back(std::move(frame));
    return true;
  }
  [[nodiscard]] bool empty() const { return frames_.empty(); }
  [[nodiscard]] std::size_t size() const { return frames_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const FramePtr& front() const { return frames_.front(); }
  /// The front has been written.
  void pop() {
    bytes_ -= frames_.front()->text.size();
    frames_.pop_front();
  }
  /// Everything that has not been written, but for the front if that is being written.
  std::vector<FramePtr> take_rest(bool writing) {
    const auto begin = std::next(frames_.begin(), writing && !frames_.empty() ? 1 : 0);
    std::vector<FramePtr> rest(std::make_move_iterator(begin),
                               std::make_move_iterator(frames_.end()));
    frames_.erase(begin, frames_.end());
    bytes_ = frames_.empty() ? 0 : frames_.front()->text.size();
    return rest;
  }

 private:
  std::size_t frames_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<FramePtr> frames_;  // an empty one costs an idle connection nothing
};

}  // namespace raceproof::gateway
