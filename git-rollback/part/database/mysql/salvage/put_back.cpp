#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>

#include "os/error.h"
#include "part/database/key_text.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/rows/values.h"
#include "part/database/mysql/salvage/pairing.h"
#include "part/database/mysql/salvage/salvage.h"
#include "part/database/putting_back.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

constexpr const char* numbered =
    " (git_rollback_n BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB ";
constexpr int illegal_mix_of_collations = 1267;
constexpr auto patience = std::chrono::seconds(10);

std::int64_t to_number(const Value& value) {
  std::int64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

bool is_hex(const std::string& text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(),
                                             [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool is_number(const std::string& text) {
  double ignored = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ignored);
  const bool finite = text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  return stop == end && error != std::errc::invalid_argument && finite;
}

// A value that somebody typed; nothing where no value of the column is spelled so.
std::optional<std::string> literal_of(const Column& column, const std::string& text) {
  switch (kind_of(column)) {
    case Kind::integer:
    case Kind::decimal:
    case Kind::real:
    case Kind::bit:
      return is_number(text) ? std::optional(text) : std::nullopt;
    case Kind::bytes:
      return is_hex(text) ? std::optional("x'" + text + "'") : std::nullopt;
    default:
      return literal(text);
  }
}

// The chosen rows stand in a temporary table, in columns of their own types.
class Chosen : public ChosenRows {
 public:
  Chosen(Session& session, PutBack& result, const PutBackOrder& order, size_t place)
      : session_(session),
        result_(result),
        order_(order),
        pairing_(pair_with_live(session, result.from.name, result.from.table)),
        stash_(identifier("git_rollback_chosen_" + std::to_string(place))) {
    check();
    result_.left_out = pairing_.left_out;
    result_.defaults = pairing_.defaults;
    session_.run("CREATE TEMPORARY TABLE " + stash_ + numbered + select_chosen());
    if (order_.keys.empty() && order_.rows == SalvageRows::missing) {
      result_.changed = session_.number(count_rows(pairing_, SalvageRows::changed));
    }
    if (order_.overwrite && !order_.dry_run) make_aside();
  }

  std::int64_t last() override {
    return session_.number("SELECT max(git_rollback_n) FROM " + stash_);
  }

  std::vector<Live> live() override {
    if (pairing_.key.empty()) return {};
    std::string columns = "c.git_rollback_n";
    for (const auto& name : pairing_.key) columns += ", " + shown_of(name);
    for (const auto& name : pairing_.common) {
      columns += ", " + same_value(pairing_.target(name), "l." + identifier(name),
                                   pairing_.source(name), "c." + identifier(name));
    }
    std::vector<Live> found;
    for (const Row& row :
         session_.rows("SELECT " + columns + " FROM " + stash_ + " AS c JOIN " + target() +
                       " AS l ON " + same_key(pairing_, "c") + " ORDER BY 1 FOR UPDATE")) {
      const size_t keys = pairing_.key.size();
      Live live{to_number(row[0]), key_in(row, 1), {}};
      for (size_t i = 0; i < pairing_.common.size(); ++i) {
        if (row[1 + keys + i] != "1") live.differs.push_back(pairing_.common[i]);
      }
      found.push_back(std::move(live));
    }
    return found;
  }

  Written insert(std::int64_t first, std::int64_t last) override {
    return attempt([&] {
      return session_.run("INSERT INTO " + target() + " (" + list("") + ") SELECT " + list("c.") +
                          " FROM " + stash_ + " AS c WHERE " + between(first, last) +
                          " ORDER BY c.git_rollback_n");
    });
  }

  Written overwrite(std::int64_t number) override {
    std::string sets, stored;
    for (const auto& name : pairing_.common) {
      sets += (sets.empty() ? "l." : ", l.") + identifier(name) + " = c." + identifier(name);
    }
    for (const auto& name : pairing_.live->stored()) {
      stored += (stored.empty() ? "" : ", ") + identifier(name);
    }
    return attempt([&]() -> std::int64_t {
      if (!order_.dry_run) {
        session_.run("INSERT INTO " + identifier(result_.aside) + " (" + stored + ") SELECT " +
                     stored_of_live() + " FROM " + stash_ + " AS c JOIN " + target() + " AS l ON " +
                     same_key(pairing_, "c") + " WHERE " + between(number, number));
      }
      session_.run("UPDATE " + target() + " AS l JOIN " + stash_ + " AS c ON " +
                   same_key(pairing_, "c") + " SET " + sets + " WHERE " + between(number, number));
      return 1;
    });
  }

  void take_out(std::int64_t first, std::int64_t last) override {
    session_.run("DELETE c FROM " + stash_ + " AS c WHERE " + between(first, last));
  }

  std::string key_of(std::int64_t number) override {
    std::string columns;
    for (const auto& name : pairing_.key.empty() ? pairing_.common : pairing_.key) {
      columns += (columns.empty() ? "" : ", ") + shown_of(name);
    }
    const auto rows = session_.rows("SELECT " + columns + " FROM " + stash_ + " AS c WHERE " +
                                    between(number, number));
    return rows.empty() ? "" : key_in(rows.front(), 0);
  }

  bool in_batches() const override { return pairing_.live->transactional; }

  PutBack& result() { return result_; }

  void record_aside(Registry& registry) {
    if (result_.overwritten == 0) return;
    registry.put(order_.id, {result_.from.table, result_.aside, result_.overwritten,
                             "it was live, and salvage put a row of " + result_.from.operation +
                                 " in its place"});
  }

  // Once the transaction has ended, either way.
  void drop_empty_aside(bool committed) {
    if (result_.aside.empty() || (committed && result_.overwritten > 0)) return;
    session_.run("DROP TABLE IF EXISTS " + identifier(result_.aside));
  }

 private:
  void check() const {
    const SalvageTable& from = result_.from;
    if (!pairing_.live) {
      throw Refused("there is no table '" + from.table + "' in database '" + from.database +
                        "' to put rows back into",
                    {"its rows: git rollback salvage " + from.operation + " --export=sql --table " +
                     from.name});
    }
    if (!pairing_.unknown.empty()) {
      throw Refused("rows of '" + from.name + "' cannot be put back: " + pairing_.unknown);
    }
    if (!order_.keys.empty() && pairing_.key.empty()) {
      throw Refused("table '" + from.table + "' has no key by which rows could be named",
                    {"--missing puts back all that are not live"});
    }
    if (order_.dry_run && !pairing_.live->transactional) {
      throw Refused("table '" + from.table + "' is of the engine " + pairing_.live->engine +
                        ", which cannot take back what was tried",
                    {"to put rows back without trying it first: --yes"});
    }
  }

  void make_aside() {
    result_.aside = names::aside_table(result_.from.table, order_.id);
    session_.run("CREATE TABLE " + identifier(result_.aside) + numbered + "SELECT " +
                 stored_of_live() + " FROM " + target() + " AS l WHERE 0");
  }

  std::string target() const { return identifier(pairing_.live->name); }

  std::string list(const std::string& alias) const {
    std::string text;
    for (const auto& name : pairing_.common) {
      text += (text.empty() ? "" : ", ") + alias + identifier(name);
    }
    return text;
  }

  std::string stored_of_live() const {
    std::string text;
    for (const auto& name : pairing_.live->stored()) {
      text += (text.empty() ? "l." : ", l.") + identifier(name);
    }
    return text;
  }

  static std::string between(std::int64_t first, std::int64_t last) {
    return "c.git_rollback_n BETWEEN " + std::to_string(first) + " AND " + std::to_string(last);
  }

  std::string shown_of(const std::string& name) const {
    return shown(pairing_.source(name), "c." + identifier(name));
  }

  std::string key_in(const Row& row, size_t first) const {
    const size_t count = (pairing_.key.empty() ? pairing_.common : pairing_.key).size();
    std::vector<std::string> values;
    for (size_t i = 0; i < count; ++i) values.push_back(row[first + i].value_or("NULL"));
    return key_text(values);
  }

  std::string select_chosen() {
    if (order_.keys.empty()) return select_rows(pairing_, list("d."), order_.rows);
    return select_rows(pairing_, list("d."), SalvageRows::all) + " WHERE " + of_keys();
  }

  // The keys that are there; the others are not found.
  std::string of_keys() {
    std::string all;
    for (const auto& key : order_.keys) {
      const auto condition = of_key(key);
      if (condition) {
        all += (all.empty() ? "(" : " OR (") + *condition + ")";
      } else {
        result_.not_found.push_back(key);
      }
    }
    return all.empty() ? "0" : all;
  }

  std::optional<std::string> of_key(const std::string& key) {
    const auto values = values_of_key(key, pairing_.key);
    std::string condition;
    for (size_t i = 0; i < values.size(); ++i) {
      const Column& column = pairing_.source(pairing_.key[i]);
      const auto value = literal_of(column, values[i]);
      if (!value) return std::nullopt;
      condition += (i == 0 ? "d." : " AND d.") + identifier(column.name) + " = " + *value;
    }
    try {
      const bool there =
          session_.number("SELECT EXISTS (SELECT 1 FROM " + identifier(pairing_.from.name) +
                          " AS d WHERE " + condition + ")") != 0;
      return there ? std::optional(condition) : std::nullopt;
    } catch (const ServerError& error) {  // such as a text that is no date
      if (!error.is_about_a_row() && error.code() != illegal_mix_of_collations) throw;
      return std::nullopt;
    }
  }

  template <class Work>
  Written attempt(const Work& work) {
    session_.run("SAVEPOINT git_rollback_row");
    try {
      return {work(), std::nullopt};
    } catch (const ServerError& error) {
      if (!error.is_about_a_row()) throw;
      session_.run("ROLLBACK TO SAVEPOINT git_rollback_row");
      return {0, error.what()};
    }
  }

  Session& session_;
  PutBack& result_;
  const PutBackOrder& order_;
  Pairing pairing_;
  std::string stash_;
};

using AllChosen = std::vector<std::unique_ptr<Chosen>>;

void choose(Session& session, PutBack& result, const PutBackOrder& order, AllChosen& chosen,
            bool alone) {
  try {
    chosen.push_back(std::make_unique<Chosen>(session, result, order, chosen.size()));
  } catch (const Refused& error) {
    if (alone) throw;
    if (result.from.rows > 0) result.refusal = error.what();
  }
}

void put_back_in_transaction(Session& session, Registry& registry, const AllChosen& chosen,
                             const PutBackOrder& order) {
  Transaction transaction(session, Transaction::Kind::write);
  std::vector<Putting> puttings;
  for (const auto& one : chosen) puttings.push_back({one->result(), *one});
  put_rows_back(puttings, order.overwrite);
  if (order.dry_run) return;
  for (const auto& one : chosen) one->record_aside(registry);
  transaction.commit();
}

}  // namespace

std::vector<PutBack> put_back(const Place& place, const std::vector<SalvageTable>& tables,
                              const PutBackOrder& order) {
  Session session = open(place);
  session.run("SET SESSION foreign_key_checks = 1");
  session.set_lock_wait(patience);
  Registry registry(session, place.component);
  std::vector<PutBack> results;
  results.reserve(tables.size());
  AllChosen chosen;
  bool committed = false;
  const auto clean_up = [&] {
    for (const auto& one : chosen) one->drop_empty_aside(committed);
  };
  try {
    for (const auto& table : tables) {
      results.push_back({.from = table});
      choose(session, results.back(), order, chosen, tables.size() == 1);
    }
    put_back_in_transaction(session, registry, chosen, order);
    committed = !order.dry_run;
  } catch (...) {
    try {
      clean_up();
    } catch (const ServerError&) {  // the connection is gone: an empty table stays
    }
    throw;
  }
  clean_up();
  return results;
}

}  // namespace rollback::mysql
