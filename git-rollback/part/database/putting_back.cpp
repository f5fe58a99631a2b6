#include "part/database/putting_back.h"

#include <algorithm>

#include "os/progress.h"

namespace rollback {
namespace {

constexpr std::int64_t batch = 512;

class Table {
 public:
  Table(Putting& putting, bool overwrite) : result_(putting.result), rows_(putting.rows) {
    for (auto& live : rows_.live()) {
      if (live.differs.empty()) {
        ++result_.already;
      } else if (overwrite) {
        to_overwrite_.push_back(live);
      } else {
        result_.conflicts.push_back({live.key, live.differs});
      }
      // It stays where it is to be read from.
      if (live.differs.empty() || !overwrite) rows_.take_out(live.number, live.number);
    }
  }

  // Whether it is worth another try, once any table has made progress.
  bool has_unfit() const { return !result_.unfit.empty(); }

  bool try_once() {
    const std::int64_t before = result_.put + result_.overwritten;
    result_.unfit.clear();
    std::vector<ChosenRows::Live> left;
    for (const auto& live : to_overwrite_) {
      const auto written = rows_.overwrite(live.number);
      if (written.unfit) {
        left.push_back(live);
        result_.unfit.push_back({live.key, *written.unfit});
        continue;
      }
      result_.overwritten += written.rows;
      rows_.take_out(live.number, live.number);
    }
    to_overwrite_ = std::move(left);
    insert_all();
    return result_.put + result_.overwritten > before;
  }

 private:
  void insert_all() {
    const std::int64_t last = rows_.last();
    const std::int64_t step = rows_.in_batches() ? batch : 1;
    for (std::int64_t first = 1; first <= last;) {
      // Those to be overwritten are no rows to be inserted.
      const auto next = std::find_if(to_overwrite_.begin(), to_overwrite_.end(),
                                     [&](const auto& live) { return live.number >= first; });
      const std::int64_t barrier = next == to_overwrite_.end() ? last + 1 : next->number;
      const std::int64_t end = std::min({first + step, last + 1, barrier});
      if (end > first) insert(first, end - 1);
      first = end == barrier ? barrier + 1 : end;
    }
  }

  void insert(std::int64_t first, std::int64_t last) {
    const auto written = rows_.insert(first, last);
    if (!written.unfit) {
      rows_.take_out(first, last);
      result_.put += written.rows;
      passed(Unit::rows, static_cast<std::uint64_t>(written.rows));
    } else if (first == last) {
      result_.unfit.push_back({rows_.key_of(first), *written.unfit});
    } else {
      const std::int64_t middle = first + (last - first) / 2;
      insert(first, middle);
      insert(middle + 1, last);
    }
  }

  PutBack& result_;
  ChosenRows& rows_;
  std::vector<ChosenRows::Live> to_overwrite_;  // by number
};

}  // namespace

void put_rows_back(std::vector<Putting>& tables, bool overwrite) {
  std::vector<Table> all;
  std::uint64_t total = 0;
  for (auto& putting : tables) {
    total += static_cast<std::uint64_t>(putting.rows.last());
    all.emplace_back(putting, overwrite);
  }
  const Work work("putting rows back", Unit::rows, total);
  for (bool again = true; again;) {
    bool progress = false;
    for (auto& table : all) progress = table.try_once() || progress;
    again = progress && std::any_of(all.begin(), all.end(),
                                    [](const Table& table) { return table.has_unfit(); });
  }
}

}  // namespace rollback
