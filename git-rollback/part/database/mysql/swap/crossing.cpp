#include "part/database/mysql/swap/crossing.h"

#include <algorithm>

#include "os/fail_point.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/server/lock_wait.h"
#include "part/database/mysql/swap/emptied.h"

namespace rollback::mysql {
namespace {

constexpr int tries_where_emptied = 3;

// What cannot be put back now is by the step's way back.
void put_keys_back(const std::vector<Exchange*>& exchanges) {
  for (Exchange* const exchange : exchanges) {
    try {
      exchange->put_keys_back();
    } catch (const std::exception&) {
      continue;
    }
  }
}

}  // namespace

Crossing::Crossing(const std::vector<Side*>& sides, Way way)
    : place_(sides.front()->place()), session_(open(place_)), way_(way) {
  carries(session_);
  const auto make = way == Way::there ? exchange_there : exchange_back;
  for (const Side* const side : sides) {
    exchanges_.push_back(make(session_, side->place(), side->plan()));
  }
}

std::vector<Exchange*> Crossing::not_renamed() {
  std::vector<Exchange*> those;
  for (const auto& exchange : exchanges_) {
    if (!exchange->is_renamed()) those.push_back(exchange.get());
  }
  return those;
}

bool Crossing::is_ready() {
  if (!cut_over_) return false;
  try {
    return cut_over_->has_its_sessions();
  } catch (const ServerError&) {
    return false;
  }
}

void Crossing::get_ready() {
  cut_over_.reset();
  ready_ = not_renamed();
  if (ready_.empty()) return;
  std::vector<CutOver::Cut> cuts;
  for (Exchange* const exchange : ready_) {
    exchange->get_ready();
    cuts.push_back(exchange->cut());
  }
  auto cut_over = std::make_unique<CutOver>(place_, session_, std::move(cuts));
  for (Exchange* const exchange : ready_) exchange->catch_up();
  cut_over_ = std::move(cut_over);
  fail_point(way_ == Way::there ? "database swap: ready" : "database revert: ready");
}

void Crossing::run() {
  if (!not_renamed().empty()) {
    if (!cut_over_) {
      get_ready();
    } else {
      for (Exchange* const exchange : ready_) exchange->catch_up_with_much();
    }
    cut_over_or_catch_up();
  }
  fail_point(way_ == Way::there ? "database swap: renamed" : "database revert: renamed");
  for (const auto& exchange : exchanges_) {
    const bool now = std::find(ready_.begin(), ready_.end(), exchange.get()) != ready_.end();
    exchange->finish(renamed_now_ && now);
  }
}

void Crossing::cut_over_or_catch_up() {
  for (int i = 1;; ++i) {
    try {
      return cut_over();
    } catch (const EmptiedMeanwhile&) {
      if (i == tries_where_emptied) throw;
    }
    get_ready();
  }
}

void Crossing::cut_over() {
  try {
    for (Exchange* const exchange : ready_) exchange->take_keys_off();
    cut_over_->run(default_deadline);
    renamed_now_ = true;
  } catch (const std::exception&) {
    cut_over_.reset();
    // The answer can be lost of a RENAME that was done.
    const auto left = not_renamed();
    if (left.empty()) return;
    put_keys_back(left);
    throw;
  }
}

}  // namespace rollback::mysql
